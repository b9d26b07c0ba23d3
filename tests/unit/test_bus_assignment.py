"""What a group member holds between two rebalances."""

from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from sluice.bus.assignment import Assignment
from sluice.bus.offsets import OffsetTracker, encode
from sluice.bus.record import Record

TOPIC = "topic"


def record(offset: int, partition: int = 0) -> Record:
    return Record(TOPIC, partition, offset, b"", b"", 0)


def told(positions: list[TopicPartition]) -> list[tuple[int, int, str | None]]:
    return [(one.partition, one.offset, one.metadata) for one in positions]


def test_what_is_of_no_partition_of_ours_is_not_taken() -> None:
    assignment = Assignment()
    assignment.adopt(TOPIC, 0, OffsetTracker())
    assert assignment.start(record(5))
    assert not assignment.start(record(5, partition=1))


def test_a_partition_goes_on_where_its_commit_says() -> None:
    assignment = Assignment()
    assignment.adopt(TOPIC, 0, OffsetTracker.resume(5, encode(0b10)))
    assignment.adopt(TOPIC, 1, OffsetTracker.resume(-1001, None))
    assert told(assignment.positions()) == [(0, 5, None), (1, OFFSET_BEGINNING, None)]
    assert [assignment.start(record(offset)) for offset in (5, 6, 7)] == [True, False, True]


def test_what_would_be_committed_is_not_done_until_it_is() -> None:
    assignment = Assignment()
    assignment.adopt(TOPIC, 0, OffsetTracker())
    assignment.adopt(TOPIC, 1, OffsetTracker())
    for offset in range(3):
        assignment.start(record(offset))
        assignment.start(record(offset, partition=1))
    assert told(assignment.after([record(0), record(2)])) == [(0, 1, encode(0b10))]
    assert assignment.marks() == {(TOPIC, 0): 0, (TOPIC, 1): 0}
    assignment.done([record(0), record(2)])
    assert assignment.marks() == {(TOPIC, 0): 1, (TOPIC, 1): 0}
    assert told(assignment.after([record(1)])) == [(0, 3, "")]
