"""The chain with its real networks: where faces are found, and how many are read."""

import dataclasses

import numpy as np
import pytest

from person_classifier.boxes import overlap
from person_classifier.chain import MOST_READ, Networks, faces_of
from person_classifier.frame import frame_of
from person_classifier.propose import propose
from sluice.errors import TerminalError
from sluice.models.engine import Arrays, Engine, EngineSettings
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


class Says:
    """An age network that always says the same, and counts how often it is asked."""

    def __init__(self, years: float) -> None:
        self.years = years
        self.asked = 0

    async def run(self, inputs: Arrays) -> Arrays:
        self.asked += 1
        return {"age": np.full((len(inputs["pixels"]), 1), self.years, np.float32)}


class Counts:
    """An engine, and how many pictures it was given."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.pictures = 0

    async def run(self, inputs: Arrays) -> Arrays:
        self.pictures += len(inputs["pixels"])
        return await self.engine.run(inputs)


@pytest.mark.parametrize(("years", "asked"), [(10.0, 1), (17.9, 1), (18.0, 4), (40.0, 4)])
async def test_after_a_child_no_further_age_is_read(networks: Networks, years: float, asked: int) -> None:
    says = Says(years)
    age = dataclasses.replace(networks.age, engine=says)
    frame = frame_of(item(np.tile(resize(photograph("astronaut"), 400, 400), (2, 2, 1))))
    faces = await faces_of(dataclasses.replace(networks, age=age), frame)
    assert len(faces) == 4
    assert says.asked == asked


async def test_what_the_age_network_says_has_to_be_a_number(networks: Networks) -> None:
    age = dataclasses.replace(networks.age, engine=Says(np.nan))
    with pytest.raises(TerminalError, match="not a number"):
        await faces_of(dataclasses.replace(networks, age=age), frame_of(item(photograph("astronaut"))))


async def test_tiles_of_one_even_area_are_not_looked_at(networks: Networks) -> None:
    canvas = np.full((640, 1600, 3), 240, np.uint8)
    canvas[64:576, 1040:1552] = photograph("astronaut")
    frame = frame_of(item(canvas))
    counts = Counts(networks.ssd.engine)
    rows = await propose(dataclasses.replace(networks.ssd, engine=counts), frame)
    assert len(frame.tiles) == 3
    assert counts.pictures == 2 + 2
    assert overlap(FACE + np.array([1040, 64, 1040, 64]), rows[:1, 1:])[0] > 0.5


async def test_a_picture_of_things_has_none(networks: Networks) -> None:
    assert await faces_of(networks, frame_of(item(photograph("coffee")))) == []
