"""face-api's tiny face detector as an ONNX graph: a small YOLO with separable convolutions.

Input `pixels`: uint8 [n, height, width, 3], RGB; sides are multiples of 32. Output `grid`: float32
[n, height / 32, width / 32, 25], five anchors of (tx, ty, tw, th, logit of the score) per cell, not decoded.
"""

from pathlib import Path

from sluice.errors import TerminalError
from sluice.models.convert import tfjs
from sluice.models.convert.graph import Graph

MEAN = (117.001, 114.697, 97.404)


def convert(manifest: Path, out: Path) -> None:
    """Reads `tiny_face_detector_model-weights_manifest.json`, writes the ONNX file (0.8 MB).

    Raises TerminalError where the weights are not what is expected here.
    """
    w = tfjs.load(manifest)
    graph = Graph("face_tiny")
    try:
        _build(graph, w)
    except KeyError as error:
        raise TerminalError(f"{manifest.name}: the weights hold no tensor named {error}") from error
    graph.write(out, ["n", "height", "width", 3], [("grid", ["n", "rows", "columns", 25])])


def _build(graph: Graph, w: dict[str, tfjs.Floats]) -> None:
    x = graph.pixels(MEAN, 255)
    # The first convolution alone is not padded; the pools after it round up, so that the grid is side / 32.
    x = graph.conv(x, w["conv0/filters"], w["conv0/bias"], pad="VALID")
    x = graph.node("LeakyRelu", x, alpha=0.1)
    for index in range(1, 6):
        x = graph.depthwise(graph.pool(x, 2, 2), w[f"conv{index}/depthwise_filter"], pad=1)
        x = graph.conv(x, w[f"conv{index}/pointwise_filter"], w[f"conv{index}/bias"])
        x = graph.node("LeakyRelu", x, alpha=0.1)
    x = graph.conv(graph.pool(x, 2, 1), w["conv8/filters"], w["conv8/bias"])
    graph.node("Transpose", x, output="grid", perm=[0, 2, 3, 1])
