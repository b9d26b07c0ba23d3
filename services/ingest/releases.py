"""A person's release: the same contents once more, under an id of its own. Pure but for finding the record."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

from confluent_kafka import KafkaException, TopicPartition
from google.protobuf.message import DecodeError

from sluice.bus.clients import log_reader
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.errors import PoisonError, RetryableError
from sluice.ids import parse_request_id
from sluice.settings import KafkaSettings
from sluice.v1.contents_pb2 import Contents
from sluice.v1.dead_letter_pb2 import (
    DEAD_LETTER_REASON_INTERNAL,
    DEAD_LETTER_REASON_INVALID_REQUEST_ID,
    DEAD_LETTER_REASON_MALFORMED,
)
from sluice.v1.release_pb2 import Release
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE

RELEASED = uuid.UUID("2c0a3f0e-6a77-5d5c-8a54-5b0a5d1f0c3e")
"""Namespace of released requests' ids: releasing twice is the same request, and so one decision."""

_FIND_SECONDS = 10.0

Find = Callable[[str, int, int], Awaitable[Record | None]]
"""(topic, partition, offset) -> the record there, or None where it is not kept any more."""


def parse_release(value: bytes) -> Release:
    """A release record. PoisonError for what is none."""
    try:
        release = Release.FromString(value)
    except DecodeError as error:
        raise PoisonError(DEAD_LETTER_REASON_MALFORMED, "not a release") from error
    request_id = parse_request_id(release.request_id)
    if request_id is None:
        raise PoisonError(DEAD_LETTER_REASON_INVALID_REQUEST_ID, "a release without a request id")
    release.request_id = request_id
    return release


def released_id(request_id: str) -> str:
    """The id under which a released request is decided."""
    return str(uuid.uuid5(RELEASED, request_id))


def released_contents(release: Release, found: Record | None, released_at_ms: int, default_ms: int) -> Contents:
    """The contents record of the new request. PoisonError where `found` is not the released request's.

    `released_at_ms`: the release's append time; `default_ms`: the stage's deadline.
    """
    if found is None or found.key.decode(errors="replace") != release.request_id:
        raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "the released request's contents are not there any more")
    contents = Contents.FromString(found.value)
    contents.released_from = contents.request_id
    contents.request_id = released_id(contents.request_id)
    contents.lane = LANE_INTERACTIVE
    contents.requested_at_ms = released_at_ms
    contents.deadline_at_ms = released_at_ms + default_ms
    return contents


def contents_topic(release: Release) -> Topic:
    """Where the released request's contents lie."""
    return Topic.CONTENTS_BULK if release.lane == LANE_BULK else Topic.CONTENTS


def finder(kafka: KafkaSettings) -> Find:
    """Reads single records from the log."""

    def find(topic: str, partition: int, offset: int) -> Record | None:
        reader = log_reader(kafka)
        try:
            reader.assign([TopicPartition(topic, partition, offset)])
            message = reader.poll(_FIND_SECONDS)
            if message is None:
                raise RetryableError("the released request's contents could not be read in time")
            if message.error() is not None or message.offset() != offset:
                return None
            return Record.of(message)
        except KafkaException as error:
            raise RetryableError(f"the log cannot be read: {error.args[0].name()}") from error
        finally:
            reader.close()

    async def later(topic: str, partition: int, offset: int) -> Record | None:
        return await asyncio.to_thread(find, topic, partition, offset)

    return later
