"""The chain with its real networks: where faces are found, and how many are read."""

import dataclasses

import numpy as np
import pytest

from person_classifier.boxes import overlap
from person_classifier.chain import MOST_READ, Networks, faces_of
from person_classifier.frame import frame_of
from person_classifier.propose import propose
from sluice.models.engine import EngineSettings
from sluice.models.opened import open_model
from sluice.pixels import Rgb, resize
from tests.unit.model_files import MODELS
from tests.unit.pictures import item, photograph

FACE = np.array([173.0, 60.0, 275.0, 180.0])
"""Set by hand on scikit-image's astronaut."""


@pytest.fixture(scope="module")
def networks() -> Networks:
    ssd, tiny, age = (open_model(MODELS, f"face_{name}", EngineSettings()) for name in ("ssd", "tiny", "age"))
    return Networks(ssd, tiny, age)


def on_bricks(rgb: Rgb, left: int, top: int) -> Rgb:
    """A picture of 1500 x 1000 with another one pasted in."""
    canvas = np.tile(photograph("brick"), (2, 3, 1))[:1000, :1500]
    canvas[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
    return canvas


@pytest.mark.parametrize("tiled", [True, False])
async def test_boxes_are_in_the_pixels_of_the_largest_version(networks: Networks, tiled: bool) -> None:
    frame = frame_of(item(on_bricks(photograph("astronaut"), 700, 100)))
    if not tiled:
        frame = dataclasses.replace(frame, tiles=())
    rows = await propose(networks.ssd, frame)
    assert overlap(FACE + np.array([700, 100, 700, 100]), rows[:1, 1:])[0] > 0.5
    assert rows[0, 0] > 0.5


async def test_small_faces_are_found_in_tiles_alone(networks: Networks) -> None:
    frame = frame_of(item(on_bricks(resize(photograph("astronaut"), 128, 128), 700, 100)))
    here = FACE / 4 + np.array([700, 100, 700, 100])
    found = await propose(networks.ssd, frame)
    assert overlap(here, found[:, 1:]).max() > 0.35
    missed = await propose(networks.ssd, dataclasses.replace(frame, tiles=()))
    assert overlap(here, missed[:, 1:]).max(initial=0) < 0.35


async def test_of_a_crowd_the_largest_are_read(networks: Networks) -> None:
    frame = frame_of(item(np.tile(resize(photograph("astronaut"), 320, 320), (5, 5, 1))))
    faces = await faces_of(networks, frame)
    assert len(faces) > MOST_READ
    assert sum(face.age is not None for face in faces) == MOST_READ
    assert [face.side for face in faces] == sorted((face.side for face in faces), reverse=True)


async def test_a_picture_of_things_has_none(networks: Networks) -> None:
    assert await faces_of(networks, frame_of(item(photograph("coffee")))) == []
