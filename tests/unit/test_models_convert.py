"""Converters: from made-up weights to graphs of the right shape, and always the same bytes.

That the real weights give the right numbers is held by the digests in the cards and by the checks' own tests.
"""

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sluice.errors import TerminalError
from sluice.models.convert.registry import CONVERTERS
from sluice.models.engine import EngineSettings
from sluice.models.onnx_engine import OnnxEngine
from tests.unit.model_files import Shapes, write_manifest

TINY_WIDTHS = (4, 6, 8, 8, 8, 8)


def tiny_shapes() -> Shapes:
    shapes: dict[str, tuple[int, ...]] = {"conv0/filters": (3, 3, 3, 4), "conv0/bias": (4,)}
    for index, (before, after) in enumerate(itertools.pairwise(TINY_WIDTHS), start=1):
        shapes |= separable(f"conv{index}", before, after)
    return shapes | {"conv8/filters": (1, 1, 8, 25), "conv8/bias": (25,)}


def separable(name: str, before: int, after: int) -> Shapes:
    return {
        f"{name}/depthwise_filter": (3, 3, before, 1),
        f"{name}/pointwise_filter": (1, 1, before, after),
        f"{name}/bias": (after,),
    }


def age_shapes() -> Shapes:
    shapes: dict[str, tuple[int, ...]] = {"entry_flow/conv_in/filters": (3, 3, 3, 4), "entry_flow/conv_in/bias": (4,)}
    for name in ("entry_flow/reduction_block_0", "entry_flow/reduction_block_1", "exit_flow/reduction_block"):
        shapes |= separable(f"{name}/separable_conv0", 4, 4) | separable(f"{name}/separable_conv1", 4, 4)
        shapes |= {f"{name}/expansion_conv/filters": (1, 1, 4, 4), f"{name}/expansion_conv/bias": (4,)}
    for block, index in itertools.product(range(2), range(3)):
        shapes |= separable(f"middle_flow/main_block_{block}/separable_conv{index}", 4, 4)
    shapes |= separable("exit_flow/separable_conv", 4, 6)
    return shapes | {"fc/age/weights": (6, 1), "fc/age/bias": (1,)}


def ssd_shapes() -> Shapes:
    def point(scope: str, index: int, before: int, side: int = 1) -> Shapes:
        name = f"{scope}/Conv2d_{index}_pointwise"
        return {f"{name}/weights": (side, side, before, 4), f"{name}/convolution_bn_offset": (4,)}

    shapes = dict(point("MobilenetV1", 0, 3, side=3))
    for index in range(1, 14):
        layer = f"MobilenetV1/Conv2d_{index}_depthwise"
        shapes |= {f"{layer}/depthwise_weights": (3, 3, 4, 1)}
        shapes |= {f"{layer}/BatchNorm/{p}": (4,) for p in ("gamma", "beta", "moving_mean", "moving_variance")}
        shapes |= point("MobilenetV1", index, 4)
    for index in range(8):
        shapes |= point("Prediction", index, 4, side=1 + 2 * (index % 2))
    for index in range(6):
        anchors = 3 if index == 0 else 6
        for head, width in (("BoxEncodingPredictor", 4), ("ClassPredictor", 3)):
            name = f"Prediction/BoxPredictor_{index}/{head}"
            shapes |= {f"{name}/weights": (1, 1, 4, anchors * width), f"{name}/biases": (anchors * width,)}
    return shapes | {"Output/extra_dim": (1, 5118, 4)}


def layer(kind: str, name: str, feed: str | None, **config: Any) -> dict[str, Any]:
    feeds = [[[feed, 0, 0, {}]]] if feed else []
    return {"class_name": kind, "config": {"name": name, **config}, "inbound_nodes": feeds}


def write_nsfwjs(folder: Path, **changes: Any) -> None:
    """A toy with one layer of every kind that MobileNetV2 needs."""
    same: dict[str, Any] = {"strides": [1, 1], "padding": "same", "use_bias": False}
    layers = [
        layer("InputLayer", "in", None),
        layer("ZeroPadding2D", "pad", "in", padding=[[0, 1], [0, 1]]),
        layer("Conv2D", "conv", "pad", strides=[2, 2], padding="valid", use_bias=False),
        layer("BatchNormalization", "norm", "conv", epsilon=0.001),
        layer("ReLU", "relu", "norm", max_value=6.0),
        layer("DepthwiseConv2D", "deep", "relu", **same),
        {**layer("Add", "sum", None), "inbound_nodes": [[["relu", 0, 0, {}], ["deep", 0, 0, {}]]]},
        layer("AveragePooling2D", "mean", "sum", pool_size=[7, 7], strides=[7, 7], padding="valid"),
        layer("Flatten", "flat", "mean"),
        layer("Dense", "hidden", "flat", activation="relu"),
        layer("Dropout", "drop", "hidden"),
        layer("Dense", "out", "drop", activation="softmax"),
    ]
    shapes: dict[str, tuple[int, ...]] = {"conv/kernel": (3, 3, 3, 2), "deep/depthwise_kernel": (3, 3, 2, 1)}
    shapes |= {f"norm/{part}": (2,) for part in ("gamma", "beta", "moving_mean", "moving_variance")}
    shapes |= {"hidden/kernel": (512, 4), "hidden/bias": (4,), "out/kernel": (4, 5), "out/bias": (5,)}
    manifest = json.loads(write_manifest(folder, shapes, "toy.json").read_bytes())
    topology = {"modelTopology": {"model_config": {"config": {"layers": layers}}}, "weightsManifest": manifest}
    (folder / "model.json").write_text(json.dumps(topology | changes))


def write_originals(folder: Path, converter: str) -> None:
    if converter == "nsfwjs":
        write_nsfwjs(folder)
    else:
        shapes = {"faceapi_tiny": tiny_shapes, "faceapi_age": age_shapes, "faceapi_ssd": ssd_shapes}[converter]()
        write_manifest(folder, shapes)


@pytest.mark.parametrize(
    ("converter", "pixels", "outputs"),
    [
        ("faceapi_tiny", (2, 96, 64, 3), {"grid": (2, 3, 2, 25)}),
        ("faceapi_age", (2, 112, 112, 3), {"age": (2, 1)}),
        ("faceapi_ssd", (1, 512, 512, 3), {"box": (1, 5118, 4), "score": (1, 5118)}),
        ("nsfwjs", (2, 224, 224, 3), {"probabilities": (2, 5)}),
    ],
)
async def test_shapes(
    tmp_path: Path, converter: str, pixels: tuple[int, ...], outputs: dict[str, tuple[int, ...]]
) -> None:
    write_originals(tmp_path, converter)
    out = tmp_path / "toy" / "1" / "model.onnx"
    CONVERTERS[converter](tmp_path, out)
    assert [path.name for path in out.parent.iterdir()] == ["model.onnx"]
    engine = OnnxEngine.open(out, EngineSettings())
    values = await engine.run({"pixels": np.random.default_rng(1).integers(0, 256, pixels, np.uint8)})
    assert {name: value.shape for name, value in values.items()} == outputs
    assert all(np.isfinite(value).all() for value in values.values())


@pytest.mark.parametrize("converter", ["faceapi_tiny", "faceapi_age", "faceapi_ssd", "nsfwjs"])
def test_the_same_weights_give_the_same_bytes_in_another_process(tmp_path: Path, converter: str) -> None:
    write_originals(tmp_path, converter)
    here, there = tmp_path / "here.onnx", tmp_path / "there.onnx"
    CONVERTERS[converter](tmp_path, here)
    code = (
        "import sys; from pathlib import Path; from sluice.models.convert.registry import CONVERTERS; "
        "CONVERTERS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))"
    )
    argv = [sys.executable, "-c", code, converter, str(tmp_path), str(there)]
    subprocess.run(argv, check=True, env={"PYTHONHASHSEED": "4242"})
    assert here.read_bytes() == there.read_bytes()


@pytest.mark.parametrize(
    ("converter", "shapes", "missing"),
    [
        ("faceapi_tiny", tiny_shapes(), "conv8/bias"),
        ("faceapi_age", age_shapes(), "fc/age/bias"),
        ("faceapi_ssd", ssd_shapes(), "Output/extra_dim"),
    ],
)
def test_a_missing_tensor_is_named(tmp_path: Path, converter: str, shapes: Shapes, missing: str) -> None:
    write_manifest(tmp_path, {name: shape for name, shape in shapes.items() if name != missing})
    with pytest.raises(TerminalError, match=missing):
        CONVERTERS[converter](tmp_path, tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize(
    ("topology", "message"),
    [
        ({}, "model.json is not a layers model"),
        ({"model_config": {"config": {"layers": [layer("LSTM", "x", None)]}}}, "unknown kind, LSTM"),
        (
            {
                "model_config": {
                    "config": {"layers": [layer("InputLayer", "in", None), layer("ReLU", "r", "in", max_value=3)]}
                }
            },
            "does not stop at 6",
        ),
        (
            {"model_config": {"config": {"layers": [layer("InputLayer", "in", None), layer("Dense", "x", "in")]}}},
            "no tensor named x/kernel",
        ),
    ],
)
def test_a_network_of_another_kind_is_refused(tmp_path: Path, topology: dict[str, Any], message: str) -> None:
    write_nsfwjs(tmp_path, modelTopology=topology)
    with pytest.raises(TerminalError, match=message):
        CONVERTERS["nsfwjs"](tmp_path, tmp_path / "out.onnx")
