"""Reads the topics into a history, once nothing moves any more."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from confluent_kafka import Consumer, KafkaException, TopicPartition
from google.protobuf.message import DecodeError, Message

from sluice.bus.clients import log_reader
from sluice.bus.ends import log_ends
from sluice.bus.problems import is_end_of_partition
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.errors import RetryableError
from sluice.policy.model import Policy
from sluice.settings import KafkaSettings
from sluice.v1.asset_pb2 import ApprovedAsset, SignedAsset
from sluice.v1.contents_pb2 import Contents
from sluice.v1.dead_letter_pb2 import DeadLetter
from sluice.v1.decision_pb2 import Decision
from sluice.v1.incident_pb2 import Incident
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from sluice.v1.review_pb2 import Review
from sluice.v1.verdict_pb2 import Verdict
from tests.chaos.history import Asked, History, Logged, Picture, Place

READ_SECONDS = 120.0
"""Per topic. A transaction that hangs keeps its end out of reach for ever."""

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads whole topics."""

    kafka: KafkaSettings
    partitions: int

    def records(self, topic: Topic, committed: bool = True, seconds: float = READ_SECONDS) -> list[Record]:
        """Everything in a topic, in log order per partition.

        Raises RetryableError where the end is not reached in time: a broker is gone, or a transaction hangs.
        """
        reader, ends = log_reader(self.kafka, committed), log_reader(self.kafka, read_committed=False)
        found: list[Record] = []
        give_up = time.monotonic() + seconds
        try:
            open_ends = {p: _end(ends, topic, p, give_up) for p in range(self.partitions)}
            reader.assign([TopicPartition(topic, p, 0) for p in open_ends])
            while open_ends:
                for message in reader.consume(1000, 0.1):
                    error = message.error()
                    if error is None:
                        found.append(Record.of(message))
                    elif is_end_of_partition(error) and (message.offset() or 0) >= open_ends.get(
                        message.partition() or 0, 0
                    ):
                        open_ends.pop(message.partition() or 0, None)
                if time.monotonic() > give_up:
                    raise RetryableError(f"{topic}: the end of partitions {sorted(open_ends)} cannot be reached")
        finally:
            reader.close()
            ends.close()
        return found

    def logged(self, topic: Topic, parse: Callable[[bytes], M]) -> list[Logged[M]]:
        """Everything in a topic that is a message of its kind."""
        lane = LANE_BULK if topic is Topic.CONTENTS_BULK else LANE_INTERACTIVE
        found: list[Logged[M]] = []
        for record in self.records(topic):
            try:
                message = parse(record.value)
            except DecodeError:
                # Garbage that was put there on purpose.
                continue
            found.append(Logged(message, record.partition, record.offset, record.timestamp_ms, lane))
        return found


def _end(ends: Consumer, topic: str, partition: int, give_up: float) -> int:
    while True:
        try:
            return log_ends(ends, topic, partition, 5.0)[1]
        except KafkaException as error:
            if time.monotonic() > give_up:
                raise RetryableError(f"{topic}: {error.args[0].str()}") from error


def read_history(
    reader: Reader,
    policy: Policy,
    asked: Mapping[str, Asked],
    poison: list[Place],
    look: Callable[[list[SignedAsset]], Mapping[str, Picture]],
) -> History:
    """The whole run. `look` reads signed pictures back; by the uri of their object."""
    signed = reader.logged(Topic.SIGNED, SignedAsset.FromString)
    return History(
        policy=policy,
        asked=asked,
        poison=poison,
        contents=[
            *reader.logged(Topic.CONTENTS, Contents.FromString),
            *reader.logged(Topic.CONTENTS_BULK, Contents.FromString),
        ],
        verdicts=reader.logged(Topic.VERDICTS, Verdict.FromString),
        decisions=reader.logged(Topic.DECISIONS, Decision.FromString),
        approved=reader.logged(Topic.APPROVED, ApprovedAsset.FromString),
        signed=signed,
        pictures=look([asset.message for asset in signed]),
        incidents=reader.logged(Topic.INCIDENTS, Incident.FromString),
        reviews=reader.logged(Topic.REVIEWS, Review.FromString),
        dead_letters=reader.logged(Topic.DEAD_LETTERS, DeadLetter.FromString),
    )


def uncommitted_extra(reader: Reader) -> int:
    """Decisions that were written and never committed: work that faults undid, and that nobody may see."""
    return len(reader.records(Topic.DECISIONS, committed=False)) - len(reader.records(Topic.DECISIONS))
