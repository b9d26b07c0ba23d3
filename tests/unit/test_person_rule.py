"""The rule, as a table that reads like its specification."""

import math

import pytest

from person_classifier.age import Age
from person_classifier.rule import Doubt, Face, adult_doubt, decide, doubt, worth_reading
from sluice.check import Person


def face(
    years: float | None = 30.0,
    score: float = 0.9,
    confirmed: float = 0.5,
    side: float = 100.0,
    spread: float = 2.0,
    softened: float | None = None,
    moved: float | None = None,
    moved_spread: float = 2.0,
    upright: float | None = None,
    detail: float = 0.15,
) -> Face:
    """A face beyond doubt, unless told otherwise. `years` None: not read."""
    if years is None:
        return Face(score, confirmed, side)
    others = (years if value is None else value for value in (softened, moved))
    soft, beside = others
    sure = 0.9 if upright is None else upright
    return Face(score, confirmed, side, Age(years, spread, soft, beside, moved_spread), sure, detail)


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
        # Of the three means the lowest is gone by: what one of them doubts is not an adult.
        ([face(28, softened=24.9)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(28, moved=24.9)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(20, moved=17.9)], 0.0, True, Person.CHILD),
        ([face(20, softened=17.9)], 0.0, True, Person.CHILD),
        # An adult's face is beyond doubt to the second detector once it is upright, and sharp; a child's need not be.
        ([face(40, upright=0.69)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, confirmed=0.2, upright=0.7)], 0.0, True, Person.ADULT),
        ([face(10, upright=0.0)], 0.0, True, Person.CHILD),
        ([face(40, detail=0.089)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(10, detail=0.0)], 0.0, True, Person.CHILD),
        ([face(40, moved_spread=5.1)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(10, moved_spread=5.1)], 0.0, True, Person.CHILD),
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
        ([face(40, moved=math.nan)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, moved=math.nan), face(30)], 0.0, True, Person.AGE_UNKNOWN),
        ([face(40, moved_spread=math.nan)], 0.0, True, Person.AGE_UNKNOWN),
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
    found = decide(faces, 0.0, True).youngest
    assert (None if found is None else found.youngest) == lowest


@pytest.mark.parametrize(
    ("faces", "person"),
    [
        ([], Person.AGE_UNKNOWN),
        ([face(40)], Person.AGE_UNKNOWN),
        ([face(10)], Person.CHILD),
    ],
)
def test_a_body_without_a_face_is_a_person_of_unknown_age(faces: list[Face], person: Person) -> None:
    assert decide(faces, 0.0, True, unseen=1).person is person


@pytest.mark.parametrize("drawn", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("years", [5, 20, 40])
def test_looking_drawn_never_makes_a_face_into_nobody(years: int, drawn: float) -> None:
    assert decide([face(years)], drawn, True).person is not Person.NONE


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (face(), None),
        (face(None), Doubt.UNREAD),
        (face(spread=7), Doubt.UNSTEADY),
        (face(moved_spread=5.1), Doubt.UNSTEADY),
        (face(upright=0.69), Doubt.UNSURE),
        (face(upright=math.nan), Doubt.UNSURE),
        (face(detail=0.08), Doubt.SMOOTH),
        (face(detail=math.nan), Doubt.SMOOTH),
    ],
)
def test_what_else_is_asked_of_an_adult(one: Face, why: Doubt | None) -> None:
    assert adult_doubt(one) is why


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
