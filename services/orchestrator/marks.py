"""Low-water marks as they are committed: offsets of the group, and a line of metadata beside each.

A contents lane's metadata is `D,N`: read decisions back from D; contents were read up to N. A verdict offset's is
`N`: verdicts were read up to there.
"""

from collections.abc import Mapping, Sequence

from confluent_kafka import TopicPartition

from orchestrator.pending import Lane, Marks
from sluice.bus.topics import Topic
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE

LANES: Mapping[str, Lane] = {Topic.CONTENTS: LANE_INTERACTIVE, Topic.CONTENTS_BULK: LANE_BULK}
TOPICS: Sequence[Topic] = (Topic.CONTENTS, Topic.CONTENTS_BULK, Topic.VERDICTS)


def to_offsets(partition: int, marks: Marks) -> list[TopicPartition]:
    """What to send in the transaction."""
    offsets = [
        TopicPartition(
            topic,
            partition,
            marks.contents[lane],
            metadata=f"{marks.decisions},{marks.next_contents[lane]}",
        )
        for topic, lane in LANES.items()
    ]
    verdicts = TopicPartition(Topic.VERDICTS, partition, marks.verdicts, metadata=str(marks.next_verdicts))
    return [*offsets, verdicts]


def read_back_from(marks: Marks, low: int, high: int, remember: int) -> int:
    """Where in the decisions log a successor begins to read: what it reads again must be known to be decided, and
    `remember` ids before. `low`, `high`: where the log begins and ends.
    """
    # A transaction's marker takes an offset too: at one decision each, every other one.
    return max(low, min(marks.decisions, high - 2 * remember))


def from_offsets(committed: Sequence[TopicPartition]) -> Marks:
    """One partition's marks; zeros where nothing was committed yet."""
    contents: dict[Lane, int] = {}
    reached: dict[Lane, int] = {}
    decisions: list[int] = []
    verdicts = next_verdicts = 0
    for found in committed:
        offset = max(0, found.offset)
        if found.topic == Topic.VERDICTS:
            verdicts = offset
            next_verdicts = max(offset, int(found.metadata or 0))
            continue
        lane = LANES[found.topic]
        position, _, until = (found.metadata or "0,0").partition(",")
        contents[lane] = offset
        reached[lane] = max(offset, int(until or 0))
        decisions.append(int(position or 0))
    return Marks(contents, verdicts, min(decisions, default=0), reached, next_verdicts)
