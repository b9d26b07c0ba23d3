"""A small builder for ONNX graphs: one method, one node; the same calls always give the same bytes.

Every picture model here takes `pixels`: uint8, [n, height, width, 3], RGB. What a network wants instead (order of
the axes, mean, scale) is the first few nodes of its graph, so that no caller can get it wrong.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
"""What onnxruntime 1.13 and Triton 22.12 already read."""

Array = npt.NDArray[Any]
Shape = Sequence[int | str]


class Graph:
    """Collects nodes and constants; methods that add a node return the name of its output."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, value: Array) -> str:
        """Adds a tensor."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def floats(self, *values: float) -> str:
        """A float32 scalar, or a vector where there are several values."""
        return self.constant(np.array(values[0] if len(values) == 1 else values, np.float32))

    def ints(self, *values: int) -> str:
        """An int64 vector, the form in which shapes and axes are given."""
        return self.constant(np.array(values, np.int64))

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Adds any operator with one output."""
        name = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def pixels(self, mean: Sequence[float], scale: float) -> str:
        """The input: uint8 NHWC to float32 NCHW, (value - mean) / scale. `mean` is per channel, R G B."""
        x = self.node("Transpose", self.node("Cast", "pixels", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
        if any(mean):
            x = self.node("Sub", x, self.constant(np.array(mean, np.float32).reshape(1, 3, 1, 1)))
        return self.node("Div", x, self.floats(scale))

    def conv(
        self, x: str, kernel: Array, bias: Array | None = None, stride: int = 1, pad: int | str = "SAME_UPPER"
    ) -> str:
        """A convolution with a kernel in TensorFlow's order (height, width, in, out).

        `pad`: one of ONNX's auto_pad words, or pixels on each side.
        """
        return self._conv(x, kernel.transpose(3, 2, 0, 1), bias, stride, pad, 1)

    def depthwise(
        self, x: str, kernel: Array, bias: Array | None = None, stride: int = 1, pad: int | str = "SAME_UPPER"
    ) -> str:
        """A convolution of each channel by itself; kernel (height, width, channels, 1)."""
        turned = kernel.transpose(2, 3, 0, 1)
        return self._conv(x, turned, bias, stride, pad, turned.shape[0])

    def _conv(self, x: str, kernel: Array, bias: Array | None, stride: int, pad: int | str, group: int) -> str:
        inputs = [x, *self._weights(x, kernel, bias)]
        edges: dict[str, Any] = {"auto_pad": pad} if isinstance(pad, str) else {"pads": [pad] * 4}
        return self.node(
            "Conv",
            *inputs,
            strides=[stride, stride],
            kernel_shape=list(kernel.shape[2:]),
            group=group,
            **edges,
        )

    def _weights(self, x: str, kernel: Array, bias: Array | None) -> list[str]:
        """The kernel (out, in, height, width) and the bias, as inputs of a convolution of `x`."""
        del x  # for those who write them as what comes in asks for
        return [self.constant(kernel)] + ([] if bias is None else [self.constant(bias)])

    def pool(self, x: str, size: int, stride: int) -> str:
        """The largest value under a square window; rounds the size up."""
        return self.node("MaxPool", x, kernel_shape=[size, size], strides=[stride, stride], auto_pad="SAME_UPPER")

    def relu6(self, x: str) -> str:
        """Clips to 0..6."""
        return self.node("Clip", x, self.floats(0), self.floats(6))

    def write(self, out: Path, pixels: Shape, outputs: Sequence[tuple[str, Shape]]) -> None:
        """Checks the graph and writes it in one step: all of it or nothing. Outputs are float32."""
        body = helper.make_graph(
            self._nodes,
            self._name,
            [helper.make_tensor_value_info("pixels", TensorProto.UINT8, pixels)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
            self._constants,
        )
        model = helper.make_model(
            body,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="sluice",
        )
        onnx.checker.check_model(model, full_check=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = out.with_name(f".{out.name}.partial")
        partial.write_bytes(model.SerializeToString(deterministic=True))
        partial.replace(out)
