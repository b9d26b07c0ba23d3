"""PP-OCR's two networks, as RapidOCR publishes them in ONNX, with their pre- and post-processing put into the graph.

Detector: `pixels` uint8 [n, height, width, 3], RGB, sides multiples of 32; `probability` float32 [n, height, width],
that a pixel belongs to the middle of a line of text.

Reader: `pixels` uint8 [n, 48, width, 3]; per step of 8 pixels the likeliest character, `index` int64 [n, steps], and
its `probability` float32. Index 0 is "nothing"; index i is line i - 1 of characters.txt.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, numpy_helper

from sluice.errors import TerminalError

CHARACTERS = "characters.txt"
MIDDLE = 127.5
"""Both networks were trained on (value - 127.5) / 127.5, channels in the order blue, green, red."""


def detector(source: Path, out: Path) -> None:
    """Writes the detector. Raises TerminalError where the file is not the network that is expected here."""
    model = _read(source)
    last = _only(model.graph.output, source).name
    nodes = [helper.make_node("Squeeze", [last], ["probability"], name="probability", axes=[1])]
    outputs = [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", "height", "width"])]
    _write(model, "ppocr_det", ["n", "height", "width", 3], nodes, outputs, out)


def reader(source: Path, out: Path) -> None:
    """Writes the reader, and characters.txt beside it: one character a line. Raises TerminalError."""
    model = _read(source)
    last = _only(model.graph.output, source)
    classes = last.type.tensor_type.shape.dim[2].dim_value
    listed = [entry.value for entry in model.metadata_props if entry.key == "character"]
    if len(listed) != 1:
        raise TerminalError(f"{source.name}: no list of characters")
    # One class before them is "nothing", one after them the space.
    characters = [*listed[0].split("\n"), " "]
    if len(characters) + 1 != classes or any(len(character) != 1 for character in characters):
        raise TerminalError(f"{source.name}: {len(characters)} characters for {classes} classes")
    nodes = [
        helper.make_node("ArgMax", [last.name], ["index"], name="index", axis=2, keepdims=0),
        helper.make_node("ReduceMax", [last.name], ["probability"], name="probability", axes=[2], keepdims=0),
    ]
    outputs = [
        helper.make_tensor_value_info("index", TensorProto.INT64, ["n", "steps"]),
        helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", "steps"]),
    ]
    _write(model, "ppocr_rec", ["n", 48, "width", 3], nodes, outputs, out)
    out.with_name(CHARACTERS).write_text("\n".join(characters), encoding="utf-8")


def _read(source: Path) -> onnx.ModelProto:
    try:
        return onnx.load(source)
    except (OSError, DecodeError) as error:
        raise TerminalError(f"{source.name} is not an ONNX file") from error


def _only(values: Sequence[onnx.ValueInfoProto], source: Path) -> onnx.ValueInfoProto:
    if len(values) != 1:
        raise TerminalError(f"{source.name}: {len(values)} inputs or outputs instead of one")
    return values[0]


def _flushed(tensor: onnx.TensorProto) -> onnx.TensorProto:
    """The weights, with 0 for those too small for a normal float32: a processor takes a hundred times longer to
    multiply by such a number, and a tenth of the detector's weights are some."""
    if tensor.data_type != TensorProto.FLOAT:
        return tensor
    values = numpy_helper.to_array(tensor)
    denormal = (values != 0) & (np.abs(values) < np.finfo(np.float32).tiny)
    return numpy_helper.from_array(np.where(denormal, np.float32(0), values), tensor.name)


def _write(
    model: onnx.ModelProto,
    name: str,
    shape: Sequence[int | str],
    after: Sequence[onnx.NodeProto],
    outputs: Sequence[onnx.ValueInfoProto],
    out: Path,
) -> None:
    """The network between our input and our outputs, without names and descriptions that nobody reads."""
    graph = model.graph
    first = _only(graph.input, out).name
    middle = numpy_helper.from_array(np.array(MIDDLE, np.float32), "middle")
    order = numpy_helper.from_array(np.array([2, 1, 0], np.int64), "blue_green_red")
    before = [
        helper.make_node("Cast", ["pixels"], ["pixels_float"], name="pixels_float", to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["pixels_float"], ["pixels_nchw"], name="pixels_nchw", perm=[0, 3, 1, 2]),
        helper.make_node("Gather", ["pixels_nchw", "blue_green_red"], ["pixels_bgr"], name="pixels_bgr", axis=1),
        helper.make_node("Sub", ["pixels_bgr", "middle"], ["pixels_centred"], name="pixels_centred"),
        helper.make_node("Div", ["pixels_centred", "middle"], [first], name="pixels_scaled"),
    ]
    body = helper.make_graph(
        [*before, *graph.node, *after],
        name,
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, shape)],
        list(outputs),
        [*map(_flushed, graph.initializer), middle, order],
    )
    built = helper.make_model(
        body, opset_imports=model.opset_import, ir_version=model.ir_version, producer_name="sluice"
    )
    onnx.checker.check_model(built, full_check=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    partial.write_bytes(built.SerializeToString(deterministic=True))
    partial.replace(out)
