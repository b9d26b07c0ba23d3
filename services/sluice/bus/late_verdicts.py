"""Verdicts that came after their request was decided, and in time all the same: by what a stricter policy would have
decided it.

A verdict counts as for the orchestrator: it is about this copy of the request, was appended by the deadline, and is
its check's first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from google.protobuf.message import DecodeError

from sluice.bus.record import Record
from sluice.bus.scan import count_partitions
from sluice.bus.span import Span, find_spans, read_spans
from sluice.bus.topics import Topic
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import Decision
from sluice.v1.verdict_pb2 import Verdict

MOST_VERDICT_BYTES: Final = 200_000
"""The orchestrator takes no larger ones."""


def late_spans(kafka: KafkaSettings, decisions: Sequence[Decision]) -> Sequence[Span]:
    """Where in the log such verdicts of these decisions can lie; at least one decision. RetryableError."""
    since_ms = min(one.requested_at_ms for one in decisions)
    until_ms = max(one.deadline_at_ms for one in decisions) + 1
    return find_spans(kafka, Topic.VERDICTS, since_ms, until_ms)


def late_verdicts(
    kafka: KafkaSettings, decisions: Sequence[Decision], spans: Sequence[Span], told: Callable[[int], None]
) -> Sequence[Mapping[str, Verdict]]:
    """By check, the verdicts that the log has of each of the decisions, in their order. Reads the spans once.

    `told`: how many offsets more are done. RetryableError.
    """
    return matched(read_spans(kafka, Topic.VERDICTS, spans, told), decisions, count_partitions(kafka, Topic.VERDICTS))


def matched(
    records: Iterable[Record], decisions: Sequence[Decision], partitions: int
) -> Sequence[Mapping[str, Verdict]]:
    """The same of records, each partition's in order."""
    found: list[dict[str, Verdict]] = [{} for _ in decisions]
    places = {one.request_id.encode(): at for at, one in enumerate(decisions)}
    for record in records:
        at = places.get(record.key)
        if at is None or len(record.value) > MOST_VERDICT_BYTES:
            continue
        decision = decisions[at]
        if record.timestamp_ms > decision.deadline_at_ms:
            continue
        if record.partition != partition_for(decision.request_id, partitions):
            continue
        try:
            verdict = Verdict.FromString(record.value)
        except DecodeError:
            continue
        ours = verdict.request_id == decision.request_id and verdict.lane == decision.lane
        if ours and verdict.contents_offset == decision.contents_offset:
            found[at].setdefault(verdict.check, verdict)
    return found
