"""The rule, as a table that reads like its specification."""

import math

import pytest

from person_classifier.age import Age
from person_classifier.rule import Doubt, Face, decide, doubt, worth_reading
from sluice.check import Person


def face(
    years: float | None = 30.0,
    score: float = 0.9,
    confirmed: float = 0.5,
    side: float = 100.0,
    spread: float = 2.0,
    softened: float | None = None,
) -> Face:
    """A face beyond doubt, unless told otherwise. `years` None: not read."""
    if years is None:
        return Face(score, confirmed, side)
    return Face(score, confirmed, side, Age(years, spread, years if softened is None else softened))


WEAK = face(score=0.4)


@pytest.mark.parametrize(
    ("faces", "drawn", "complete", "person"),
    [
        # Nothing like a face.
        ([], 0.0, True, Person.NONE),
        ([], 0.9, True, Person.NONE),
        ([], 0.0, False, Person.AGE_UNKNOWN),
        ([], math.nan, True, Person.NONE),
        # One face beyond doubt: its age decides.
        ([face(5)], 0.0, True, Person.CHILD),
        ([face(17.9)], 0.0, True, Person.CHILD),
        ([face(18)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(24.9)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(25)], 0.0, True, Person.ADULT),
        ([face(80)], 0.0, True, Person.ADULT),
        ([face(30)], 0.0, False, Person.ADULT),
        # Several: the lowest decides, and one doubt spoils "adult" but not "child".
        ([face(40), face(30)], 0.0, True, Person.ADULT),
        ([face(40), face(20)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40), face(10)], 0.0, True, Person.CHILD),
        ([face(40), WEAK], 0.0, True, Person.AGE_UNKNOWN),
        ([face(10), WEAK], 0.0, True, Person.CHILD),
        # A face in doubt is never nobody and never an adult, and its own age counts for nothing.
        ([WEAK], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, confirmed=0.19)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, side=47.9)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(10, side=47.9)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(None)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, spread=6.1)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, softened=33.9)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, softened=46.1)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, spread=6.0, softened=34.0)], 0.0, True, Person.ADULT),
        # Drawn faces read as children whoever they are: the age is not used.
        ([face(40)], 0.49, True, Person.ADULT),
        ([face(40)], 0.5, True, Person.AGE_UNKNOWN),
        ([face(10)], 0.5, True, Person.AGE_UNKNOWN),
        ([WEAK], 0.9, True, Person.AGE_UNKNOWN),
        # What is not a number is a doubt.
        ([face(math.nan)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, spread=math.nan)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, score=math.nan)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, confirmed=math.nan)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, side=math.nan)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40)], math.nan, True, Person.AGE_UNKNOWN),
    ],
)
def test_the_label(faces: list[Face], drawn: float, complete: bool, person: Person) -> None:
    answer = decide(faces, drawn, complete)
    assert answer.person is person
    assert answer.reason


@pytest.mark.parametrize(
    ("adult_age", "person"),
    [(25, Person.ADULT), (30, Person.ADULT), (31, Person.AGE_UNKNOWN), (60, Person.AGE_UNKNOWN)],
)
def test_an_operator_may_ask_for_more_years(adult_age: int, person: Person) -> None:
    assert decide([face(30)], 0.0, True, adult_age).person is person


@pytest.mark.parametrize(
    ("faces", "lowest"), [([face(40), face(30)], 30), ([face(40), WEAK], 40), ([WEAK], None), ([], None)]
)
def test_the_lowest_age_that_was_relied_on(faces: list[Face], lowest: float | None) -> None:
    assert decide(faces, 0.0, True).lowest == lowest


@pytest.mark.parametrize(
    ("one", "before", "after"),
    [
        (face(), None, None),
        (face(score=0.49), Doubt.WEAK, Doubt.WEAK),
        (face(confirmed=0.1, side=10), Doubt.WEAK, Doubt.WEAK),
        (face(side=10), Doubt.SMALL, Doubt.SMALL),
        (face(None), None, Doubt.UNREAD),
        (face(spread=7), None, Doubt.UNSTEADY),
        (face(softened=50), None, Doubt.UNSTEADY),
    ],
)
def test_doubts(one: Face, before: Doubt | None, after: Doubt | None) -> None:
    assert (worth_reading(one), doubt(one)) == (before, after)
