"""The threshold's curve, and that docs/person.md publishes what the model gives."""

from pathlib import Path

import pytest

from benchmarks.persons.curve import AGES, curve, kept_from_adult
from person_classifier.age import ERROR_SD
from person_classifier.rule import ADULT_AGE

PAGE = Path(__file__).parents[2] / "docs" / "person.md"


def test_half_of_those_at_the_threshold_are_kept() -> None:
    assert kept_from_adult(25, 25, ERROR_SD) == 0.5


@pytest.mark.parametrize("true", [10, 17, 30])
def test_a_higher_threshold_keeps_more(true: float) -> None:
    kept = [kept_from_adult(true, least, ERROR_SD) for least in AGES]
    assert kept == sorted(kept)


def test_a_smaller_error_keeps_more_minors() -> None:
    assert kept_from_adult(17, ADULT_AGE, 3.0) > kept_from_adult(17, ADULT_AGE, ERROR_SD)


def test_the_page_has_these_figures() -> None:
    lines = [line.replace("*", "").replace("|", " ").split() for line in PAGE.read_text().splitlines()]
    for least, *shares in curve(ERROR_SD):
        assert [f"{least:.0f}", *(f"{share:.3f}" for share in shares)] in lines
