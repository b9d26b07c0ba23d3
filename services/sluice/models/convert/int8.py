"""A graph whose convolutions multiply 8-bit numbers: a half of the time, a quarter of the size.

No pictures are needed to choose the ranges. Behind every relu6 they are known, 0 to 6, and 8 bits that saturate there
are the clipping itself. Weights have a scale per output channel. The first convolution and those without a relu6
behind them keep their 32-bit arithmetic.

Weights are signed and use all 8 bits: with 7 bits three of 229 faces were lost, unsigned ones give the same answers
at no gain in speed. On x86 without VNNI onnxruntime may saturate sums of such products.
"""

import numpy as np

from sluice.models.convert.graph import Array, Graph
from sluice.models.convert.tfjs import Floats

TOP = 6.0
STEP = np.float32(TOP / 255)


class Int8Graph(Graph):
    """`Graph` in ONNX's quantise-dequantise form, which onnxruntime turns into 8-bit kernels when it loads it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._eight_bits: set[str] = set()

    def relu6(self, x: str) -> str:
        """Clips to 0..6, in 256 steps."""
        scale, zero = self.constant(np.array(STEP)), self.constant(np.array(0, np.uint8))
        out = self.node("DequantizeLinear", self.node("QuantizeLinear", x, scale, zero), scale, zero)
        self._eight_bits.add(out)
        return out

    def _weights(self, x: str, kernel: Array, bias: Array | None) -> list[str]:
        if x not in self._eight_bits:
            return super()._weights(x, kernel, bias)
        steps = scales(kernel, np.zeros(len(kernel), np.float32) if bias is None else bias)
        names = [self._dequantised(np.rint(kernel / steps.reshape(-1, 1, 1, 1)).astype(np.int8), steps)]
        if bias is not None:
            # A sum of products is in steps of both factors.
            both = steps * STEP
            names.append(self._dequantised(np.rint(bias / both).astype(np.int32), both))
        return names

    def _dequantised(self, values: Array, steps: Floats) -> str:
        zeros = self.constant(np.zeros(len(steps), values.dtype))
        return self.node("DequantizeLinear", self.constant(values), self.constant(steps), zeros, axis=0)


def scales(kernel: Array, bias: Array) -> Floats:
    """Per output channel, the step in which its largest weight is 127 steps; larger where the bias, in steps of this
    and of what comes in, would not fit into 31 bits, as in channels whose weights have died."""
    largest = np.abs(kernel.reshape(len(kernel), -1)).max(axis=1) / 127
    least = np.abs(bias) / (float(STEP) * (1 << 30))
    steps = np.maximum(largest, least).astype(np.float32)
    return np.where(steps > 0, steps, np.float32(1)).astype(np.float32)
