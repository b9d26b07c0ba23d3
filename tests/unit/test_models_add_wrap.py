"""A wrapped graph gives for bytes what the network gives for the floats that they stand for."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from sluice.models.add.graph import facts_of
from sluice.models.add.preprocessing import Normalise
from sluice.models.add.wrap import wrap
from sluice.models.picture_input import PictureInput
from tests.unit.vit import network

FRAME = PictureInput(32, 32)
SCALE = Normalise((1 / 127.5, 1 / 100, 1 / 50), (1.0, 0.5, 0.25))


def run(model: onnx.ModelProto, name: str, value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {name: value})
    return np.asarray(found)


def pixels(count: int = 3) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (count, 32, 32, 3), np.uint8)


def normalised(value: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    floats = value.astype(np.float32) * np.array(SCALE.scale, np.float32) - np.array(SCALE.shift, np.float32)
    return np.ascontiguousarray(floats.transpose(0, 3, 1, 2))


def test_bytes_in_are_the_floats_that_they_stand_for() -> None:
    model = network()
    before = run(network(), "pixel_values", normalised(pixels()))
    assert wrap(model, facts_of(model), FRAME, SCALE, 5) == ("pixels", "logits")
    onnx.checker.check_model(model, full_check=True)
    assert run(model, "pixels", pixels()) == pytest.approx(before, abs=1e-5)
    taken = [(v.name, v.type.tensor_type.elem_type) for v in model.graph.input]
    assert taken == [("pixels", TensorProto.UINT8)]


def small(dtype: int, sides: list[Any], *nodes: onnx.NodeProto) -> onnx.ModelProto:
    """A graph from `x` to `y`: the means of the channels."""
    inputs = [helper.make_tensor_value_info("x", dtype, sides)]
    outputs = [
        helper.make_tensor_value_info("y", dtype, ["b", 3]),
        helper.make_tensor_value_info("z", dtype, ["b", 3]),
    ]
    body = helper.make_graph([*nodes, helper.make_node("Neg", ["y"], ["z"])], "g", inputs, outputs)
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_floats_with_channels_last_are_not_turned() -> None:
    mean = helper.make_node("ReduceMean", ["x"], ["y"], axes=[1, 2], keepdims=0)
    model = small(TensorProto.FLOAT, ["b", 32, 32, 3], mean)
    tensors = wrap(model, facts_of(model, "y"), FRAME, SCALE, 3)
    assert tensors == ("pixels", "y")
    assert run(model, "pixels", pixels()) == pytest.approx(normalised(pixels()).mean(axis=(2, 3)), abs=1e-4)


def test_half_precision_inside_is_single_outside() -> None:
    mean = helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)
    model = small(TensorProto.FLOAT16, ["b", 3, "h", "w"], mean)
    tensors = wrap(model, facts_of(model, "y"), FRAME, SCALE, 3)
    assert tensors == ("pixels", "scores")
    found = run(model, "pixels", pixels())
    assert found.dtype == np.float32
    assert found == pytest.approx(normalised(pixels()).mean(axis=(2, 3)), abs=5e-3)


def test_names_that_are_taken_are_left_alone() -> None:
    inner = [
        helper.make_node("Identity", ["x"], ["pixels"]),
        helper.make_node("Identity", ["pixels"], ["sluice_scale"], name="sluice_cast"),
        helper.make_node("ReduceMean", ["sluice_scale"], ["y"], axes=[2, 3], keepdims=0),
    ]
    model = small(TensorProto.FLOAT, ["b", 3, 32, 32], *inner)
    assert wrap(model, facts_of(model, "y"), FRAME, SCALE, 3) == ("pixels_2", "y")
    onnx.checker.check_model(model, full_check=True)
    assert run(model, "pixels_2", pixels()) == pytest.approx(normalised(pixels()).mean(axis=(2, 3)), abs=1e-4)


def test_a_graph_of_bytes_keeps_its_nodes() -> None:
    inner = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["f"], ["y"], axes=[1, 2], keepdims=0),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.UINT8, ["b", "h", "w", 3])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["b", 3])]
    body = helper.make_graph(inner, "g", inputs, outputs)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    assert wrap(model, facts_of(model), FRAME, None, 3) == ("x", "y")
    assert len(model.graph.node) == 2
    assert run(model, "x", pixels()) == pytest.approx(pixels().mean(axis=(1, 2)), abs=1e-3)
    assert [side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim] == [0, 32, 32, 3]
