"""The in-process engine: right inputs run, wrong ones are refused, and so is a silent change of device."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from sluice.errors import ConfigError, NotReadyError, TerminalError
from sluice.models.engine import EngineSettings, read_engine
from sluice.models.onnx_engine import OnnxEngine
from sluice.models.opened import open_model
from tests.unit.model_files import MODELS, settings

FACE_AGE = MODELS / "face_age" / "1" / "model.onnx"


async def test_a_batch_gives_what_its_members_give_alone() -> None:
    engine = OnnxEngine.open(FACE_AGE, EngineSettings())
    pixels = np.random.default_rng(3).integers(0, 256, (3, 112, 112, 3), np.uint8)
    together = (await engine.run({"pixels": pixels}))["age"]
    alone = [(await engine.run({"pixels": pixels[i : i + 1]}))["age"][0] for i in range(3)]
    assert together.shape == (3, 1)
    assert np.allclose(together, alone, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "dtype", "shape", "message"),
    [
        ("pixels", np.float32, (1, 112, 112, 3), "pixels should be uint8 .* not float32"),
        ("pixels", np.uint8, (1, 3, 112, 112), r"of shape .* not uint8 of \(1, 3, 112, 112\)"),
        ("pixels", np.uint8, (112, 112, 3), "of shape"),
        ("rgb", np.uint8, (1, 112, 112, 3), "takes pixels, not rgb"),
    ],
)
async def test_wrong_inputs_are_terminal(name: str, dtype: type, shape: tuple[int, ...], message: str) -> None:
    engine = OnnxEngine.open(FACE_AGE, EngineSettings())
    with pytest.raises(TerminalError, match=message):
        await engine.run({name: np.zeros(shape, dtype)})


async def test_what_the_runtime_refuses_is_terminal() -> None:
    engine = OnnxEngine.open(MODELS / "face_tiny" / "1" / "model.onnx", EngineSettings())
    with pytest.raises(TerminalError, match="model face_tiny failed"):
        await engine.run({"pixels": np.zeros((1, 1, 1, 3), np.uint8)})


def test_a_device_that_is_not_there_is_refused() -> None:
    """Either this onnxruntime has no CUDA, or the machine has none: both say so, neither falls back."""
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        message = "onnxruntime chose CPUExecutionProvider"
    else:
        message = "SLUICE_ONNX_DEVICE=cuda, but this onnxruntime has no CUDAExecutionProvider"
    with pytest.raises(NotReadyError, match=message):
        OnnxEngine.open(FACE_AGE, EngineSettings(device="cuda"))


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "toy" / "1" / "model.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(NotReadyError, match=r"toy: onnxruntime cannot load model\.onnx"):
        OnnxEngine.open(path, EngineSettings())


def test_settings_come_from_the_environment() -> None:
    _, reader = settings(SLUICE_ONNX_DEVICE="cuda", SLUICE_ONNX_THREADS="4")
    assert read_engine(reader) == EngineSettings("cuda", 4)
    _, reader = settings()
    assert read_engine(reader) == EngineSettings("cpu", 1)
    _, reader = settings(SLUICE_ONNX_DEVICE="tpu", SLUICE_ONNX_THREADS="none")
    read_engine(reader)
    with pytest.raises(ConfigError, match=r"SLUICE_ONNX_DEVICE.*\n.*SLUICE_ONNX_THREADS"):
        reader.finish()


def test_an_opened_model_knows_what_it_is() -> None:
    model = open_model(MODELS, "face_age", EngineSettings())
    assert (model.info.name, model.info.digest.hex()) == ("face_age", model.card.files[0].sha256)


def test_a_model_that_is_not_there_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="no model face_age"):
        open_model(tmp_path, "face_age", EngineSettings())
