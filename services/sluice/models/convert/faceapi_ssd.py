"""face-api's SSD on MobileNetV1 as an ONNX graph: the detector that proposes faces.

Input `pixels`: uint8 [n, 512, 512, 3], RGB, letterboxed. Outputs `box`: float32 [n, 5118, 4], (top, left, bottom,
right) as fractions of the square; `score`: float32 [n, 5118] in 0..1. Boxes are decoded but not thinned out.
"""

from pathlib import Path

import numpy as np

from sluice.errors import TerminalError
from sluice.models.convert import tfjs
from sluice.models.convert.graph import Graph

SIDE = 512
STRIDED = frozenset({2, 4, 6, 12})
"""Depthwise layers that halve the picture."""

Weights = dict[str, tfjs.Floats]


def convert(manifest: Path, out: Path, graph: Graph | None = None) -> None:
    """Reads `ssd_mobilenetv1_model-weights_manifest.json`, writes the ONNX file (22 MB, or 6 in an Int8Graph).

    Raises TerminalError where the weights are not what is expected here.
    """
    w = tfjs.load(manifest)
    graph = graph or Graph("face_ssd")
    try:
        priors = w["Output/extra_dim"].reshape(1, -1, 4)
        boxes, classes = _predict(graph, w, _features(graph, w))
    except KeyError as error:
        raise TerminalError(f"{manifest.name}: the weights hold no tensor named {error}") from error
    # Three classes of which the second is the face; each has a sigmoid of its own.
    face = graph.node("Slice", classes, graph.ints(1), graph.ints(2), graph.ints(2))
    graph.node("Sigmoid", graph.node("Squeeze", face, graph.ints(2)), output="score")
    _decode(graph, boxes, priors)
    count = priors.shape[1]
    graph.write(out, ["n", SIDE, SIDE, 3], [("box", ["n", count, 4]), ("score", ["n", count])])


def _features(graph: Graph, w: Weights) -> list[str]:
    """The six maps that boxes are predicted from, 32x32 down to 1x1."""
    x = _pointwise(graph, w, graph.pixels((127.5,) * 3, 127.5), "MobilenetV1", 0, 2)
    maps: list[str] = []
    for index in range(1, 14):
        x = graph.relu6(_normed_depthwise(graph, w, x, index))
        x = _pointwise(graph, w, x, "MobilenetV1", index, 1)
        if index in (11, 13):
            maps.append(x)
    for index in range(8):
        x = _pointwise(graph, w, x, "Prediction", index, 1 + index % 2)
        if index % 2:
            maps.append(x)
    return maps


def _pointwise(graph: Graph, w: Weights, x: str, scope: str, index: int, stride: int) -> str:
    layer = f"{scope}/Conv2d_{index}_pointwise"
    return graph.relu6(graph.conv(x, w[f"{layer}/weights"], w[f"{layer}/convolution_bn_offset"], stride))


def _normed_depthwise(graph: Graph, w: Weights, x: str, index: int) -> str:
    """A depthwise layer with its batch normalisation folded in, which is exact."""
    layer = f"MobilenetV1/Conv2d_{index}_depthwise"
    norm = f"{layer}/BatchNorm"
    gain = w[f"{norm}/gamma"] / np.sqrt(w[f"{norm}/moving_variance"] + np.float32(0.001))
    kernel = w[f"{layer}/depthwise_weights"] * gain.reshape(1, 1, -1, 1)
    bias = w[f"{norm}/beta"] - w[f"{norm}/moving_mean"] * gain
    return graph.depthwise(x, kernel, bias, 2 if index in STRIDED else 1)


def _predict(graph: Graph, w: Weights, maps: list[str]) -> tuple[str, str]:
    """Encoded boxes [n, priors, 4] and class logits [n, priors, 3]."""
    found: dict[str, list[str]] = {"BoxEncodingPredictor": [], "ClassPredictor": []}
    for index, features in enumerate(maps):
        for head, width in (("BoxEncodingPredictor", 4), ("ClassPredictor", 3)):
            layer = f"Prediction/BoxPredictor_{index}/{head}"
            y = graph.conv(features, w[f"{layer}/weights"], w[f"{layer}/biases"])
            y = graph.node("Transpose", y, perm=[0, 2, 3, 1])
            found[head].append(graph.node("Reshape", y, graph.ints(0, -1, width)))
    boxes, classes = (graph.node("Concat", *parts, axis=1) for parts in found.values())
    return boxes, classes


def _decode(graph: Graph, boxes: str, priors: tfjs.Floats) -> None:
    """Centre and size relative to the prior: encoded as (dy / 10, dx / 10, log dh / 5, log dw / 5) of its size."""
    size = priors[..., 2:] - priors[..., :2]
    centre = priors[..., :2] + size / np.float32(2)
    axis = graph.ints(2)
    moved = graph.node("Slice", boxes, graph.ints(0), graph.ints(2), axis)
    grown = graph.node("Slice", boxes, graph.ints(2), graph.ints(4), axis)
    middle = graph.node("Mul", moved, graph.constant(size / np.float32(10)))
    middle = graph.node("Add", middle, graph.constant(centre))
    half = graph.node("Exp", graph.node("Div", grown, graph.floats(5)))
    half = graph.node("Mul", half, graph.constant(size / np.float32(2)))
    graph.node("Concat", graph.node("Sub", middle, half), graph.node("Add", middle, half), output="box", axis=2)
