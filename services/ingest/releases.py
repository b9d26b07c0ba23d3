"""A person's release: the same contents once more, under an id of its own. Pure."""

from collections.abc import Iterable

from google.protobuf.message import DecodeError

from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.errors import PoisonError
from sluice.ids import parse_request_id, released_id
from sluice.v1.contents_pb2 import Contents
from sluice.v1.dead_letter_pb2 import (
    DEAD_LETTER_REASON_INTERNAL,
    DEAD_LETTER_REASON_INVALID_REQUEST_ID,
    DEAD_LETTER_REASON_MALFORMED,
)
from sluice.v1.release_pb2 import Release
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE


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


def released_contents(
    release: Release, found: Record | None, released_at_ms: int, default_ms: int, softened: Iterable[str] = ()
) -> Contents:
    """The contents record of the new request. PoisonError where `found` is not the released request's.

    `released_at_ms`: the release's append time; `default_ms`: the stage's deadline. `softened`: rules whose BLOCK was
    a REVIEW in the decision that was looked at, for a breaker was open.
    """
    if found is None or found.key.decode(errors="replace") != release.request_id:
        raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "the released request's contents are not there any more")
    contents = Contents.FromString(found.value)
    contents.released_from = contents.request_id
    contents.request_id = released_id(contents.request_id)
    contents.lane = LANE_INTERACTIVE
    # Of a request that was released before, these are satisfied already.
    contents.released_rules[:] = sorted({*contents.released_rules, *softened})
    contents.requested_at_ms = released_at_ms
    contents.deadline_at_ms = released_at_ms + default_ms
    return contents


def contents_topic(release: Release) -> Topic:
    """Where the released request's contents lie."""
    return Topic.CONTENTS_BULK if release.lane == LANE_BULK else Topic.CONTENTS
