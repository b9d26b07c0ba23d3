"""The slot for a detector of bodies: what fits, what does not, and what follows from what it finds.

The detector here is a graph of a few nodes that takes red for a person. It stands for any that fits the slot; none
was measured.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from person_classifier.body import BodyDetector, unseen
from person_classifier.boxes import rows_of
from person_classifier.check import PersonClassifier
from person_classifier.frame import frame_of
from person_classifier.rule import Face
from sluice.check import Person, Status
from sluice.errors import NotReadyError
from sluice.models.engine import EngineSettings
from sluice.models.opened import open_model
from sluice.pixels import Rgb
from tests.unit.model_files import MODELS, settings, sha256, write_card, write_model
from tests.unit.pictures import item, photograph

SIDE = 64
CELLS = 4
"""A side: sixteen boxes, each scored by how red it is."""


def graph(box_width: int = 4) -> bytes:
    """pixels [n, 64, 64, 3] -> box [n, 16, 4], score [n, 16]."""
    step = 1 / CELLS
    grid = [(row * step, column * step) for row in range(CELLS) for column in range(CELLS)]
    boxes = np.array([[(top, left, top + step, left + step) for top, left in grid]], np.float32)[..., :box_width]
    weights = np.array([1, -1, 0], np.float32).reshape(1, 3, 1, 1) / (255 * (SIDE // CELLS) ** 2)
    constants: dict[str, npt.NDArray[Any]] = {
        "boxes": boxes,
        "kernel": np.repeat(np.repeat(weights, SIDE // CELLS, 2), SIDE // CELLS, 3),
        "flat": np.array([-1, CELLS * CELLS]),
        "low": np.array(0, np.float32),
        "high": np.array(1, np.float32),
        "zero": np.array(0, np.float32),
        "row": np.array([-1, 1, 1]),
    }
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "kernel"], ["red"], strides=[SIDE // CELLS] * 2),
        helper.make_node("Reshape", ["red", "flat"], ["cells"]),
        helper.make_node("Clip", ["cells", "low", "high"], ["score"]),
        helper.make_node("ReduceSum", ["cells"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["boxes", "nothing"], ["box"]),
    ]
    body = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info("box", TensorProto.FLOAT, ["m", CELLS * CELLS, box_width]),
            helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", CELLS * CELLS]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def pack(models: Path, data: bytes, **changes: Any) -> str:
    """A pack `body_red`; the other models are linked in beside it."""
    for name in ("face_ssd", "face_tiny", "face_age", "nsfw_mobilenet"):
        (models / name).symlink_to(MODELS / name)
    card: dict[str, Any] = {
        "files": [{"name": "model.onnx", "sha256": sha256(data), "size": len(data), "origin": "copied"}],
        "inputs": [{"name": "pixels", "dtype": "uint8", "shape": ["n", SIDE, SIDE, 3]}],
        "outputs": [
            {"name": "box", "dtype": "float32", "shape": ["n", CELLS * CELLS, 4]},
            {"name": "score", "dtype": "float32", "shape": ["n", CELLS * CELLS]},
        ],
        "labels": None,
        "scores": None,
        "signals": None,
        "abstained": None,
        "thresholds": {"body": 0.8},
        **changes,
    }
    write_card(models, "body_red", **card)
    write_model(models, "body_red", data)
    return "body_red"


def red(rgb: Rgb, left: int, top: int, size: int) -> Rgb:
    out = rgb.copy()
    out[top : top + size, left : left + size] = (255, 0, 0)
    return out


async def check_with(tmp_path: Path, **changes: Any) -> PersonClassifier:
    name = pack(tmp_path, graph(), **changes)
    return await PersonClassifier.open(*settings(tmp_path, SLUICE_PERSON_BODY_PACK=name))


async def test_somebody_without_a_face_is_of_unknown_age(tmp_path: Path) -> None:
    check = await check_with(tmp_path)
    nobody, somebody = await check.run([item(photograph("grass")), item(red(photograph("grass"), 128, 128, 128))])
    assert (nobody.status, nobody.person, nobody.abstained) == (Status.OK, Person.NONE, ())
    assert (nobody.signals["bodies"], nobody.signals["unseen_bodies"]) == (0, 0)
    assert (somebody.status, somebody.person) == (Status.OK, Person.AGE_UNKNOWN)
    assert somebody.detail == "a person without a visible face"
    assert somebody.signals["unseen_bodies"] == 1
    assert somebody.signals["age_unknown"] == 1
    assert [info.name for info in check.models()][-1] == "body_red"


async def test_a_body_about_a_face_adds_nothing_and_one_beside_it_does(tmp_path: Path) -> None:
    check = await check_with(tmp_path)
    astronaut = photograph("astronaut")
    (beside,) = await check.run([item(red(astronaut, 0, 384, 128))])
    assert beside.person is Person.AGE_UNKNOWN
    assert beside.signals["unseen_bodies"] == 1
    (alone,) = await check.run([item(astronaut)])
    assert alone.person is Person.ADULT


def test_a_body_is_seen_where_the_middle_of_a_face_lies_in_it() -> None:
    bodies = np.array([[0.9, 0, 0, 100, 300], [0.8, 200, 0, 300, 300]])
    assert unseen(bodies, [Face(0.9, 0.9, 40, box=(30, 10, 70, 60))]) == 1
    assert unseen(bodies, []) == 2
    assert unseen(bodies[:0], []) == 0


async def test_boxes_are_in_pixels_of_the_largest_version(tmp_path: Path) -> None:
    detector = await BodyDetector.open(tmp_path, pack(tmp_path, graph()), EngineSettings())
    large = red(np.zeros((1024, 1024, 3), np.uint8), 256, 512, 256)
    found = await detector.bodies(frame_of(item(large)))
    assert found[:, 1:] == pytest.approx(np.array([[256, 512, 512, 768]]), abs=1)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"thresholds": {"proposal": 0.3}}, "thresholds"),
        ({"thresholds": {"body": 0}}, "thresholds"),
        ({"inputs": [{"name": "pixels", "dtype": "uint8", "shape": ["n", "h", "w", 3]}]}, "one input|as a number"),
        ({"inputs": [{"name": "image", "dtype": "uint8", "shape": ["n", SIDE, SIDE, 3]}]}, "one input"),
        ({"inputs": [{"name": "pixels", "dtype": "uint8", "shape": ["n", 32, 32, 3]}]}, "does not fit"),
    ],
)
async def test_a_card_that_does_not_fit_is_not_ready(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(NotReadyError, match=why):
        await check_with(tmp_path, **changes)


async def test_a_graph_that_does_not_fit_is_not_ready(tmp_path: Path) -> None:
    name = pack(tmp_path, graph(box_width=3))
    with pytest.raises(NotReadyError, match="its box is"):
        await BodyDetector.open(tmp_path, name, EngineSettings())


async def test_a_pack_that_is_not_there_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="no model body_blue"):
        await PersonClassifier.open(*settings(MODELS, SLUICE_PERSON_BODY_PACK="body_blue"))


async def test_face_ssd_has_the_outputs_of_the_slot() -> None:
    """So the slot's reading of boxes is that of a real detector too."""
    detector = BodyDetector(open_model(MODELS, "face_ssd", EngineSettings()), 512, 0.5)
    assert len(await detector.bodies(frame_of(item(photograph("astronaut"))))) == 1


def test_an_empty_answer_is_no_rows() -> None:
    assert rows_of(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.5, 64).shape == (0, 5)


def test_the_graph_is_valid() -> None:
    onnx.checker.check_model(onnx.load_from_string(graph()), full_check=True)
