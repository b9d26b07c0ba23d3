"""One picture through the three networks: propose, confirm, turn upright, read an age."""

from dataclasses import dataclass, replace

import numpy as np

from person_classifier.age import estimate
from person_classifier.boxes import Box
from person_classifier.confirm import second_look, upright
from person_classifier.frame import Frame
from person_classifier.propose import propose
from person_classifier.rule import Face, worth_reading
from sluice.models.opened import Model

MOST_READ = 16
"""Faces whose age is read, largest first: about 100 ms each on one core. The rest stay in doubt."""
MOST_CONFIRMED = 64
"""Proposals that get a second look, largest first: about 10 ms each."""


@dataclass(frozen=True, slots=True)
class Networks:
    """The models of the chain."""

    ssd: Model
    tiny: Model
    age: Model


async def faces_of(networks: Networks, frame: Frame) -> list[Face]:
    """Everything in the picture that may be a face, largest first. Raises TerminalError where a model fails."""
    rows = await propose(networks.ssd, frame)
    sides = np.minimum(rows[:, 3] - rows[:, 1], rows[:, 4] - rows[:, 2])
    faces: list[Face] = []
    read = 0
    for index in np.argsort(-sides, kind="stable"):
        face = Face(float(rows[index, 0]), 0.0, float(sides[index]))
        box = rows[index, 1:]
        if len(faces) < MOST_CONFIRMED:
            face = replace(face, confirmed=await second_look(networks.tiny, frame.picture, box))
        if worth_reading(face) is None and read < MOST_READ:
            read += 1
            face = await _with_age(networks, frame, box, face)
        faces.append(face)
    return faces


async def _with_age(networks: Networks, frame: Frame, box: Box, face: Face) -> Face:
    stands = await upright(networks.tiny, frame.picture, box)
    return replace(face, age=await estimate(networks.age, stands.rgb, stands.box))
