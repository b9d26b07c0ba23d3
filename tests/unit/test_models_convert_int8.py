"""Convolutions in 8 bits: where they are used, and how far they are from 32."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from sluice.models.convert.graph import Array, Graph
from sluice.models.convert.int8 import Int8Graph, scales
from sluice.models.engine import EngineSettings
from sluice.models.onnx_engine import OnnxEngine

SIDE = 16
RANDOM = np.random.default_rng(11)
KERNELS = [
    RANDOM.normal(0, 0.4, (3, 3, 3, 8)).astype(np.float32),
    RANDOM.normal(0, 0.4, (1, 1, 8, 8)).astype(np.float32),
    RANDOM.normal(0, 0.3, (1, 1, 8, 4)).astype(np.float32),
]
BIAS = np.linspace(-1, 1, 8, dtype=np.float32)
PIXELS = RANDOM.integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)


def build(graph: Graph, out: Path, second: Array = KERNELS[1]) -> Path:
    """Two convolutions with a relu6 behind each, and a last one without."""
    x = graph.relu6(graph.conv(graph.pixels((127.5,) * 3, 127.5), KERNELS[0], BIAS))
    x = graph.relu6(graph.conv(x, second, BIAS))
    graph.node("Transpose", graph.conv(x, KERNELS[2]), output="y", perm=[0, 2, 3, 1])
    graph.write(out, ["n", SIDE, SIDE, 3], [("y", ["n", SIDE, SIDE, 4])])
    return out


async def answer(path: Path) -> Array:
    return (await OnnxEngine.open(path, EngineSettings()).run({"pixels": PIXELS}))["y"]


async def test_eight_bits_say_what_thirty_two_say(tmp_path: Path) -> None:
    (tmp_path / "p" / "1").mkdir(parents=True)
    whole = await answer(build(Graph("toy"), tmp_path / "p" / "1" / "whole.onnx"))
    eight = await answer(build(Int8Graph("toy"), tmp_path / "p" / "1" / "eight.onnx"))
    assert np.abs(whole - eight).max() < 0.03 * np.abs(whole).max()
    assert np.abs(whole - eight).max() > 0


def test_the_first_convolution_keeps_its_32_bits(tmp_path: Path) -> None:
    model = onnx.load(build(Int8Graph("toy"), tmp_path / "toy.onnx"))
    types = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    first, *others = [node for node in model.graph.node if node.op_type == "Conv"]
    assert types[first.input[1]] == onnx.TensorProto.FLOAT
    assert all(other.input[1].startswith("dequantizelinear") for other in others)


async def test_channels_whose_weights_have_died_keep_their_bias(tmp_path: Path) -> None:
    second = np.zeros_like(KERNELS[1])
    second[..., 0] = 1e-30
    (tmp_path / "p" / "1").mkdir(parents=True)
    whole = await answer(build(Graph("toy"), tmp_path / "p" / "1" / "whole.onnx", second))
    eight = await answer(build(Int8Graph("toy"), tmp_path / "p" / "1" / "eight.onnx", second))
    assert eight == pytest.approx(whole, abs=0.05)


def test_the_largest_weight_is_127_steps() -> None:
    kernel = np.array([[2.54, -1.27], [0, 0]], np.float32).reshape(2, 2, 1, 1)
    found = scales(kernel, np.array([0, 0], np.float32))
    assert found == pytest.approx([0.02, 1])


def test_the_same_calls_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (build(Int8Graph("toy"), tmp_path / name).read_bytes() for name in ("a.onnx", "b.onnx"))
    assert one == two
