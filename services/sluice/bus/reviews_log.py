"""Requests in REVIEW, and how their reviews ended, read back from the log.

A request's resolution is the first record under its id on its own partition number. Whatever comes later, and
whatever lies elsewhere, does not count: two reviewers cannot end a review twice, whatever tools they use.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from sluice.bus.find import Find
from sluice.bus.record import Headers, Record
from sluice.bus.scan import count_partitions, first, newest, scan
from sluice.bus.topics import DAY_MS, TOPICS, Topic
from sluice.deadline import now_ms
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import LANE_BULK
from sluice.v1.resolution_pb2 import Resolution
from sluice.v1.review_pb2 import Review

KEPT_DAYS = next(spec.retention_ms for spec in TOPICS if spec.topic is Topic.REVIEWS) // DAY_MS
"""How long reviews, resolutions and decisions are kept."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A resolution that counts: its offset on the request's partition number, and when it was appended (UTC)."""

    offset: int
    at_ms: int
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Case:
    """A request in REVIEW. `at_ms`: when it was decided, UTC, by the broker. `resolved`: None while it is open.
    `trace`: the context that a release of it carries on."""

    partition: int
    at_ms: int
    review: Review
    resolved: Resolved | None = None
    trace: Headers = ()


def counting(records: Iterable[Record], partitions: int) -> dict[str, Resolved]:
    """Request id -> the resolution that counts. `records`: of moderation.resolutions, each partition in order."""
    found: dict[str, Resolved] = {}
    for record in records:
        try:
            resolution = Resolution.FromString(record.value)
        except DecodeError:
            continue
        request_id = resolution.request_id
        ours = record.key.decode(errors="replace") == request_id
        if ours and record.partition == partition_for(request_id, partitions) and request_id not in found:
            found[request_id] = Resolved(record.offset, record.timestamp_ms, resolution)
    return found


def cases(reviews: Iterable[Record], resolved: dict[str, Resolved]) -> Iterator[Case]:
    """Every review with its resolution. `reviews`: records of moderation.reviews; what is none is left out."""
    for record in reviews:
        try:
            review = Review.FromString(record.value)
        except DecodeError:
            continue
        found = resolved.get(review.request_id)
        yield Case(record.partition, record.timestamp_ms, review, found, record.trace())


def read_cases(kafka: KafkaSettings, since_ms: int = 0) -> list[Case]:
    """Every review that the log holds, oldest first. RetryableError.

    `since_ms`: milliseconds since the epoch; nothing that went into REVIEW earlier. Reviews are read first, so that
    what is resolved meanwhile shows as resolved.
    """
    reviews = list(scan(kafka, Topic.REVIEWS, since_ms))
    resolved = counting(scan(kafka, Topic.RESOLUTIONS, since_ms), count_partitions(kafka, Topic.RESOLUTIONS))
    return sorted(cases(reviews, resolved), key=lambda case: (case.at_ms, case.review.request_id))


def find_case(kafka: KafkaSettings, request_id: str) -> Case | None:
    """The review of one request, or None where it has none that is kept. RetryableError."""
    partition = partition_for(request_id, count_partitions(kafka, Topic.REVIEWS))
    record = newest(kafka, Topic.REVIEWS, partition, request_id)
    if record is None:
        return None
    resolved = find_resolved(kafka, request_id, partition, record.timestamp_ms)
    return next(cases([record], {request_id: resolved} if resolved is not None else {}), None)


def find_resolved(kafka: KafkaSettings, request_id: str, partition: int, since_ms: int) -> Resolved | None:
    """The resolution that counts as the log stands now. `since_ms`: when it went into REVIEW. RetryableError."""
    partitions = count_partitions(kafka, Topic.RESOLUTIONS)
    return counting(scan(kafka, Topic.RESOLUTIONS, since_ms, partition), partitions).get(request_id)


def find_decision(kafka: KafkaSettings, request_id: str, since_ms: int = 0) -> Decision | None:
    """The request's decision, or None where the log holds none. RetryableError.

    It is looked for from the end of the log backwards. `since_ms`: nothing earlier is looked at; without it a search
    in vain reads the whole partition.
    """
    partition = partition_for(request_id, count_partitions(kafka, Topic.DECISIONS))
    record = newest(kafka, Topic.DECISIONS, partition, request_id, since_ms)
    return None if record is None else Decision.FromString(record.value)


def decision_after(kafka: KafkaSettings, request_id: str, since_ms: int) -> Decision | None:
    """The decision of a request that was asked then, or None where a day later there was none. RetryableError."""
    partition = partition_for(request_id, count_partitions(kafka, Topic.DECISIONS))
    record = first(kafka, Topic.DECISIONS, partition, request_id, since_ms, since_ms + DAY_MS)
    return None if record is None else Decision.FromString(record.value)


async def kept_contents(case: Case, find: Find) -> Contents | None:
    """What the request holds, or None where the log does not keep it any more (it does for a day). RetryableError."""
    review = case.review
    topic = Topic.CONTENTS_BULK if review.lane == LANE_BULK else Topic.CONTENTS
    record = await find(topic, case.partition, review.contents_offset)
    if record is None or record.key.decode(errors="replace") != review.request_id:
        return None
    return Contents.FromString(record.value)


def age_ms(case: Case) -> int:
    """How long ago it went into REVIEW; by this machine's clock, so never less than 0."""
    return max(0, now_ms() - case.at_ms)
