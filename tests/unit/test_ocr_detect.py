"""Where lines are, by the real network."""

import asyncio
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from sluice.errors import TerminalError
from sluice.models.engine import Arrays, EngineSettings
from sluice.models.opened import Model, open_model
from tests.unit.model_files import MODELS
from tests.unit.pictures import photograph
from tests.unit.written import written
from text_classifier.ocr.detect import BLOCK, MOST_REGIONS, NAME, detect


@pytest.fixture(scope="module")
def model() -> Model:
    return open_model(MODELS, NAME, EngineSettings())


class Answers:
    """An engine that says what it was given to say."""

    def __init__(self, probability: npt.NDArray[np.float32]) -> None:
        self._probability = probability

    async def run(self, inputs: Arrays) -> Arrays:
        assert inputs["pixels"].shape[1:3] == self._probability.shape
        return {"probability": self._probability[None]}


def marked(model: Model, probability: npt.NDArray[np.float32]) -> Model:
    return replace(model, engine=Answers(probability))


def test_a_line_is_found_where_it_stands(model: Model) -> None:
    (mark,) = asyncio.run(detect(model, written("a lighthouse", letters=30, at=(100, 60))))
    assert mark.area.holds(np.array([[110.0, 78], [240, 78]])).all()
    assert 30 < mark.area.height < 60
    assert mark.area.x - mark.area.width / 2 > 70
    assert mark.score > 0.6


def test_lines_are_apart(model: Model) -> None:
    assert len(asyncio.run(detect(model, written("a lighthouse\nat dawn\nin fog")))) == 3


def test_a_line_over_the_edge_of_a_block_is_one_line(model: Model) -> None:
    wide = written("a lighthouse at dawn", size=(BLOCK + 200, 100), at=(BLOCK - 150, 30))
    (mark,) = asyncio.run(detect(model, wide))
    assert mark.area.holds(np.array([[BLOCK - 140.0, 48], [BLOCK + 100, 48]])).all()


@pytest.mark.parametrize("name", ["coffee", "chelsea", "rocket"])
def test_photographs_have_no_lines(model: Model, name: str) -> None:
    assert len(asyncio.run(detect(model, photograph(name)))) <= 1


def test_sides_that_the_network_does_not_take_are_padded(model: Model) -> None:
    assert len(asyncio.run(detect(model, written("dawn", size=(133, 51), at=(20, 8))))) == 1


def test_specks_and_doubtful_marks_are_no_lines(model: Model) -> None:
    probability = np.zeros((64, 96), np.float32)
    probability[10:12, 5:90] = 0.9
    probability[30:40, 5:90] = 0.4
    assert asyncio.run(detect(marked(model, probability), np.zeros((64, 96, 3), np.uint8))) == []
    probability[50:60, 5:90] = 0.9
    (mark,) = asyncio.run(detect(marked(model, probability), np.zeros((64, 96, 3), np.uint8)))
    assert (mark.area.x, mark.area.y) == pytest.approx((47, 54.5))
    assert mark.area.height == pytest.approx(9 + 2 * (84 * 9 * 1.6 / (2 * 93)))


def test_what_is_no_number_is_no_empty_picture(model: Model) -> None:
    with pytest.raises(TerminalError, match="not a number"):
        asyncio.run(detect(marked(model, np.full((32, 32), np.nan, np.float32)), np.zeros((32, 32, 3), np.uint8)))


def test_a_flood_of_marks_stays_bounded_and_above_what_is_read(model: Model) -> None:
    probability = np.zeros((960, 960), np.float32)
    for top in range(0, 960, 8):
        for left in range(0, 960, 8):
            probability[top : top + 5, left : left + 6] = 0.9
    found = asyncio.run(detect(marked(model, probability), np.zeros((960, 960, 3), np.uint8)))
    assert len(found) == MOST_REGIONS
