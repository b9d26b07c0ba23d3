"""A pack's outputs as scores: activation, weights, calibration, golden outputs."""

from pathlib import Path

import numpy as np
import pytest

from sluice.errors import NotReadyError, TerminalError
from sluice.models import classify, repository
from sluice.models.engine import EngineSettings
from sluice.models.opened import open_model
from tests.unit.model_files import MODELS
from tests.unit.packs import add_vit, always, edit, pack
from tests.unit.pictures import photograph

PICTURE = np.zeros((20, 30, 3), np.uint8)


@pytest.mark.parametrize(
    ("activation", "row", "sexual"),
    [("none", (0.6, 0.4), 0.3), ("softmax", (1000.0, 1000.0), 0.25), ("sigmoid", (0.0, 50.0), 0.25)],
)
async def test_outputs_become_scores(tmp_path: Path, activation: str, row: tuple[float, ...], sexual: float) -> None:
    """The toy card counts half of "cat" towards sexual, and "dog" towards drawn."""
    model = pack(tmp_path, "toy", always(*row), activation=activation)
    (reading,) = await classify.read(model, [PICTURE])
    assert reading.scores == pytest.approx({"sexual": sexual})
    assert reading.signals.keys() == {"drawn"}


async def test_calibration_comes_last_and_each_name_has_its_own(tmp_path: Path) -> None:
    curves = {"sexual": {"said": [0, 1], "meant": [0, 0.5]}, "drawn": {"slope": 2}}
    model = pack(tmp_path, "toy", always(0.8, 0.8), calibration=curves)
    (reading,) = await classify.read(model, [PICTURE])
    assert reading.scores == pytest.approx({"sexual": 0.2})
    assert reading.signals == pytest.approx({"drawn": 16 / 17})


@pytest.mark.parametrize("answer", [[[0.5, 0.5, 0.5]], [0.5, 0.5], [[0.5, 0.5]] * 2])
async def test_outputs_of_another_shape_are_no_answer(tmp_path: Path, answer: object) -> None:
    with pytest.raises(TerminalError, match=r"toy gave outputs of shape .*, not 1 x 2"):
        await classify.read(pack(tmp_path, "toy", lambda _: answer), [PICTURE])


@pytest.mark.parametrize("activation", ["none", "softmax", "sigmoid"])
async def test_what_is_not_a_number_is_no_answer(tmp_path: Path, activation: str) -> None:
    with pytest.raises(TerminalError, match="not finite numbers"):
        await classify.read(pack(tmp_path, "toy", always(np.nan, 0.5), activation=activation), [PICTURE])


async def test_no_pictures_no_answers(tmp_path: Path) -> None:
    assert await classify.read(pack(tmp_path, "toy", always(0, 0)), []) == []


def test_a_model_of_another_kind_is_no_picture_classifier() -> None:
    with pytest.raises(NotReadyError, match="face_age is no picture classifier"):
        classify.contract_of(repository.load(MODELS, "face_age"))


async def test_the_shipped_pack_gives_its_golden_outputs() -> None:
    assert await classify.check_golden(open_model(MODELS, "nsfw_mobilenet", EngineSettings())) == 2


async def test_golden_outputs_notice_another_order_of_colours(tmp_path: Path) -> None:
    models = tmp_path / "models"
    await add_vit(models, "vit", "nude=sexual")
    edit(models, "vit", {"colour: RGB": "colour: BGR"})
    with pytest.raises(TerminalError, match=r"model vit: its golden output for .* is off by"):
        await classify.check_golden(open_model(models, "vit", EngineSettings()))


async def test_golden_outputs_notice_another_cut(tmp_path: Path) -> None:
    models = tmp_path / "models"
    await add_vit(models, "vit", "nude=sexual")
    edit(models, "vit", {"fit: stretch": "fit: crop\n  short: 64"})
    with pytest.raises(TerminalError, match="is off by"):
        await classify.check_golden(open_model(models, "vit", EngineSettings()))


async def test_a_pack_reads_a_photograph(tmp_path: Path) -> None:
    models = tmp_path / "models"
    await add_vit(models, "vit", "nude=sexual", "gore=violence", "cartoon=drawn")
    (reading,) = await classify.read(open_model(models, "vit", EngineSettings()), [photograph("coffee")])
    assert reading.scores.keys() == {"sexual", "violence"}
    assert 0 < sum(reading.scores.values()) + reading.signals["drawn"] < 1
