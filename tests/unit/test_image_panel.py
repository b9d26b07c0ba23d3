"""Several packs at once: how their answers merge, what is resized how often, and what one failure does."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from image_classifier.panel import Panel, merge
from sluice.errors import NotReadyError, RetryableError, TerminalError
from sluice.models import repository
from sluice.models.classify import Reading
from sluice.models.engine import Arrays
from sluice.models.fit import batch
from sluice.models.opened import Model
from sluice.models.picture_input import PictureInput
from sluice.pixels import Rgb
from tests.unit.model_files import MODELS
from tests.unit.packs import TestEngine, always, pack

BLACK, WHITE = np.zeros((20, 30, 3), np.uint8), np.full((20, 30, 3), 255, np.uint8)


def test_the_highest_score_of_a_category_counts_and_the_first_signal() -> None:
    one = Reading({"sexual": 0.2, "violence": 0.9}, {"drawn": 0.1})
    other = Reading({"sexual": 0.7, "hate": 0.0}, {"drawn": 0.8, "photoreal": 0.3})
    assert merge([one, other]) == Reading(
        {"sexual": 0.7, "violence": 0.9, "hate": 0.0}, {"drawn": 0.1, "photoreal": 0.3}
    )
    assert merge([other, one]).signals == {"drawn": 0.8, "photoreal": 0.3}


async def test_every_pack_is_asked_about_every_picture(tmp_path: Path) -> None:
    bright = pack(tmp_path, "bright", lambda pixels: [(p.mean() / 255, 0) for p in pixels])
    steady = pack(tmp_path, "steady", always(0.5, 0.5), scores={"violence": {"cat": 1}}, abstained=[])
    panel = Panel([bright, steady])
    assert panel.categories == {"sexual", "violence"}
    readings = await panel.read([BLACK, WHITE], [None, None])
    assert [r.scores for r in readings if isinstance(r, Reading)] == [
        {"sexual": 0.0, "violence": 0.5},
        {"sexual": 0.5, "violence": 0.5},
    ]
    assert await panel.read([], []) == []


async def test_equal_contracts_share_one_resized_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = {
        "picture": {"size": [16, 16], "fit": "stretch"},
        "inputs": [{"name": "pixels", "dtype": "uint8", "shape": ["n", 16, 16, 3]}],
    }
    packs = [
        pack(tmp_path, "a", always(0, 0)),
        pack(tmp_path, "b", always(0, 0)),
        pack(tmp_path, "c", always(0, 0), **large),
    ]
    made: list[PictureInput] = []

    def noted(pictures: Sequence[Rgb], wanted: PictureInput) -> npt.NDArray[np.uint8]:
        made.append(wanted)
        return batch(pictures, wanted)

    monkeypatch.setattr("image_classifier.panel.fit.batch", noted)
    await Panel(packs).read([BLACK], [None])
    assert sorted(wanted.width for wanted in made) == [8, 16]
    assert [each.engine.batches for each in packs if isinstance(each.engine, TestEngine)] == [
        [(1, 8, 8, 3)],
        [(1, 8, 8, 3)],
        [(1, 16, 16, 3)],
    ]


async def test_a_picture_without_an_answer_of_one_pack_has_none_at_all(tmp_path: Path) -> None:
    odd = pack(tmp_path, "odd", lambda pixels: [(math.nan if p.mean() > 100 else 0.1, 0) for p in pixels])
    good, bad = await Panel([pack(tmp_path, "fine", always(0.9, 0)), odd]).read([BLACK, WHITE], [None, None])
    assert isinstance(good, Reading)
    assert isinstance(bad, TerminalError)


class Failing:
    """An engine that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def run(self, inputs: Arrays) -> Arrays:
        raise self._error


@pytest.mark.parametrize("error", [RetryableError("later"), TerminalError("never")])
async def test_a_pack_that_fails_fails_the_batch(tmp_path: Path, error: Exception) -> None:
    fine = pack(tmp_path, "fine", always(0, 0))
    dead = Model(fine.card, fine.info, Failing(error))
    with pytest.raises(type(error)):
        await Panel([fine, dead]).read([BLACK], [None])


async def test_a_canary_is_held_against_the_golden_outputs(tmp_path: Path) -> None:
    golden = {"tolerance": 0.1, "rows": {"ramp": [0.5, 0.5]}}
    panel = Panel([pack(tmp_path, "changed", always(0.9, 0.5), golden=golden)])
    canary, other = await panel.read([BLACK, BLACK], ["ramp", None])
    assert isinstance(canary, TerminalError)
    assert "model changed: its golden output for ramp is off by 0.4" in str(canary)
    assert isinstance(other, Reading)
    # A card without this picture has nothing to hold against it.
    (unknown,) = await panel.read([BLACK], ["blocks"])
    assert isinstance(unknown, Reading)


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    card = repository.load(MODELS, "face_age")
    with pytest.raises(NotReadyError, match="face_age is no picture classifier"):
        Panel([Model(card, repository.info(card), TestEngine(always(0)))])
    scores = {"csam": {"cat": 1}}
    with pytest.raises(NotReadyError, match="name it in SLUICE_CSAM_PACK"):
        Panel([pack(tmp_path, "vendor", always(0, 0), scores=scores)])
