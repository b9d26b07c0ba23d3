"""What one run put on each topic, read back after its clock has stopped."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.bus.span import find_spans, read_spans
from sluice.bus.topics import Topic
from sluice.load.tally import Tally
from sluice.settings import KafkaSettings
from sluice.v1.request_pb2 import Lane


@dataclass(frozen=True, slots=True)
class Written:
    """`bytes`: of keys and values as clients see them, not compressed."""

    records: int
    bytes: int


def topics_after(lane: Lane.ValueType) -> Sequence[str]:
    """What a request of this lane leads to."""
    contents = Topic.CONTENTS_BULK if lane == Lane.LANE_BULK else Topic.CONTENTS
    return (contents, Topic.VERDICTS, Topic.DECISIONS, Topic.APPROVED, Topic.SIGNED)


def written(kafka: KafkaSettings, topics: Sequence[str], tally: Tally, since_ms: int) -> dict[str, Written]:
    """Records about the run's requests, warm-up included, that were appended from `since_ms` on (milliseconds since
    the epoch). RetryableError where the broker does not answer."""
    found: dict[str, Written] = {}
    for topic in topics:
        records = size = 0
        for record in read_spans(kafka, topic, find_spans(kafka, topic, since_ms)):
            if tally.place(record.key) is not None:
                records += 1
                size += len(record.key) + len(record.value)
        found[topic] = Written(records, size)
    return found
