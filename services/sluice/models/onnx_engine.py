"""Models run by onnxruntime in this process."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

from sluice.errors import NotReadyError, TerminalError
from sluice.models.engine import Arrays, EngineSettings

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
DTYPES: Mapping[str, np.dtype[Any]] = {
    "tensor(uint8)": np.dtype(np.uint8),
    "tensor(int64)": np.dtype(np.int64),
    "tensor(float)": np.dtype(np.float32),
}
_ERRORS: tuple[type[Exception], ...] = (
    native.EPFail,
    native.Fail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.NoSuchFile,
    native.NotImplemented,
    native.RuntimeException,
)
"""onnxruntime's errors have no common ancestor of their own."""


class OnnxEngine:
    """One session. Calls run in a thread each and may overlap."""

    def __init__(self, session: Any, name: str) -> None:
        self._session = session
        self._name = name
        self._inputs: dict[str, tuple[np.dtype[Any], tuple[int | str, ...]]] = {
            node.name: (DTYPES[node.type], tuple(node.shape)) for node in session.get_inputs()
        }
        self._outputs: list[str] = [node.name for node in session.get_outputs()]

    @classmethod
    def open(cls, path: Path, settings: EngineSettings) -> "OnnxEngine":
        """Loads a model. Raises NotReadyError where it cannot be loaded, or not on the device that was asked for:
        onnxruntime falls back to the CPU without a word, and a fleet that is ten times too slow is no fleet."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings.threads
        options.inter_op_num_threads = 1
        # Spinning threads starve their neighbours where cores are shared, as they are in containers.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        wanted = PROVIDERS[settings.device]
        if wanted not in onnxruntime.get_available_providers():
            raise NotReadyError(
                f"SLUICE_ONNX_DEVICE={settings.device}, but this onnxruntime has no {wanted}: "
                "install onnxruntime-gpu in place of onnxruntime, or set SLUICE_ONNX_DEVICE=cpu"
            )
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=[wanted])
        except _ERRORS as error:
            raise NotReadyError(f"{path.parent.parent.name}: onnxruntime cannot load {path.name}: {error}") from error
        if session.get_providers()[0] != wanted:
            raise NotReadyError(
                f"SLUICE_ONNX_DEVICE={settings.device}, but onnxruntime chose {session.get_providers()[0]}: "
                "is there a GPU, with the driver and libraries that this onnxruntime needs?"
            )
        return cls(session, path.parent.parent.name)

    async def run(self, inputs: Arrays) -> Arrays:
        """See `Engine.run`."""
        return await asyncio.to_thread(self.answer, inputs)

    def answer(self, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """The same, in the caller's thread."""
        self._check(inputs)
        try:
            values = self._session.run(self._outputs, dict(inputs))
        except _ERRORS as error:
            raise TerminalError(f"model {self._name} failed: {type(error).__name__}") from error
        return dict(zip(self._outputs, values, strict=True))

    def _check(self, inputs: Arrays) -> None:
        if inputs.keys() != self._inputs.keys():
            raise TerminalError(f"model {self._name} takes {', '.join(self._inputs)}, not {', '.join(inputs)}")
        for name, value in inputs.items():
            dtype, shape = self._inputs[name]
            fits = len(value.shape) == len(shape) and all(
                isinstance(want, str) or want == side for want, side in zip(shape, value.shape, strict=True)
            )
            if value.dtype != dtype or not fits:
                found = f"{value.dtype} of {value.shape}"
                raise TerminalError(f"model {self._name}: {name} should be {dtype} of shape {shape}, not {found}")
