"""A vision transformer as transformers exports it, with random weights: `pixel_values` [batch, 3, side, side] of
normalised floats in, `logits` [batch, labels] out, and the two JSON files beside it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LABELS = ("harmless", "nude", "gore", "weapon", "cartoon")


@dataclass(frozen=True)
class Shape:
    """The default is small. B16 is that of google/vit-base-patch16-224: 86 million parameters."""

    side: int = 32
    patch: int = 8
    width: int = 32
    layers: int = 1
    heads: int = 2


B16 = Shape(side=224, patch=16, width=768, layers=12, heads=12)


class Builder:
    """Collects nodes and random constants; the same seed gives the same network."""

    def __init__(self, seed: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._generator = np.random.default_rng(seed)

    def constant(self, value: Any) -> str:
        name = f"w{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def random(self, *shape: int, scale: float) -> str:
        return self.constant(self._generator.standard_normal(shape, dtype=np.float32) * np.float32(scale))

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def linear(self, x: str, into: int, out: int) -> str:
        return self.op("Add", self.op("MatMul", x, self.random(into, out, scale=into**-0.5)), self.zeros(out))

    def zeros(self, size: int) -> str:
        return self.constant(np.zeros(size, np.float32))

    def norm(self, x: str, width: int) -> str:
        ones = self.constant(np.ones(width, np.float32))
        return self.op("LayerNormalization", x, ones, self.zeros(width), axis=-1)

    def gelu(self, x: str) -> str:
        inner = self.op("Erf", self.op("Div", x, self.constant(np.float32(2**0.5))))
        grown = self.op("Mul", x, self.op("Add", inner, self.constant(np.float32(1))))
        return self.op("Mul", grown, self.constant(np.float32(0.5)))

    def attention(self, x: str, shape: Shape, tokens: int) -> str:
        width, heads = shape.width, shape.heads
        split = self.ints(0, tokens, heads, width // heads)
        q, k, v = (self.op("Reshape", self.linear(x, width, width), split) for _ in range(3))
        q, v = (self.op("Transpose", each, perm=[0, 2, 1, 3]) for each in (q, v))
        scores = self.op("MatMul", q, self.op("Transpose", k, perm=[0, 2, 3, 1]))
        scores = self.op("Mul", scores, self.constant(np.float32((width // heads) ** -0.5)))
        seen = self.op("MatMul", self.op("Softmax", scores, axis=-1), v)
        joined = self.op("Reshape", self.op("Transpose", seen, perm=[0, 2, 1, 3]), self.ints(0, tokens, width))
        return self.linear(joined, width, width)


def network(
    shape: Shape = Shape(), labels: int = len(LABELS), batch: str | int = "batch", seed: int = 0
) -> onnx.ModelProto:
    """The model, as onnx holds it. `batch`: a word for one that varies."""
    b = Builder(seed)
    count, width = (shape.side // shape.patch) ** 2, shape.width
    kernel = b.random(width, 3, shape.patch, shape.patch, scale=1 / shape.patch)
    x = b.op("Conv", "pixel_values", kernel, kernel_shape=[shape.patch] * 2, strides=[shape.patch] * 2)
    x = b.op("Transpose", b.op("Reshape", x, b.ints(0, width, count)), perm=[0, 2, 1])
    size = b.op("Concat", b.op("Shape", "pixel_values", start=0, end=1), b.ints(1, width), axis=0)
    x = b.op("Concat", b.op("Expand", b.random(1, 1, width, scale=0.02), size), x, axis=1)
    x = b.op("Add", x, b.random(1, count + 1, width, scale=0.02))
    for _ in range(shape.layers):
        x = b.op("Add", x, b.attention(b.norm(x, width), shape, count + 1))
        x = b.op("Add", x, b.linear(b.gelu(b.linear(b.norm(x, width), width, 4 * width)), 4 * width, width))
    x = b.op("Gather", b.norm(x, width), b.constant(np.int64(0)), axis=1)
    b.op("Add", b.op("MatMul", x, b.random(width, labels, scale=width**-0.5)), b.zeros(labels), output="logits")
    graph = helper.make_graph(
        b.nodes,
        "vit",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, [batch, 3, shape.side, shape.side])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, labels])],
        b.constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write_folder(folder: Path, shape: Shape = Shape(), seed: int = 0, **config: Any) -> Path:
    """model.onnx, config.json and preprocessor_config.json, as `save_pretrained` and an export leave them."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(network(shape, seed=seed), folder / "model.onnx")
    labels = {str(index): label for index, label in enumerate(LABELS)}
    (folder / "config.json").write_text(json.dumps({"model_type": "vit", "id2label": labels, **config}))
    preprocessor = {
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "image_processor_type": "ViTImageProcessor",
        "resample": 2,
        "rescale_factor": 1 / 255,
        "size": {"height": shape.side, "width": shape.side},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return folder
