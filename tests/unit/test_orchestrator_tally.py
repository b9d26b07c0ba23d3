"""Counting by time: what happened in the last window, and in the time before it."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.tally import WINDOW_SLOTS, Slots, Tally

MINUTE, HOUR = 60_000, 3_600_000
SLOTS = Slots(MINUTE, HOUR)


def test_a_slot_is_a_sixth_of_a_window_and_the_usual_has_twelve_parts() -> None:
    assert (SLOTS.ms, SLOTS.per_usual) == (10_000, 30)
    short = Slots(1, 1)
    assert (short.ms, short.per_usual) == (1, 1)


def test_what_is_new_is_recent_and_becomes_usual_when_it_leaves_the_window() -> None:
    tally = Tally(SLOTS)
    for at in (1000, 1000, 1003):
        tally.add(at)
    assert (tally.recent, tally.usual) == (3, 0)
    tally.forward(1005)
    assert (tally.recent, tally.usual) == (3, 0)
    tally.forward(1006)
    assert (tally.recent, tally.usual) == (1, 2)
    tally.add(1009)
    assert (tally.recent, tally.usual) == (1, 3)


def test_what_lies_further_back_than_the_usual_is_forgotten() -> None:
    tally = Tally(SLOTS)
    tally.add(1000)
    tally.forward(1000 + 300)
    assert tally.usual == 1
    tally.forward(1000 + 370)
    assert (tally.recent, tally.usual) == (0, 0)


def test_after_a_long_silence_nothing_is_left() -> None:
    tally = Tally(SLOTS)
    tally.add(1000)
    tally.add(1_000_000)
    assert (tally.recent, tally.usual) == (1, 0)


@given(st.lists(st.integers(0, 200), max_size=60), st.integers(0, 800))
def test_it_is_what_counting_each_by_itself_gives(steps: list[int], quiet: int) -> None:
    tally = Tally(SLOTS)
    now, happened = 5000, []
    for step in steps:
        now += step
        tally.add(now)
        happened.append(now)
    now += quiet
    tally.forward(now)
    # Of what is usual, the oldest twelfth is forgotten at once.
    oldest = now // SLOTS.per_usual - 11
    recent = [at for at in happened if at > now - WINDOW_SLOTS]
    usual = [at for at in happened if at <= now - WINDOW_SLOTS and (at + WINDOW_SLOTS) // SLOTS.per_usual >= oldest]
    assert (tally.recent, tally.usual) == (len(recent), len(usual))
