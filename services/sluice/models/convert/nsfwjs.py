"""The MobileNetV2 of nsfwjs as an ONNX graph.

Input `pixels`: uint8 [n, 224, 224, 3], RGB, the whole picture squeezed into the square. Output `probabilities`:
float32 [n, 5], in the order drawing, hentai, neutral, porn, sexy; each row adds up to 1.

The published form is a Keras model: a list of layers, each naming the layers that feed it, and quantised weights
(see `tfjs`). The few kinds of layers that MobileNetV2 needs are translated one by one; any other is refused.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sluice.errors import TerminalError
from sluice.models.convert import tfjs
from sluice.models.convert.graph import Graph

SIDE = 224
CLASSES = 5

Layer = Mapping[str, Any]


def convert(topology: Path, weights: Path, out: Path) -> None:
    """Reads the model's JSON and its raw weights, writes the ONNX file (10 MB).

    Raises TerminalError where the layers or the weights are not what is expected here.
    """
    published = json.loads(topology.read_bytes())
    try:
        layers = published["modelTopology"]["model_config"]["config"]["layers"]
        tensors = tfjs.decode(published["weightsManifest"][0]["weights"], weights.read_bytes(), topology.name)
    except (KeyError, IndexError, TypeError) as error:
        raise TerminalError(f"{topology.name} is not a layers model of TensorFlow.js") from error
    _Network(tensors).build(layers).write(out, ["n", SIDE, SIDE, 3], [("probabilities", ["n", CLASSES])])


class _Network:
    def __init__(self, tensors: Mapping[str, tfjs.Floats]) -> None:
        self._tensors = tensors
        self._graph = Graph("nsfw_mobilenet")
        self._outputs: dict[str, str] = {}
        self._kinds: Mapping[str, Callable[[str, Layer, list[str]], str]] = {
            "InputLayer": lambda _name, _config, _inputs: self._graph.pixels((0, 0, 0), 255),
            "ZeroPadding2D": self._padding,
            "Conv2D": self._conv,
            "DepthwiseConv2D": self._depthwise,
            "BatchNormalization": self._norm,
            "ReLU": self._relu,
            "Add": lambda _name, _config, inputs: self._graph.node("Add", *inputs),
            "AveragePooling2D": self._average,
            "Flatten": self._flatten,
            "Dropout": lambda _name, _config, inputs: inputs[0],
            "Dense": self._dense,
        }

    def build(self, layers: list[Layer]) -> Graph:
        """Translates every layer; the last one's output is the graph's."""
        for layer in layers:
            kind, config = layer["class_name"], layer["config"]
            if kind not in self._kinds:
                raise TerminalError(f"the network has a layer of an unknown kind, {kind}")
            feeds = layer.get("inbound_nodes") or [[]]
            inputs = [self._outputs[feed[0]] for feed in feeds[0]]
            self._outputs[config["name"]] = self._kinds[kind](config["name"], config, inputs)
        last = self._outputs[layers[-1]["config"]["name"]]
        self._graph.node("Identity", last, output="probabilities")
        return self._graph

    def _tensor(self, name: str) -> tfjs.Floats:
        found = self._tensors.get(name)
        if found is None:
            raise TerminalError(f"the weights hold no tensor named {name}")
        return found

    def _bias(self, name: str, config: Layer) -> tfjs.Floats | None:
        return self._tensor(f"{name}/bias") if config["use_bias"] else None

    def _padding(self, _name: str, config: Layer, inputs: list[str]) -> str:
        (top, bottom), (left, right) = config["padding"]
        return self._graph.node("Pad", inputs[0], self._graph.ints(0, 0, top, left, 0, 0, bottom, right))

    def _conv(self, name: str, config: Layer, inputs: list[str]) -> str:
        kernel = self._tensor(f"{name}/kernel")
        return self._graph.conv(inputs[0], kernel, self._bias(name, config), config["strides"][0], _pad(config))

    def _depthwise(self, name: str, config: Layer, inputs: list[str]) -> str:
        kernel = self._tensor(f"{name}/depthwise_kernel")
        bias = self._bias(name, config)
        return self._graph.depthwise(inputs[0], kernel, bias, config["strides"][0], _pad(config))

    def _norm(self, name: str, config: Layer, inputs: list[str]) -> str:
        parts = [self._tensor(f"{name}/{part}") for part in ("gamma", "beta", "moving_mean", "moving_variance")]
        constants = [self._graph.constant(part) for part in parts]
        return self._graph.node("BatchNormalization", inputs[0], *constants, epsilon=config["epsilon"])

    def _relu(self, _name: str, config: Layer, inputs: list[str]) -> str:
        if config["max_value"] != 6:
            raise TerminalError("the network has a ReLU that does not stop at 6")
        return self._graph.relu6(inputs[0])

    def _average(self, _name: str, config: Layer, inputs: list[str]) -> str:
        sides, strides = list(config["pool_size"]), list(config["strides"])
        return self._graph.node("AveragePool", inputs[0], kernel_shape=sides, strides=strides, auto_pad=_pad(config))

    def _flatten(self, _name: str, _config: Layer, inputs: list[str]) -> str:
        # Keras flattens with channels last.
        return self._graph.node("Flatten", self._graph.node("Transpose", inputs[0], perm=[0, 2, 3, 1]))

    def _dense(self, name: str, config: Layer, inputs: list[str]) -> str:
        constants = [self._graph.constant(self._tensor(f"{name}/{part}")) for part in ("kernel", "bias")]
        x = self._graph.node("Gemm", inputs[0], *constants)
        if config["activation"] == "relu":
            return self._graph.node("Relu", x)
        return self._graph.node("Softmax", x, axis=1) if config["activation"] == "softmax" else x


def _pad(config: Layer) -> str:
    return "SAME_UPPER" if config["padding"] == "same" else "VALID"
