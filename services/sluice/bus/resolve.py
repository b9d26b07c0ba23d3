"""Ending a review: its resolution and, where it is released, the release, in one transaction.

All reviewers' commands write a partition under one transactional id. Whoever begins throws out whoever had begun
before (https://kafka.apache.org/documentation/#semantics), then reads, then writes. So of two at once, one commits,
and the other has either read that or is thrown out and reads again: the log never holds two resolutions of theirs.
"""

from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from sluice.bus.clients import transactional_producer
from sluice.bus.problems import words
from sluice.bus.record import Outgoing
from sluice.bus.reviews_log import Case, Resolved, find_resolved
from sluice.bus.topics import Topic
from sluice.deadline import Deadline, now_ms
from sluice.errors import RetryableError
from sluice.ids import released_id
from sluice.settings import KafkaSettings
from sluice.v1.release_pb2 import Release
from sluice.v1.resolution_pb2 import RESOLUTION_OUTCOME_RELEASED, RESOLUTION_OUTCOME_UPHELD, Resolution

LONGEST_WHY: Final = 2_000
LONGEST_NAME: Final = 200
"""Characters of a reviewer's words and name."""

_SECONDS: Final = 30.0
_CALL_SECONDS: Final = 5.0
_FENCED: Final = frozenset({"_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH"})


class _ThrownOutError(Exception):
    """Another reviewer began on the same partition."""


def resolution_of(case: Case, release: bool, by: str, why: str, at_ms: int) -> Resolution:
    """What is recorded of a review that ends so. `at_ms`: the reviewer's clock, milliseconds since the epoch, UTC."""
    review = case.review
    return Resolution(
        request_id=review.request_id,
        outcome=RESOLUTION_OUTCOME_RELEASED if release else RESOLUTION_OUTCOME_UPHELD,
        resolved_by=by,
        why=why,
        tenant=review.tenant,
        stage=review.stage,
        rules=review.rules,
        new_request_id=released_id(review.request_id) if release else "",
        resolved_at_ms=at_ms,
    )


def records_of(case: Case, resolution: Resolution) -> Sequence[Outgoing]:
    """The records to write, all on the request's partition number and under its key."""
    review, key = case.review, case.review.request_id.encode()
    records = [Outgoing(Topic.RESOLUTIONS, case.partition, key, resolution.SerializeToString())]
    if resolution.outcome == RESOLUTION_OUTCOME_RELEASED:
        release = Release(
            request_id=review.request_id,
            lane=review.lane,
            contents_offset=review.contents_offset,
            released_by=resolution.resolved_by,
            why=resolution.why,
        )
        records.append(Outgoing(Topic.RELEASES, case.partition, key, release.SerializeToString(), case.trace))
    return records


def resolve(kafka: KafkaSettings, case: Case, release: bool, by: str, why: str) -> tuple[Resolved, bool]:
    """Ends the review, unless it has ended already. Returns the resolution that counts, and whether it is this one.

    RetryableError where the broker does not take it in time: then it may be there all the same, and the same command
    again says so.
    """
    limit = Deadline.after(_SECONDS)
    while True:
        try:
            return _once(kafka, case, release, by, why, limit)
        except _ThrownOutError as error:
            if limit.passed():
                raise RetryableError("other reviewers write to the same partition all the time: try again") from error


def _once(
    kafka: KafkaSettings, case: Case, release: bool, by: str, why: str, limit: Deadline
) -> tuple[Resolved, bool]:
    request_id = case.review.request_id
    producer = transactional_producer(kafka, f"sluice-reviews-{case.partition}")
    _again(producer.init_transactions, limit, _CALL_SECONDS)
    found = find_resolved(kafka, request_id, case.partition, case.at_ms)
    if found is not None:
        return found, False
    resolution = resolution_of(case, release, by, why, now_ms())
    offset = _write(producer, records_of(case, resolution), limit)
    # Tools that write without our transactional id can have been faster: the first in the log counts.
    found = find_resolved(kafka, request_id, case.partition, case.at_ms)
    if found is None:
        raise RetryableError("what was written cannot be read back: look again with `sluice reviews show`")
    return found, found.offset == offset


def _write(producer: Producer, records: Sequence[Outgoing], limit: Deadline) -> int:
    """Commits the records; the offset of the first."""
    offsets: list[int] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        # An error makes the commit fail: nothing to do here.
        if error is None:
            offsets.append(message.offset() or 0)

    try:
        producer.begin_transaction()
        for at, record in enumerate(records):
            producer.produce(
                record.topic,
                record.value,
                record.key,
                record.partition,
                on_delivery=None if at else delivered,
                headers=list(record.headers),
            )
    except KafkaException as error:
        raise _trouble(error) from error
    _again(producer.commit_transaction, limit, _CALL_SECONDS)
    return offsets[0]


def _again(call: Callable[[float], object], limit: Deadline, seconds: float) -> None:
    """A transactional call, repeated as long as the client says that it may be and there is time."""
    while True:
        try:
            call(seconds)
        except KafkaException as error:
            problem = error.args[0]
            if not problem.retriable() or problem.txn_requires_abort() or limit.passed():
                raise _trouble(error) from error
        else:
            return


def _trouble(error: KafkaException) -> _ThrownOutError | RetryableError:
    problem: KafkaError = error.args[0]
    if problem.name() in _FENCED:
        return _ThrownOutError()
    return RetryableError(f"the broker does not take the resolution: {words(problem)}")
