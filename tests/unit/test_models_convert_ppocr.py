"""PP-OCR's networks, converted: checked against small networks of the same form."""

import sys
from pathlib import Path
from subprocess import run

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from sluice.errors import TerminalError
from sluice.models.convert import ppocr
from sluice.models.convert.registry import CONVERTERS

LETTERS = "abc"
DETECTOR, READER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"


def write(folder: Path, name: str, classes: int = len(LETTERS) + 2, characters: str | None = "a\nb\nc") -> None:
    """Detector: a channel's weighted mean. Reader: a class's score from the mean over 48 rows, then softmax."""
    weights = np.arange(3 * classes, dtype=np.float32).reshape(classes, 3, 1, 1) / 7
    weights[0, 0] = 1e-40
    reads = name == READER
    kernel = np.repeat(weights, 48, axis=2) / 48 if reads else weights[1:2]
    nodes = [helper.make_node("Conv", ["x", "w"], ["conv"])]
    if reads:
        nodes += [
            helper.make_node("Squeeze", ["conv"], ["flat"], axes=[2]),
            helper.make_node("Transpose", ["flat"], ["steps"], perm=[0, 2, 1]),
            helper.make_node("Softmax", ["steps"], ["y"], axis=2),
        ]
    else:
        nodes.append(helper.make_node("Sigmoid", ["conv"], ["y"]))
    shape: list[int | str] = ["n", "w", classes] if reads else ["n", 1, "h", "w"]
    rows: list[int | str] = ["n", 3, 48, "w"] if reads else ["n", 3, "h", "w"]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, rows)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(kernel.astype(np.float32), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=10)
    if reads and characters is not None:
        helper.set_model_props(model, {"character": characters})
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / name)


def pixels(height: int, width: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (1, height, width, 3), np.uint8)


def published(path: Path, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What the network says to channels in the order that it was trained on."""
    blue_first = (rgb[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 127.5
    found: npt.NDArray[np.float32] = onnxruntime.InferenceSession(path).run(None, {"x": blue_first})[0]
    return found


def test_the_detector_takes_pixels_and_answers_the_same(tmp_path: Path) -> None:
    write(tmp_path, DETECTOR)
    CONVERTERS["ppocr_det"](tmp_path, tmp_path / "model.onnx")
    rgb = pixels(32, 64)
    (found,) = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(["probability"], {"pixels": rgb})
    assert found.shape == (1, 32, 64)
    assert np.allclose(found, published(tmp_path / DETECTOR, rgb)[:, 0], atol=1e-6)


def test_the_reader_says_the_likeliest_character_of_each_step(tmp_path: Path) -> None:
    write(tmp_path, READER)
    CONVERTERS["ppocr_rec"](tmp_path, tmp_path / "model.onnx")
    rgb = pixels(48, 20)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    index, probability = session.run(["index", "probability"], {"pixels": rgb})
    whole = published(tmp_path / READER, rgb)
    assert (index == whole.argmax(axis=2)).all()
    assert np.allclose(probability, whole.max(axis=2), atol=1e-6)
    assert (tmp_path / ppocr.CHARACTERS).read_text() == "a\nb\nc\n "


@pytest.mark.parametrize(("converter", "name"), [("ppocr_det", DETECTOR), ("ppocr_rec", READER)])
def test_no_weight_is_too_small_for_a_normal_number(tmp_path: Path, converter: str, name: str) -> None:
    write(tmp_path, name)
    CONVERTERS[converter](tmp_path, tmp_path / "model.onnx")
    for tensor in onnx.load(tmp_path / "model.onnx").graph.initializer:
        values = np.abs(numpy_helper.to_array(tensor).astype(np.float64))
        assert (values[values > 0] >= np.finfo(np.float32).tiny).all()


@pytest.mark.parametrize(("converter", "name"), [("ppocr_det", DETECTOR), ("ppocr_rec", READER)])
def test_another_process_writes_the_same_bytes(tmp_path: Path, converter: str, name: str) -> None:
    write(tmp_path, name)
    CONVERTERS[converter](tmp_path, tmp_path / "here" / "model.onnx")
    code = (
        "import sys; from pathlib import Path; from sluice.models.convert.registry import CONVERTERS; "
        "CONVERTERS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))"
    )
    run([sys.executable, "-c", code, converter, str(tmp_path), str(tmp_path / "there" / "model.onnx")], check=True)
    assert (tmp_path / "here" / "model.onnx").read_bytes() == (tmp_path / "there" / "model.onnx").read_bytes()


@pytest.mark.parametrize(
    ("classes", "characters", "message"),
    [
        (5, None, "no list of characters"),
        (6, "a\nb\nc", "4 characters for 6 classes"),
        (5, "a\nbc\nd", "4 characters for 5 classes"),
    ],
)
def test_another_reader_is_refused(tmp_path: Path, classes: int, characters: str | None, message: str) -> None:
    write(tmp_path, READER, classes, characters)
    with pytest.raises(TerminalError, match=message):
        CONVERTERS["ppocr_rec"](tmp_path, tmp_path / "model.onnx")


@pytest.mark.parametrize(("converter", "name"), [("ppocr_det", DETECTOR), ("ppocr_rec", READER)])
def test_what_is_no_network_is_refused(tmp_path: Path, converter: str, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xff not a network")
    with pytest.raises(TerminalError, match="is not an ONNX file"):
        CONVERTERS[converter](tmp_path, tmp_path / "model.onnx")
