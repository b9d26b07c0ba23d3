"""How far a member is behind: what is done, where logs end, and what nobody knows yet."""

from typing import cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from sluice.bus.assignment import Assignment
from sluice.bus.lag import EVERY_SECONDS, Lag, behind, marks_of, unread
from sluice.bus.offsets import OffsetTracker
from sluice.bus.record import Record

INVALID = -1001
"""What the client says of an offset that it does not know."""


class Kept:
    """A client's memory of where logs begin and end."""

    def __init__(self, **ends: tuple[int, int]) -> None:
        self._ends = ends

    def get_watermark_offsets(self, place: TopicPartition, cached: bool) -> tuple[int, int]:
        assert cached, "a broker must not be asked"
        found = self._ends.get(f"{place.topic}{place.partition}")
        if found is None:
            raise KafkaException(KafkaError(KafkaError._UNKNOWN_PARTITION))
        return found


def record(offset: int, topic: str = "a") -> Record:
    return Record(topic, 0, offset, b"", b"", 0)


def assignment(**marks: int) -> Assignment:
    """Partition 0 of topics, from these offsets on; below zero: nothing was committed."""
    found = Assignment()
    for topic, mark in marks.items():
        found.adopt(topic, 0, OffsetTracker.resume(mark, ""))
    return found


@pytest.mark.parametrize(
    ("mark", "low", "end", "expected"),
    [
        (5, 0, 9, 4),
        (9, 0, 9, 0),
        (9, 0, 7, 0),
        (5, 7, 9, 2),
        (-1, 3, 9, 6),
        (-2, INVALID, 9, 0),
        (5, INVALID, INVALID, 0),
    ],
)
def test_records_between_what_is_done_and_the_end(mark: int, low: int, end: int, expected: int) -> None:
    assert behind(mark, low, end) == expected


def test_what_is_in_hand_is_not_done() -> None:
    found = assignment(a=10)
    for offset in (10, 11, 12):
        found.start(record(offset))
    found.done([record(11)])
    assert marks_of(found, {}) == {("a", 0): 10}
    found.done([record(10)])
    assert marks_of(found, {}) == {("a", 0): 12}


def test_marks_of_transactions_at_the_end_are_no_records() -> None:
    found = assignment(a=10)
    found.start(record(10))
    assert marks_of(found, {("a", 0): 12}) == {("a", 0): 10}
    found.done([record(10)])
    assert marks_of(found, {("a", 0): 12}) == {("a", 0): 12}


def test_a_group_that_has_committed_nothing_is_behind_by_all_there_is() -> None:
    lag = Lag()
    lag.count(cast("Consumer", Kept(a0=(3, 9))), marks_of(assignment(a=-1), {}))
    assert lag.of("a") == 6


def test_partitions_of_a_topic_add_up_and_topics_do_not() -> None:
    lag = Lag()
    consumer = cast("Consumer", Kept(a0=(0, 9), a1=(0, 5), b0=(0, 100)))
    lag.count(consumer, {("a", 0): 7, ("a", 1): 1, ("b", 0): 0})
    assert (lag.of("a"), lag.of("b"), lag.of("c")) == (6, 100, 0)


def test_of_what_is_not_fetched_the_broker_has_said_where_it_ends() -> None:
    lag = Lag()
    lag.looked({("a", 0): 50, ("b", 0): 4}, {})
    lag.count(cast("Consumer", Kept(a0=(0, 9), b0=(0, 6))), {("a", 0): 7, ("b", 0): 6, ("c", 0): 1})
    assert (lag.of("a"), lag.of("b"), lag.of("c")) == (43, 0, 0)
    lag.forget()
    assert lag.of("a") == 0


def test_of_what_was_never_read_the_look_has_said_where_reading_begins() -> None:
    lag = Lag()
    marks = marks_of(assignment(a=-1, b=-1, c=8), {})
    assert unread(marks) == [("a", 0), ("b", 0)]
    lag.looked({("a", 0): 10, ("b", 0): 10, ("c", 0): 10}, {("a", 0): 0, ("b", 0): 7})
    # Of `b` more was fetched than was handed out: the client knows the whole log, not what the group has done of it.
    lag.count(cast("Consumer", Kept(b0=(0, 10))), marks)
    assert (lag.of("a"), lag.of("b"), lag.of("c")) == (10, 3, 2)
    lag.forget()
    lag.count(cast("Consumer", Kept()), marks)
    assert lag.of("a") == 0


def test_it_is_counted_once_a_second() -> None:
    lag = Lag()
    assert [lag.due(at) for at in (10.0, 10.5, 10.0 + EVERY_SECONDS, 11.1)] == [True, False, True, False]
