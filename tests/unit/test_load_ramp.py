"""The highest rate that keeps a promise."""

import pytest

from sluice.load.ramp import Ramp


def run(ramp: Ramp, edge: float) -> list[float]:
    """What was asked for where every rate up to `edge` keeps it."""
    asked: list[float] = []
    while (rate := ramp.next()) is not None:
        asked.append(rate)
        ramp.tell(rate, rate <= edge)
    return asked


def test_it_halves_by_ratios() -> None:
    ramp = Ramp(1.0, 100.0, steps=3)
    assert run(ramp, edge=20.0) == pytest.approx([1.0, 100.0, 10.0, 10**1.5, 10**1.25])
    assert ramp.kept == pytest.approx(10**1.25)


def test_where_even_the_lowest_breaks_it_there_is_none() -> None:
    ramp = Ramp(2.0, 8.0, steps=3)
    assert run(ramp, edge=1.0) == [2.0]
    assert ramp.kept is None


def test_where_the_highest_keeps_it_nothing_more_is_asked() -> None:
    ramp = Ramp(2.0, 8.0, steps=3)
    assert run(ramp, edge=9.0) == [2.0, 8.0]
    assert ramp.kept == 8.0
