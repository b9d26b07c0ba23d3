"""One of each kind per window, and the numbers add up."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from policy_shadow.sampler import Sample, Sampler


def test_the_first_is_shown_at_once_and_the_next_after_a_window() -> None:
    sampler: Sampler[str, int] = Sampler(1000, 10)
    assert sampler.add("a", "*", 1, 0) == Sample("a", 1, 1)
    assert sampler.add("a", "*", 2, 10) is None
    assert sampler.add("b", "*", 3, 20) == Sample("b", 3, 1)
    assert sampler.add("a", "*", 4, 999) is None
    assert sampler.add("a", "*", 5, 1000) == Sample("a", 5, 3)
    assert sampler.add("a", "*", 6, 1001) is None


def test_what_is_held_back_is_shown_when_it_is_due_although_nothing_more_comes() -> None:
    sampler: Sampler[str, int] = Sampler(1000, 10)
    for item in (1, 2, 3):
        sampler.add("a", "*", item, item)
    assert sampler.due(1000) == []
    assert sampler.due(1001) == [Sample("a", 3, 2)]
    assert sampler.due(1500) == []


def test_a_kind_that_did_not_come_for_a_window_is_forgotten_and_makes_room() -> None:
    sampler: Sampler[str, int] = Sampler(1000, 1)
    sampler.add("a", "*", 1, 0)
    assert sampler.add("b", "*", 2, 500) == Sample("*", 2, 1)
    sampler.due(2000)
    assert sampler.add("b", "*", 3, 2000) == Sample("b", 3, 1)


def test_more_kinds_than_there_is_room_for_are_one() -> None:
    sampler: Sampler[str, int] = Sampler(1000, 2)
    shown = [sampler.add(kind, "*", at, at) for at, kind in enumerate("abcde")]
    assert [sample.kind for sample in shown if sample] == ["a", "b", "*"]
    assert sampler.rest() == [Sample("*", 4, 2)]
    assert sampler.rest() == []


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 700), st.booleans())), st.integers(1, 4))
def test_the_numbers_add_up_and_the_rate_is_bounded(steps: list[tuple[str, int, bool]], most: int) -> None:
    sampler: Sampler[str, int] = Sampler(1000, most)
    now, shown, at = 0, [], []
    for number, (kind, later, look) in enumerate(steps):
        now += later
        found = [sampler.add(kind, "*", number, now), *(sampler.due(now) if look else ())]
        shown += [sample for sample in found if sample]
        at += [(sample.kind, now) for sample in found if sample]
    shown += sampler.rest()
    assert sum(sample.stands_for for sample in shown) == len(steps)
    assert len({sample.item for sample in shown}) == len(shown)
    for kind in Counter(kind for kind, _ in at):
        times = [when for one, when in at if one == kind]
        assert all(after - before >= 1000 for before, after in pairwise(times))
