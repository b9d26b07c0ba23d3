"""A partition that stands still although its log goes on."""

from sluice.bus.stalls import LOOK_SECONDS, Key, Stalls

ONE: Key = ("a.topic", 0)
TWO: Key = ("a.topic", 1)


def looks(*seen: tuple[dict[Key, int], dict[Key, int]], every: float = LOOK_SECONDS) -> list[list[Key]]:
    stalls = Stalls()
    return [stalls.see(1000 + at * every, positions, ends) for at, (positions, ends) in enumerate(seen)]


def test_standing_short_of_the_end_at_three_looks_is_a_stall() -> None:
    seen = ({ONE: 5, TWO: 7}, {ONE: 9, TWO: 7})
    assert looks(seen, seen, seen) == [[], [], [ONE]]


def test_moving_is_not() -> None:
    found = looks(*(({ONE: at}, {ONE: 100}) for at in range(8)))
    assert found == [[]] * 8


def test_standing_at_the_end_is_not() -> None:
    seen = ({ONE: 9}, {ONE: 9})
    assert looks(seen, seen, seen, seen) == [[]] * 4


def test_what_is_not_to_be_read_now_is_not() -> None:
    paused: tuple[dict[Key, int], dict[Key, int]] = ({}, {})
    behind = ({ONE: 5}, {ONE: 9})
    assert looks(behind, behind, paused, behind, behind) == [[]] * 5


def test_a_broker_that_does_not_answer_is_not() -> None:
    seen: tuple[dict[Key, int], dict[Key, int]] = ({ONE: 5}, {})
    assert looks(seen, seen, seen, seen) == [[]] * 4


def test_whoever_was_frozen_begins_anew() -> None:
    seen = ({ONE: 5}, {ONE: 9})
    assert looks(seen, seen, seen, seen, every=3 * LOOK_SECONDS) == [[]] * 4


def test_it_looks_now_and_then() -> None:
    stalls = Stalls()
    stalls.see(1000, {}, {})
    assert not stalls.due(1000 + LOOK_SECONDS - 1)
    assert stalls.due(1000 + LOOK_SECONDS)
