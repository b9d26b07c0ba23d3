"""Reading a stranger's graph: what it takes and gives, or why it is no picture classifier."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sluice.models.add.graph import Facts, facts_of, load
from sluice.models.add.wishes import AddError
from tests.unit.vit import Shape, network

FLOAT, UINT8, HALF = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.FLOAT16
Sides = list[Any]


def graph(
    inputs: dict[str, tuple[int, Sides]], outputs: dict[str, tuple[int, Sides]], opset: int = 17
) -> onnx.ModelProto:
    """Declared tensors alone: nothing here is run."""
    first = next(iter(inputs))
    nodes = [helper.make_node("Identity", [first], [name]) for name in outputs]
    taken, given = (
        [helper.make_tensor_value_info(n, t, s) for n, (t, s) in each.items()] for each in (inputs, outputs)
    )
    body = helper.make_graph(nodes, "g", taken, given)
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def simple(sides: Sides, dtype: int = FLOAT, out: Sides | None = None) -> onnx.ModelProto:
    return graph({"x": (dtype, sides)}, {"y": (FLOAT, ["b", 4] if out is None else out)})


@pytest.mark.parametrize(
    ("model", "facts"),
    [
        (network(), Facts(17, "pixel_values", "float32", "NCHW", 32, 32, "logits", "float32", 5)),
        (simple(["b", "c", "h", "w"]), Facts(17, "x", "float32", "NCHW", None, None, "y", "float32", 4)),
        (simple(["b", 24, 32, 3], HALF), Facts(17, "x", "float16", "NHWC", 24, 32, "y", "float32", 4)),
        (simple([None, 24, 32, 3], UINT8), Facts(17, "x", "uint8", "NHWC", 24, 32, "y", "float32", 4)),
        (simple(["b", 3, 24, 32], UINT8, ["b", "l"]), Facts(17, "x", "uint8", "NCHW", 24, 32, "y", "float32", None)),
    ],
)
def test_what_a_graph_takes_and_gives(model: onnx.ModelProto, facts: Facts) -> None:
    assert facts_of(model) == facts


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (graph({"x": (FLOAT, ["b", 3, 8, 8])}, {"y": (FLOAT, ["b", 2])}, 9), "opset is 9; 11 or newer"),
        (simple([1, 3, 8, 8]), "takes exactly 1 pictures at a time. Export it again"),
        (simple(["b", 3, 8]), "has 3 axes; four are needed"),
        (simple(["b", 1, 8, 8]), "has 1 channels; three are needed"),
        (simple(["b", 3, 8, 8], TensorProto.INT64), "x should be uint8, float32 or float16"),
        (simple(["b", 3, 8, 8], out=["b", 4, 8, 8]), "its output y should be float, with the axes batch and label"),
        (
            graph({"x": (FLOAT, ["b", 3, 8, 8]), "ids": (TensorProto.INT64, ["b", 7])}, {"y": (FLOAT, ["b", 2])}),
            r"this graph has 2 \(x, ids\)",
        ),
        (
            graph({"x": (FLOAT, ["b", 3, 8, 8])}, {"y": (FLOAT, ["b", 2]), "z": (FLOAT, ["b", 9])}),
            "say which one with --output. They are: y, z",
        ),
    ],
)
def test_what_is_no_picture_classifier(model: onnx.ModelProto, message: str) -> None:
    with pytest.raises(AddError, match=message):
        facts_of(model)


def test_one_of_several_outputs() -> None:
    both = graph({"x": (FLOAT, ["b", 3, 8, 8])}, {"hidden": (FLOAT, ["b", 2]), "logits": (FLOAT, ["b", 9])})
    assert (facts_of(both).output, facts_of(both, "hidden").labels) == ("logits", 2)
    with pytest.raises(AddError, match="--output absent: the graph has hidden, logits"):
        facts_of(both, "absent")


def save_apart(folder: Path, location: str = "weights.bin") -> Path:
    """A model whose weights lie in a file of their own."""
    onnx.save(network(), folder / "model.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return folder / "model.onnx"


def test_weights_beside_the_model_are_read(tmp_path: Path) -> None:
    found = load(save_apart(tmp_path))
    whole = {tensor.name: numpy_helper.to_array(tensor) for tensor in network().graph.initializer}
    assert all(
        np.array_equal(numpy_helper.to_array(tensor), whole[tensor.name]) for tensor in found.graph.initializer
    )


@pytest.mark.parametrize("location", ["../weights.bin", "/etc/hostname", "absent.bin", "sub/weights.bin", "link.bin"])
def test_weights_elsewhere_are_not(tmp_path: Path, location: str) -> None:
    path = save_apart(tmp_path, location)
    (tmp_path / "link.bin").symlink_to(tmp_path / "weights.bin")
    with pytest.raises(AddError, match="which is not a file beside it"):
        load(path)


def test_weights_elsewhere_are_not_found_by_a_constant_or_a_graph_within_either(tmp_path: Path) -> None:
    hidden = TensorProto(name="hidden", data_type=FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    hidden.external_data.add(key="location", value="../secret")
    constant = helper.make_node("Constant", [], ["hidden"], value=hidden)
    branch = helper.make_graph([constant], "branch", [], [helper.make_tensor_value_info("hidden", FLOAT, [1])])
    choice = helper.make_node("If", ["always"], ["chosen"], then_branch=branch, else_branch=branch)
    for node in (constant, choice):
        model = network()
        model.graph.node.append(node)
        (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
        with pytest.raises(AddError, match=r"keeps weights in '\.\./secret', which is not a file beside it"):
            load(tmp_path / "model.onnx")


def test_weights_that_end_early_are_not(tmp_path: Path) -> None:
    path = save_apart(tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"short")
    with pytest.raises(AddError):
        load(path)


def without_nodes(model: onnx.ModelProto) -> None:
    del model.graph.node[:]


def with_a_loop(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = "logits"


@pytest.mark.parametrize("change", [without_nodes, with_a_loop])
def test_a_graph_that_cannot_be_is_refused(tmp_path: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    model = network(Shape())
    change(model)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(AddError, match="is not a valid ONNX model"):
        load(tmp_path / "model.onnx")


@pytest.mark.parametrize("data", [b"", b"nothing of the kind", b"\x08\x08" * 1000])
def test_what_is_no_model(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(data)
    with pytest.raises(AddError, match=r"model\.onnx is not (an ONNX file|a valid ONNX model)"):
        load(tmp_path / "model.onnx")
