"""Low-water marks as they are committed: offsets of the group, and a line of metadata beside the contents' offset."""

from collections.abc import Mapping, Sequence

from confluent_kafka import TopicPartition

from orchestrator.pending import Lane, Marks
from sluice.bus.topics import Topic
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE

LANES: Mapping[Topic, Lane] = {Topic.CONTENTS: LANE_INTERACTIVE, Topic.CONTENTS_BULK: LANE_BULK}
TOPICS: Sequence[Topic] = (Topic.CONTENTS, Topic.CONTENTS_BULK, Topic.VERDICTS)


def to_offsets(partition: int, marks: Marks) -> list[TopicPartition]:
    """What to send in the transaction. Metadata `D,N`: read decisions back from D; contents were read up to N."""
    offsets = [
        TopicPartition(
            topic,
            partition,
            marks.contents[lane],
            metadata=f"{marks.decisions},{marks.next_contents[lane]}",
        )
        for topic, lane in LANES.items()
    ]
    return [*offsets, TopicPartition(Topic.VERDICTS, partition, marks.verdicts)]


def from_offsets(committed: Sequence[TopicPartition]) -> Marks:
    """One partition's marks; zeros where nothing was committed yet."""
    contents: dict[Lane, int] = {}
    reached: dict[Lane, int] = {}
    decisions: list[int] = []
    verdicts = 0
    for found in committed:
        offset = max(0, found.offset)
        if found.topic == Topic.VERDICTS:
            verdicts = offset
            continue
        lane = LANES[Topic(found.topic)]
        position, _, until = (found.metadata or "0,0").partition(",")
        contents[lane] = offset
        reached[lane] = max(offset, int(until or 0))
        decisions.append(int(position or 0))
    return Marks(contents, verdicts, min(decisions, default=0), reached)
