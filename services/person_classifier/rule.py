"""From what was measured to a label. No pictures here: numbers in, a word out.

The order of things: a doubt about anything that looked like a face makes the answer AGE_UNKNOWN, never NONE and never
ADULT; one face that reads as a child makes it CHILD whoever else is there (GPT-4o image card I13: adult and child in
one picture is child, borderline cases go to child); ADULT takes every face, each of them beyond doubt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from person_classifier.age import Age
from sluice.check import Person

CHILD_AGE = 18.0
ADULT_AGE = 25
"""Least estimate that counts as adult. With the error that the model's authors report (4.5 years on average), taken
as Gaussian, a person of 17 reads 25 or more about 8 times in 100, and 30 or more about once."""

CLEAR_SCORE = 0.5
CONFIRMED = 0.2
LEAST_SIDE = 48.0
"""Pixels. Smaller faces read older."""
STEADY_YEARS = 6.0
"""The most by which the views of one face, or it and its softened self, may differ."""

DRAWN = 0.5
"""From here on a picture counts as drawn, and an age read from it as nothing."""


class Doubt(StrEnum):
    """Why a face's age is not relied on."""

    WEAK = "not clearly a face"
    SMALL = "too small to tell an age"
    UNREAD = "more faces than are read"
    UNSTEADY = "the age does not hold still"


@dataclass(frozen=True, slots=True)
class Face:
    """`score`: the proposal's. `confirmed`: the second look's. `side`: the shorter one, in pixels of the largest
    version. `age`: None where it was not read."""

    score: float
    confirmed: float
    side: float
    age: Age | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The label, why, and the lowest age that was relied on."""

    person: Person
    reason: str
    lowest: float | None = None


def worth_reading(face: Face) -> Doubt | None:
    """Whether an age may be read from this face at all; the doubt where not."""
    if not (face.score >= CLEAR_SCORE and face.confirmed >= CONFIRMED):
        return Doubt.WEAK
    return None if face.side >= LEAST_SIDE else Doubt.SMALL


def doubt(face: Face) -> Doubt | None:
    """Whether this face's age may be relied on; the doubt where not."""
    before = worth_reading(face)
    if before is not None:
        return before
    if face.age is None:
        return Doubt.UNREAD
    steady = face.age.spread <= STEADY_YEARS and abs(face.age.years - face.age.softened) <= STEADY_YEARS
    return None if steady else Doubt.UNSTEADY


def decide(faces: Sequence[Face], drawn: float, complete: bool, adult_age: float = ADULT_AGE) -> Answer:
    """The label of a picture.

    `faces`: everything that was proposed. `drawn`: how much it looks drawn, 0..1. `complete`: every part of the
    picture was looked at. Comparisons are written so that a value that is not a number ends in doubt.
    """
    if not faces:
        if complete:
            return Answer(Person.NONE, "nothing like a face")
        return Answer(Person.AGE_UNKNOWN, "not all of the picture was looked at")
    if not drawn < DRAWN:
        return Answer(Person.AGE_UNKNOWN, "something like a face in what may be a drawing")
    doubts = [doubt(face) for face in faces]
    years = [face.age.years for face, why in zip(faces, doubts, strict=True) if face.age and why is None]
    lowest = min(years, default=None)
    if any(age < CHILD_AGE for age in years):
        return Answer(Person.CHILD, "a face reads under 18", lowest)
    for why in doubts:
        if why is not None:
            return Answer(Person.AGE_UNKNOWN, why.value, lowest)
    if all(age >= adult_age for age in years):
        return Answer(Person.ADULT, f"every face reads {adult_age:g} or older", lowest)
    return Answer(Person.AGE_UNKNOWN, f"a face reads between 18 and {adult_age:g}", lowest)
