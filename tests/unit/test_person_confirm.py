"""Decoding the second network, and what it says of a face, turned and not."""

import math

import numpy as np
import pytest

from person_classifier.confirm import ANCHORS, decode, look, second_look, upright
from person_classifier.crops import turned
from sluice.errors import TerminalError
from sluice.models.engine import EngineSettings
from sluice.models.opened import Model, open_model
from tests.unit.model_files import MODELS
from tests.unit.pictures import photograph

FACE = np.array([173.0, 60.0, 275.0, 180.0])
"""Set by hand on scikit-image's astronaut."""


@pytest.fixture(scope="module")
def tiny() -> Model:
    return open_model(MODELS, "face_tiny", EngineSettings())


def test_a_cell_becomes_a_box() -> None:
    grid = np.full((2, 3, 25), -60, np.float32)
    grid[1, 2, 5:10] = (0, 0, 0, math.log(2), 0)
    found = decode(grid, 0.5)
    (best,) = found[found[:, 0] > 0.1]
    width, height = ANCHORS[1] * 32 / 0.5 * (1, 2)
    middle = np.array([2.5, 1.5]) * 32 / 0.5
    half = np.array([width, height]) / 2
    assert best == pytest.approx([0.5, *(middle - half), *(middle + half)])


def test_an_answer_that_is_no_number_is_refused() -> None:
    with pytest.raises(TerminalError, match="not a number"):
        decode(np.full((1, 1, 25), np.nan, np.float32), 1.0)


async def test_it_finds_the_face_of_a_portrait(tiny: Model) -> None:
    portrait = photograph("astronaut")[:256, 96:352]
    (found,) = await look(tiny, [portrait], 0.5)
    assert len(found) == 1
    assert found[0, 1:] == pytest.approx(FACE - (96, 0, 96, 0), abs=20)


async def test_it_confirms_a_face_and_not_a_cat(tiny: Model) -> None:
    assert await second_look(tiny, photograph("astronaut"), FACE) > 0.2
    assert await second_look(tiny, photograph("chelsea"), np.array([110.0, 30.0, 330.0, 250.0])) < 0.2


async def test_a_face_beside_the_box_confirms_nothing(tiny: Model) -> None:
    assert await second_look(tiny, photograph("astronaut"), FACE + np.array([102, 0, 102, 0])) < 0.2


@pytest.mark.parametrize("degrees", [-40, 0, 40])
async def test_a_turned_face_is_turned_back(tiny: Model, degrees: int) -> None:
    portrait = turned(photograph("astronaut")[0:240, 104:344], degrees)
    stands = await upright(tiny, portrait, np.array([60.0, 60.0, 180.0, 180.0]))
    assert stands.degrees == pytest.approx(-degrees, abs=20)


async def test_where_there_is_no_face_nothing_is_turned(tiny: Model) -> None:
    rgb = photograph("grass")
    rgb = np.ascontiguousarray(rgb[:200, :200])
    stands = await upright(tiny, rgb, np.array([50.0, 50.0, 150.0, 150.0]))
    assert stands.rgb is rgb
    assert stands.degrees == 0
