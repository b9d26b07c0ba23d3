"""Entries that suddenly match far above their usual rate."""

import random

import pytest

from hash_matcher import flood
from hash_matcher.flood import Floods, FloodSettings

KEY = ("partner", "e1")
WINDOW = 1000
SETTINGS = FloodSettings(least=10, times=5, window_ms=WINDOW, hold_ms=3000)


def matched(floods: Floods, at_ms: int, count: int) -> bool:
    """The last answer of so many matches at that moment."""
    return [floods.matched(KEY, at_ms) for _ in range(count)][-1]


def test_a_flood_puts_an_entry_in_quarantine_until_it_has_ebbed() -> None:
    floods = Floods(SETTINGS)
    assert not matched(floods, 10_000, 9)
    assert matched(floods, 10_000, 1)
    assert floods.quarantined() == [KEY]
    assert matched(floods, 12_999, 1)
    assert not matched(floods, 13_000, 1)
    assert floods.quarantined() == []


def test_what_is_usual_is_no_flood() -> None:
    floods = Floods(SETTINGS)
    for window in range(100):
        matched(floods, window * WINDOW, 8)
    assert not matched(floods, 100 * WINDOW, 30)
    assert matched(floods, 100 * WINDOW, 10)


def test_slow_growth_is_no_flood_and_long_silence_forgets() -> None:
    floods = Floods(SETTINGS)
    for window in range(200):
        assert not matched(floods, window * WINDOW, 4 + window // 2)
    assert matched(floods, 1000 * WINDOW, 10)


def test_a_flood_across_two_windows_is_seen() -> None:
    floods = Floods(SETTINGS)
    matched(floods, 10_999, 8)
    assert matched(floods, 11_001, 3)


def test_matches_of_another_entry_do_not_count() -> None:
    floods = Floods(SETTINGS)
    for number in range(50):
        assert not floods.matched(("partner", str(number)), 10_000)


def test_time_goes_forward_and_unknown_times_do_not_move_it() -> None:
    floods = Floods(SETTINGS)
    matched(floods, 10_000, 9)
    assert matched(floods, 0, 1)
    assert matched(floods, 5_000, 1)
    assert not matched(floods, 13_000, 1)


def test_it_can_be_switched_off() -> None:
    floods = Floods(FloodSettings(least=0))
    assert not matched(floods, 10_000, 1000)
    assert floods.quarantined() == []


def test_only_so_many_entries_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "MOST_ENTRIES", 3)
    floods = Floods(SETTINGS)
    matched(floods, 10_000, 10)
    for number in range(3):
        floods.matched(("other", str(number)), 10_000)
    assert floods.quarantined() == []


def test_the_count_of_a_window_is_what_was_matched_in_it() -> None:
    """Against a plain list of moments: a quarantine begins when the two windows' weighted count says so."""
    source = random.Random(3)
    floods = Floods(FloodSettings(least=12, times=0, window_ms=WINDOW, hold_ms=1))
    moments: list[int] = []
    now = 50_000
    for _ in range(3000):
        now += source.choice([0, 20, 60, 90, 300, 2500])
        moments.append(now)
        window, into = divmod(now, WINDOW)
        counts = [sum(at // WINDOW == one for at in moments[-200:]) for one in (window, window - 1)]
        assert floods.matched(KEY, now) == (counts[0] + counts[1] * (1 - into / WINDOW) >= 12)
