"""How far a partition has been worked off."""

import random

from sluice.bus.offsets import OffsetTracker


def test_nothing_read_is_nothing_to_commit() -> None:
    assert OffsetTracker().mark() is None


def test_the_mark_waits_for_the_oldest() -> None:
    tracker = OffsetTracker()
    for offset in (5, 6, 9):
        tracker.start(offset)
    tracker.done(6)
    assert tracker.mark() == 5
    tracker.done(5)
    assert tracker.mark() == 9
    tracker.done(9)
    assert tracker.mark() == 10


def test_in_any_order_the_end_is_the_same_and_the_mark_never_falls() -> None:
    order = list(range(200))
    random.Random(7).shuffle(order)
    tracker = OffsetTracker()
    for offset in range(200):
        tracker.start(offset)
    marks = []
    for offset in order:
        tracker.done(offset)
        marks.append(tracker.mark() or 0)
    assert marks == sorted(marks)
    assert tracker.mark() == 200
