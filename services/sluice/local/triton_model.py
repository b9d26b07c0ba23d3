"""A model of Triton's Python backend: onnxruntime around the `model.onnx` beside it. For tests on a machine without a
GPU; Triton runs it as `model.py` in a process of its own, with its own interpreter and nothing of this package.

It refuses a graph whose SHA-256 is not the one that its config tells clients. Parameter `sluice.delay_ms`: how long
each batch takes at least, for tests of queues and deadlines.
"""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as triton
from onnxruntime.capi import onnxruntime_pybind11_state as native

_ERRORS = (native.EPFail, native.Fail, native.InvalidArgument, native.NotImplemented, native.RuntimeException)


class TritonPythonModel:
    """What the backend asks for by this name."""

    def initialize(self, args: dict[str, str]) -> None:
        """Loads the graph. The backend turns what is raised here into a model that does not load."""
        config = json.loads(args["model_config"])
        parameters = {key: value["string_value"] for key, value in config.get("parameters", {}).items()}
        graph = (Path(args["model_repository"]) / args["model_version"] / "model.onnx").read_bytes()
        if hashlib.sha256(graph).hexdigest() != parameters[f"sluice.sha256.{args['model_version']}"]:
            raise triton.TritonModelException("model.onnx has another SHA-256 than its config says")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._inputs = [each.name for each in self._session.get_inputs()]
        self._outputs = [each.name for each in self._session.get_outputs()]
        self._delay = int(parameters.get("sluice.delay_ms", "0")) / 1000

    def execute(self, requests: list[Any]) -> list[Any]:
        """Requests whose sides agree are one batch; the others are run by themselves. What a graph refuses is an
        answer to that request alone."""
        time.sleep(self._delay)
        inputs = [
            {name: triton.get_input_tensor_by_name(request, name).as_numpy() for name in self._inputs}
            for request in requests
        ]
        answers: list[Any] = [None] * len(requests)
        groups: dict[Any, list[int]] = {}
        for index, given in enumerate(inputs):
            groups.setdefault(tuple(given[name].shape[1:] for name in self._inputs), []).append(index)
        for members in groups.values():
            self._answer(members, inputs, answers)
        return answers

    def _answer(self, members: list[int], inputs: list[dict[str, Any]], answers: list[Any]) -> None:
        together = {name: np.concatenate([inputs[index][name] for index in members]) for name in self._inputs}
        try:
            values = self._session.run(self._outputs, together)
        except _ERRORS as error:
            failed = triton.TritonError(type(error).__name__)
            for index in members:
                answers[index] = triton.InferenceResponse(error=failed)
            return
        row = 0
        for index in members:
            rows = len(inputs[index][self._inputs[0]])
            named = zip(self._outputs, values, strict=True)
            answers[index] = triton.InferenceResponse([triton.Tensor(n, v[row : row + rows]) for n, v in named])
            row += rows
