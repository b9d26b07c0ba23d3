"""face-api's age network as an ONNX graph: a small Xception.

Input `pixels`: uint8 [n, 112, 112, 3], RGB, a square cut about a face. Output `age`: float32 [n, 1], years.

The published network has a second head for gender. It is left out: nothing here needs it, so nothing computes it.
"""

from pathlib import Path

from sluice.errors import TerminalError
from sluice.models.convert import tfjs
from sluice.models.convert.graph import Graph

SIDE = 112
MEAN = (122.782, 117.001, 104.298)

Weights = dict[str, tfjs.Floats]


def convert(manifest: Path, out: Path) -> None:
    """Reads `age_gender_model-weights_manifest.json`, writes the ONNX file (1.7 MB).

    Raises TerminalError where the weights are not what is expected here.
    """
    w = tfjs.load(manifest)
    graph = Graph("face_age")
    try:
        _build(graph, w)
    except KeyError as error:
        raise TerminalError(f"{manifest.name}: the weights hold no tensor named {error}") from error
    graph.write(out, ["n", SIDE, SIDE, 3], [("age", ["n", 1])])


def _build(graph: Graph, w: Weights) -> None:
    x = graph.pixels(MEAN, 255)
    x = graph.conv(x, w["entry_flow/conv_in/filters"], w["entry_flow/conv_in/bias"], 2)
    x = graph.node("Relu", x)
    x = _reduce(graph, w, x, "entry_flow/reduction_block_0", activate=False)
    x = _reduce(graph, w, x, "entry_flow/reduction_block_1")
    for block in range(2):
        y = x
        for index in range(3):
            name = f"middle_flow/main_block_{block}/separable_conv{index}"
            y = _separable(graph, w, graph.node("Relu", y), name)
        x = graph.node("Add", y, x)
    x = _reduce(graph, w, x, "exit_flow/reduction_block")
    x = graph.node("Relu", _separable(graph, w, x, "exit_flow/separable_conv"))
    x = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    graph.node("Gemm", x, graph.constant(w["fc/age/weights"]), graph.constant(w["fc/age/bias"]), output="age")


def _separable(graph: Graph, w: Weights, x: str, name: str) -> str:
    x = graph.depthwise(x, w[f"{name}/depthwise_filter"])
    return graph.conv(x, w[f"{name}/pointwise_filter"], w[f"{name}/bias"])


def _reduce(graph: Graph, w: Weights, x: str, name: str, activate: bool = True) -> str:
    """Two separable convolutions and a pool, beside a strided convolution that keeps the sum possible."""
    y = _separable(graph, w, graph.node("Relu", x) if activate else x, f"{name}/separable_conv0")
    y = _separable(graph, w, graph.node("Relu", y), f"{name}/separable_conv1")
    kept = graph.conv(x, w[f"{name}/expansion_conv/filters"], w[f"{name}/expansion_conv/bias"], 2)
    return graph.node("Add", graph.pool(y, 3, 2), kept)
