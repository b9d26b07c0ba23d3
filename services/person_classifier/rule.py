"""From what was measured to a label. No pictures here: numbers in, a word out.

The order of things: a doubt about anything that looked like a face makes the answer AGE_UNKNOWN, never NONE and never
ADULT; one face that reads as a child makes it CHILD whoever else is there (GPT-4o image card I13: adult and child in
one picture is child, borderline cases go to child); ADULT takes every face, each of them beyond doubt.
"""

import math
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
SURE = 0.7
"""Least score of the second detector on the upright face, for an adult. Blur and most filters make a face older by
decades while its views agree; they also make the second detector less sure."""
DETAILED = 0.09
"""Least `detail.detail` of an adult's face."""
LEAST_SIDE = 48.0
"""Pixels. Smaller faces read older."""
STEADY_YEARS = 6.0
"""The most by which the views of one face, or it and its softened self, may differ."""
STEADY_MOVES = 5.0
"""Years: the most that moving the cut may change. A cover over the mouth changes more."""

NO_FACE = "a person without a visible face"

DRAWN = 0.5
"""From here on a picture counts as drawn, and an age read from it as nothing."""


class Doubt(StrEnum):
    """Why a face's age is not relied on."""

    WEAK = "not clearly a face"
    SMALL = "too small to tell an age"
    UNREAD = "more faces than are read"
    UNSTEADY = "the age does not hold still"
    SMOOTH = "without the detail of a sharp face"
    UNSURE = "not surely enough a face for an adult"


@dataclass(frozen=True, slots=True)
class Face:
    """`score`: the proposal's. `confirmed`: the second look's. `side`: the shorter one, in pixels of the largest
    version. `age`: None where it was not read. `upright`: the second look's once it stands. `detail`: see
    `detail`. `box`: left, top, right, bottom in those pixels."""

    score: float
    confirmed: float
    side: float
    age: Age | None = None
    upright: float = 0.0
    detail: float = 0.0
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    @property
    def clear(self) -> bool:
        """Whether both detectors take it for a face."""
        return self.score >= CLEAR_SCORE and self.confirmed >= CONFIRMED


@dataclass(frozen=True, slots=True)
class Answer:
    """The label, why, and the youngest of the ages that were relied on."""

    person: Person
    reason: str
    youngest: Age | None = None


def worth_reading(face: Face) -> Doubt | None:
    """Whether an age may be read from this face at all; the doubt where not."""
    if not face.clear:
        return Doubt.WEAK
    return None if face.side >= LEAST_SIDE else Doubt.SMALL


def doubt(face: Face) -> Doubt | None:
    """Whether this face's age may be relied on, for a child; the doubt where not."""
    before = worth_reading(face)
    if before is not None:
        return before
    if face.age is None:
        return Doubt.UNREAD
    steady = face.age.spread <= STEADY_YEARS and abs(face.age.years - face.age.softened) <= STEADY_YEARS
    return None if steady else Doubt.UNSTEADY


def adult_doubt(face: Face) -> Doubt | None:
    """Whether this face may be an adult's; the doubt where not. Damage makes people older, so this asks for more."""
    before = doubt(face)
    if before is not None or face.age is None:
        return before
    if not face.age.moved_spread <= STEADY_MOVES:
        return Doubt.UNSTEADY
    if not face.detail >= DETAILED:
        return Doubt.SMOOTH
    return None if face.upright >= SURE else Doubt.UNSURE


def decide(
    faces: Sequence[Face], drawn: float, complete: bool, adult_age: float = ADULT_AGE, unseen: int = 0
) -> Answer:
    """The label of a picture.

    `faces`: everything that was proposed. `drawn`: how much it looks drawn, 0..1. `complete`: every part of the
    picture was looked at. `unseen`: bodies without a face, where something looks for bodies. Comparisons are written
    so that a value that is not a number ends in doubt.

    A picture that looks drawn is never NONE for that: a filter makes drawings of photographs.
    """
    if not faces:
        if unseen:
            return Answer(Person.AGE_UNKNOWN, NO_FACE)
        if complete:
            return Answer(Person.NONE, "nothing like a face")
        return Answer(Person.AGE_UNKNOWN, "not all of the picture was looked at")
    if not drawn < DRAWN:
        return Answer(Person.AGE_UNKNOWN, "something like a face in what may be a drawing")
    youngest = youngest_of(faces)
    if youngest is not None and youngest.youngest < CHILD_AGE:
        return Answer(Person.CHILD, "a face reads under 18", youngest)
    for why in map(doubt, faces):
        if why is not None:
            return Answer(Person.AGE_UNKNOWN, why.value, youngest)
    if unseen:
        return Answer(Person.AGE_UNKNOWN, NO_FACE, youngest)
    if youngest is None or not youngest.youngest >= adult_age:
        return Answer(Person.AGE_UNKNOWN, f"a face reads between 18 and {adult_age:g}", youngest)
    for why in map(adult_doubt, faces):
        if why is not None:
            return Answer(Person.AGE_UNKNOWN, why.value, youngest)
    return Answer(Person.ADULT, f"every face reads {adult_age:g} or older", youngest)


def youngest_of(faces: Sequence[Face]) -> Age | None:
    """Of the ages that may be relied on, the one that reads youngest; one that is not a number before all others."""
    ages = [face.age for face in faces if face.age is not None and doubt(face) is None]
    return min(ages, key=lambda age: -math.inf if math.isnan(age.youngest) else age.youngest, default=None)
