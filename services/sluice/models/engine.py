"""What runs a model: arrays in, arrays out, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

from sluice.models.triton_settings import TritonSettings, read_triton
from sluice.settings import Reader

Arrays = Mapping[str, npt.NDArray[Any]]


class Engine(Protocol):
    """A loaded model. In this process or behind a wire: its callers cannot tell."""

    async def run(self, inputs: Arrays) -> Arrays:
        """Every output of the model for these inputs.

        Raises TerminalError where the inputs are not what the model takes, RetryableError where it may work later.
        """
        ...


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`device`: "cpu" or "cuda". `threads`: how many one inference may use. `triton`: where models run instead of in
    this process; `device` and `threads` are then those of the fallback."""

    device: str = "cpu"
    threads: int = 1
    triton: TritonSettings | None = None


def read_engine(reader: Reader) -> EngineSettings:
    """SLUICE_ONNX_DEVICE (cpu), SLUICE_ONNX_THREADS (1) and SLUICE_TRITON_*. Replicas scale better than threads."""
    return EngineSettings(
        device=reader.choice("SLUICE_ONNX_DEVICE", "cpu", ("cpu", "cuda")),
        threads=reader.number("SLUICE_ONNX_THREADS", 1, most=256),
        triton=read_triton(reader),
    )
