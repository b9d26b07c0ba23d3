"""Low-water marks survive the way through committed offsets."""

from confluent_kafka import TopicPartition

from orchestrator.marks import TOPICS, from_offsets, to_offsets
from orchestrator.pending import Marks
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE


def test_there_and_back() -> None:
    marks = Marks({LANE_INTERACTIVE: 5, LANE_BULK: 7}, 11, 3, {LANE_INTERACTIVE: 9, LANE_BULK: 7}, 15)
    assert from_offsets(to_offsets(2, marks)) == marks


def test_nothing_committed_yet_is_the_beginning() -> None:
    marks = from_offsets([TopicPartition(topic, 0, -1001) for topic in TOPICS])
    assert marks == Marks({LANE_INTERACTIVE: 0, LANE_BULK: 0}, 0, 0, {LANE_INTERACTIVE: 0, LANE_BULK: 0})
