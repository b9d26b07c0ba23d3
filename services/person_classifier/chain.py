"""One picture through the three networks: propose, confirm, turn upright, read an age."""

from dataclasses import dataclass, replace

import numpy as np

from person_classifier.age import estimate
from person_classifier.boxes import Box
from person_classifier.confirm import second_look, upright
from person_classifier.detail import detail
from person_classifier.frame import Frame
from person_classifier.propose import propose
from person_classifier.rule import CHILD_AGE, Face, doubt, worth_reading
from sluice.models.opened import Model

MOST_READ = 16
"""Faces whose age is read, largest first: about 120 ms each on one core. The rest stay in doubt."""
LEANING = 20
"""Degrees up to which a face is judged as it lies: the detectors mind no more than that."""
MOST_CONFIRMED = 64
"""Proposals that get a second look, largest first: about 10 ms each."""


@dataclass(frozen=True, slots=True)
class Networks:
    """The models of the chain."""

    ssd: Model
    tiny: Model
    age: Model


async def faces_of(networks: Networks, frame: Frame) -> list[Face]:
    """Everything in the picture that may be a face, largest first. Raises TerminalError where a model fails.

    Once a face reads as a child's, no further age is read: nothing can change the label.
    """
    rows = await propose(networks.ssd, frame)
    sides = np.minimum(rows[:, 3] - rows[:, 1], rows[:, 4] - rows[:, 2])
    faces: list[Face] = []
    read, child = 0, False
    for index in np.argsort(-sides, kind="stable"):
        box = rows[index, 1:]
        left, top, right, bottom = map(float, box)
        face = Face(float(rows[index, 0]), 0.0, float(sides[index]), box=(left, top, right, bottom))
        if len(faces) < MOST_CONFIRMED:
            face = replace(face, confirmed=await second_look(networks.tiny, frame.picture, box))
        if worth_reading(face) is None and read < MOST_READ and not child:
            read += 1
            face = await _with_age(networks, frame, box, face)
            child = doubt(face) is None and face.age is not None and face.age.youngest < CHILD_AGE
        faces.append(face)
    return faces


async def _with_age(networks: Networks, frame: Frame, box: Box, face: Face) -> Face:
    stands = await upright(networks.tiny, frame.picture, box)
    surely = face.confirmed
    if abs(stands.degrees) > LEANING:
        surely = await second_look(networks.tiny, stands.rgb, stands.box)
    age = await estimate(networks.age, stands.rgb, stands.box)
    return replace(face, age=age, upright=surely, detail=detail(stands.rgb, stands.box))
