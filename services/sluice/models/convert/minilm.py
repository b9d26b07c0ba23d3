"""all-MiniLM-L6-v2 as an ONNX graph with quantised weights, built from the published safetensors file without torch.

Inputs `input_ids`, `attention_mask`: int64 [b, t], t <= 512. Output `embedding`: float32 [b, 1536], of length 1: the
means over the word pieces after layers 2, 4, 5 and 6, each brought to the same length. The last layer alone is what
the model was published for, sentences that mean the same; what a moderator looks for shows better in between
(training/README.md has the figures).

The linear layers hold weights of seven bits with a scale per output, and quantise activations with a scale per row
(`QuantizeLinear` along the rows, then `MatMulIntegerToFloat`, an operator of onnxruntime). The usual dynamic
quantisation takes one scale for the whole batch instead, so that a text's score would depend on the texts beside it
and on their padding. `MatMulNBits`, which has neither fault, is slower than 32 bits on batches.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors import SafetensorError
from safetensors.numpy import load_file

from sluice.errors import TerminalError

LAYERS = 6
HEADS = 12
WIDTH = 384
POOLED = (2, 4, 5, 6)
"""After which of the layers the word pieces are averaged."""
SEVEN_BITS = 64
"""The largest weight of a linear layer. Processors without VNNI add two products of 8 bits in 16, and these must not
run over: 2 * 255 * 64 fits, 2 * 255 * 127 does not."""

Array = npt.NDArray[Any]


class _Graph:
    """Nodes and constants in the order they were added, so that the same weights give the same bytes."""

    def __init__(self, weights: dict[str, Array], quantised: bool) -> None:
        self._weights = weights
        self.quantised = quantised
        self._quantised: dict[str, tuple[str, str]] = {}
        self._lines = ""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: Array) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def floats(self, name: str, value: float) -> str:
        return self.constant(name, np.array(value, np.float32))

    def ints(self, name: str, *values: int) -> str:
        return self.constant(name, np.array(values, np.int64))

    def add(self, op: str, *inputs: str, output: str = "", domain: str = "", **attributes: Any) -> str:
        """Appends a node and returns its output's name."""
        name = output or f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def weight(self, name: str) -> Array:
        found = self._weights.get(name)
        if found is None:
            raise TerminalError(f"the weights hold no tensor named {name}")
        return found.astype(np.float32)

    def norm(self, x: str, layer: str) -> str:
        gain = self.constant(f"{layer}.weight", self.weight(f"{layer}.weight"))
        bias = self.constant(f"{layer}.bias", self.weight(f"{layer}.bias"))
        return self.add("LayerNormalization", x, gain, bias, axis=-1, epsilon=1e-12)

    def linear(self, x: str, layer: str) -> str:
        weight = self.weight(f"{layer}.weight")
        if self.quantised:
            product = self._product(x, layer, weight)
        else:
            product = self.add("MatMul", x, self.constant(f"{layer}.weight", weight.T))
        return self.add("Add", product, self.constant(f"{layer}.bias", self.weight(f"{layer}.bias")))

    def _product(self, x: str, layer: str, weight: Array) -> str:
        """Weights with a scale per output times 8-bit rows with a scale per row."""
        quantised, scales = quantise(weight, weight.shape[1], SEVEN_BITS)
        rows, row_scales = self._rows(x, weight.shape[1])
        product = self.add(
            "MatMulIntegerToFloat",
            rows,
            self.constant(f"{layer}.weight", (quantised[:, 0].T.astype(np.int16) - 128).astype(np.int8)),
            self.floats("unit", 1.0),
            self.constant(f"{layer}.scales", scales[:, 0]),
            self.constant("middle", np.array(128, np.uint8)),
            domain="com.microsoft",
        )
        return self.add("Reshape", self.add("Mul", product, row_scales), self._shape())

    def _rows(self, x: str, width: int) -> tuple[str, str]:
        """[b, t, width] as uint8 rows around 128, and their scales [b * t, 1]. Once for all that multiply `x`."""
        if x not in self._quantised:
            flat = self.add("Reshape", x, self.ints(f"rows{width}", -1, width))
            top = self.add("ReduceMax", flat, axes=[1], keepdims=1)
            bottom = self.add("Neg", self.add("ReduceMin", flat, axes=[1], keepdims=1))
            most = self.add("Max", top, bottom, self.floats("least", 1e-9))
            scales = self.add("Mul", most, self.floats("step", 1 / 127))
            each = self.add("Squeeze", scales, self.ints("i1", 1))
            middles = self.add("Expand", self.constant("middles", np.array([128], np.uint8)), self.add("Shape", each))
            self._quantised[x] = self.add("QuantizeLinear", flat, each, middles, axis=0), scales
        return self._quantised[x]

    def _shape(self) -> str:
        """Of what comes out of a linear layer: [b, t, -1]."""
        if not self._lines:
            lines = self.add("Slice", self.add("Shape", "input_ids"), self.ints("i0", 0), self.ints("i2", 2))
            self._lines = self.add("Concat", lines, self.ints("rest", -1), axis=0)
        return self._lines


def quantise(weight: Array, block: int, most: int = 127) -> tuple[Array, Array]:
    """[n, k] float32 -> uint8 [n, k / block, block] in 128 +- `most`, and float32 scales [n, k / block]."""
    blocks = weight.reshape(weight.shape[0], -1, block)
    scales = np.maximum(np.abs(blocks).max(axis=-1), 1e-12) / np.float32(most)
    return (np.rint(blocks / scales[..., None]) + 128).astype(np.uint8), scales.astype(np.float32)


def _embed(graph: _Graph) -> str:
    """Word rows (where quantised int8, a scale per row) plus positions, of which the token type 0 is a part."""
    words, scale = graph.weight("embeddings.word_embeddings.weight"), ""
    if graph.quantised:
        quantised, scales = quantise(words, WIDTH)
        table = graph.constant("words", (quantised[:, 0].astype(np.int16) - 128).astype(np.int8))
        rows = graph.add("Cast", graph.add("Gather", table, "input_ids"), to=TensorProto.FLOAT)
        scale = graph.add("Gather", graph.constant("words.scales", scales), "input_ids")
    else:
        rows = graph.add("Gather", graph.constant("words", words), "input_ids")
    types = graph.weight("embeddings.token_type_embeddings.weight")[0]
    positions = graph.constant("positions", graph.weight("embeddings.position_embeddings.weight") + types)
    length = graph.add("Slice", graph.add("Shape", "input_ids"), graph.ints("i1", 1), graph.ints("i2", 2))
    used = graph.add("Slice", positions, graph.ints("i0", 0), length)
    scaled = graph.add("Mul", rows, scale) if scale else rows
    return graph.norm(graph.add("Add", scaled, used), "embeddings.LayerNorm")


def _attend(graph: _Graph, x: str, layer: str, mask: str) -> str:
    """Self-attention: 12 heads of 32."""
    split = graph.ints("split", 0, 0, HEADS, WIDTH // HEADS)
    parts = [graph.add("Reshape", graph.linear(x, f"{layer}.self.{n}"), split) for n in ("query", "key", "value")]
    query = graph.add("Transpose", parts[0], perm=[0, 2, 1, 3])
    key = graph.add("Transpose", parts[1], perm=[0, 2, 3, 1])
    value = graph.add("Transpose", parts[2], perm=[0, 2, 1, 3])
    scores = graph.add("Mul", graph.add("MatMul", query, key), graph.floats("scale", (WIDTH // HEADS) ** -0.5))
    weights = graph.add("Softmax", graph.add("Add", scores, mask), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", weights, value), perm=[0, 2, 1, 3])
    return graph.add("Reshape", mixed, graph.ints("join", 0, 0, WIDTH))


def _gelu(graph: _Graph, x: str) -> str:
    """x / 2 * (1 + erf(x / sqrt 2)), the exact form that BERT uses."""
    root = graph.add("Div", x, graph.floats("sqrt2", 2**0.5))
    gate = graph.add("Add", graph.add("Erf", root), graph.floats("one", 1.0))
    return graph.add("Mul", graph.add("Mul", x, gate), graph.floats("half", 0.5))


def _pool(graph: _Graph, x: str, mask: str) -> str:
    """The mean of the token vectors that are not padding, brought to length 1."""
    weights = graph.add("Unsqueeze", mask, graph.ints("i2", 2))
    total = graph.add("ReduceSum", graph.add("Mul", x, weights), graph.ints("i1", 1), keepdims=0)
    count = graph.add("ReduceSum", weights, graph.ints("i1", 1), keepdims=0)
    mean = graph.add("Div", total, graph.add("Max", count, graph.floats("least", 1e-9)))
    return graph.add("LpNormalization", mean, axis=-1, p=2)


def build(weights: dict[str, Array], quantised: bool = True) -> onnx.ModelProto:
    """The graph for these tensors; without `quantised` as published, in 32 bits, to compare with.

    Raises TerminalError when one is missing.
    """
    graph = _Graph(weights, quantised)
    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    padding = graph.add("Sub", graph.floats("one", 1.0), graph.add("Unsqueeze", mask, graph.ints("i12", 1, 2)))
    shut = graph.add("Mul", padding, graph.floats("shut", -1e9))
    x = _embed(graph)
    pooled: list[str] = []
    for index in range(LAYERS):
        layer = f"encoder.layer.{index}"
        attended = graph.linear(_attend(graph, x, f"{layer}.attention", shut), f"{layer}.attention.output.dense")
        x = graph.norm(graph.add("Add", x, attended), f"{layer}.attention.output.LayerNorm")
        inner = _gelu(graph, graph.linear(x, f"{layer}.intermediate.dense"))
        x = graph.norm(graph.add("Add", x, graph.linear(inner, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")
        if index + 1 in POOLED:
            pooled.append(_pool(graph, x, mask))
    joined = graph.add("Concat", *pooled, axis=-1)
    graph.add("Mul", joined, graph.floats("even", len(POOLED) ** -0.5), output="embedding")
    ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "t"]) for n in ("input_ids", "attention_mask")]
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", WIDTH * len(POOLED)])
    body = helper.make_graph(graph.nodes, "minilm", ids, [embedding], list(graph.constants.values()))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=8, producer_name="sluice")


def convert(weights: Path, out: Path, quantised: bool = True) -> None:
    """Reads model.safetensors at `weights`, writes the ONNX file at `out` in one step: all of it (23 MB, without
    `quantised` 90 MB) or nothing.

    The same weights give the same bytes. Raises TerminalError for a file that is not all-MiniLM-L6-v2's, OSError
    where a file cannot be read or written.
    """
    try:
        model = build(load_file(weights), quantised)
    except SafetensorError as error:
        raise TerminalError(f"{weights.name} is not a safetensors file") from error
    onnx.checker.check_model(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    partial.write_bytes(model.SerializeToString(deterministic=True))
    partial.replace(out)
