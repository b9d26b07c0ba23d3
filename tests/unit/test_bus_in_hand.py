"""What a group member has in hand is bounded, by count and by bytes, and the urgent goes first."""

import pytest

from sluice.bus.in_hand import InHand

FAST, SLOW = "fast", "slow"
MIB = 1 << 20


def test_the_count_bounds_and_half_of_it_reads_on() -> None:
    hand = InHand((FAST,), most=4, most_bytes=1 << 40)
    for _ in range(4):
        assert hand.paused() == frozenset()
        hand.take(FAST, 10)
    assert hand.paused() == {FAST}
    hand.give(FAST, 10)
    assert hand.paused() == {FAST}
    hand.give(FAST, 10)
    assert hand.paused() == frozenset()


def test_the_bytes_bound_and_half_of_them_read_on() -> None:
    hand = InHand((FAST,), most=1000, most_bytes=4 * MIB)
    for _ in range(4):
        assert not hand.full(FAST)
        hand.take(FAST, MIB)
    assert hand.full(FAST)
    assert hand.paused() == {FAST}
    for _ in range(2):
        hand.give(FAST, MIB)
    assert hand.paused() == {FAST}
    hand.give(FAST, MIB)
    assert hand.paused() == frozenset()


def test_what_a_record_causes_counts_until_it_is_let_go() -> None:
    hand = InHand((FAST,), most=1000, most_bytes=4 * MIB)
    hand.take(FAST, 10)
    hand.grow(FAST, 5 * MIB)
    assert hand.paused() == {FAST}
    hand.give(FAST, 10 + 5 * MIB)
    assert (hand.count(FAST), hand.bytes(FAST), hand.paused()) == (0, 0, frozenset())


def test_one_record_over_the_limit_passes_where_it_is_alone() -> None:
    hand = InHand((FAST,), most=10, most_bytes=MIB)
    assert hand.paused() == frozenset()
    hand.take(FAST, 9 * MIB)
    assert hand.paused() == {FAST}
    hand.give(FAST, 9 * MIB)
    assert hand.paused() == frozenset()


@pytest.mark.parametrize(("held", "yields"), [(4, False), (5, True), (9, True)])
def test_a_less_urgent_topic_yields_to_a_busy_urgent_one(held: int, yields: bool) -> None:
    hand = InHand((FAST, SLOW), most=10, most_bytes=1 << 40)
    for _ in range(held):
        hand.take(FAST, 1)
    assert hand.paused() == ({SLOW} if yields else frozenset())


def test_it_yields_until_the_urgent_one_has_calmed_down() -> None:
    hand = InHand((FAST, SLOW), most=8, most_bytes=1 << 40)
    for _ in range(4):
        hand.take(FAST, 1)
    assert hand.paused() == {SLOW}
    hand.give(FAST, 1)
    assert hand.paused() == {SLOW}
    hand.give(FAST, 1)
    assert hand.paused() == frozenset()


def test_a_full_less_urgent_topic_does_not_stop_an_urgent_one() -> None:
    hand = InHand((FAST, SLOW), most=2, most_bytes=1 << 40)
    hand.take(SLOW, 1)
    hand.take(SLOW, 1)
    assert hand.paused() == {SLOW}
