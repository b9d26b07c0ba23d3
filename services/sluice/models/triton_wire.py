"""Arrays to Triton's messages and back (the KServe v2 inference protocol), without a network."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tritonclient.grpc import service_pb2 as wire

from sluice.errors import RetryableError, TerminalError
from sluice.models.card import Card, Tensor
from sluice.models.engine import Arrays
from sluice.models.triton_names import DATATYPES

ROWS: Final = 8
"""Of one message at most: larger ones are copied so often that they cost more than a second message."""


def rows_of(card: Card, inputs: Arrays) -> int:
    """How many rows were given. Raises TerminalError where the inputs are not what the card says."""
    names = [tensor.name for tensor in card.inputs]
    if inputs.keys() != set(names):
        raise TerminalError(f"model {card.name} takes {', '.join(names)}, not {', '.join(inputs)}")
    for tensor in card.inputs:
        value = inputs[tensor.name]
        if value.dtype != np.dtype(tensor.dtype) or not _fits(tensor, value.shape):
            shape = f"({', '.join(map(str, tensor.shape))})"
            found = f"{value.dtype} of {value.shape}"
            raise TerminalError(
                f"model {card.name}: {tensor.name} should be {tensor.dtype} of shape {shape}, not {found}"
            )
    counts = {inputs[name].shape[0] for name in names}
    if len(counts) != 1 or not min(counts):
        raise TerminalError(f"model {card.name}: the inputs have {sorted(counts)} rows")
    return int(counts.pop())


def request(card: Card, model_id: str, urgent: bool, microseconds: int) -> wire.ModelInferRequest:
    """A request without its inputs: model, pinned version, wanted outputs, priority, and how long it may queue."""
    message = wire.ModelInferRequest(model_name=card.name, model_version=str(card.version), id=model_id)
    message.parameters["priority"].uint64_param = 1 if urgent else 2
    message.parameters["timeout"].int64_param = max(1, microseconds)
    for tensor in card.outputs:
        message.outputs.add(name=tensor.name)
    return message


def describe(message: wire.ModelInferRequest, name: str, value: npt.NDArray[Any]) -> Any:
    """Adds an input's name, type and shape; its bytes come after. Returns it, for parameters of its own."""
    return message.inputs.add(name=name, datatype=DATATYPES[str(value.dtype)], shape=value.shape)


def fill(message: wire.ModelInferRequest, inputs: Arrays) -> None:
    """Adds the inputs with their bytes, C order, little-endian as every machine that Triton runs on."""
    for name, value in inputs.items():
        describe(message, name, value)
        message.raw_input_contents.append(value.tobytes())


def answer_of(card: Card, response: wire.ModelInferResponse, rows: int) -> dict[str, npt.NDArray[Any]]:
    """The outputs by name. Raises RetryableError where they are not what the card says: this server serves another
    model, and another server may not."""
    if len(response.raw_output_contents) != len(response.outputs):
        raise RetryableError(f"model {card.name}: Triton sent outputs without their bytes")
    found = {
        output.name: (output, raw) for output, raw in zip(response.outputs, response.raw_output_contents, strict=True)
    }
    answer: dict[str, npt.NDArray[Any]] = {}
    for tensor in card.outputs:
        if tensor.name not in found:
            raise RetryableError(f"model {card.name}: Triton sent no {tensor.name}")
        output, raw = found[tensor.name]
        shape = tuple(output.shape)
        dtype = np.dtype(tensor.dtype)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        if output.datatype != DATATYPES[tensor.dtype] or not _fits(tensor, shape) or len(raw) != size:
            raise RetryableError(f"model {card.name}: Triton sent {tensor.name} in another form than the card's")
        if shape[0] != rows:
            raise RetryableError(f"model {card.name}: Triton sent {shape[0]} rows for {rows}")
        # A copy: what is read off the wire cannot be written to, and callers scale boxes in place.
        answer[tensor.name] = np.frombuffer(raw, dtype).reshape(shape).copy()
    return answer


def pieces(inputs: Arrays, rows: int, most: int) -> list[dict[str, npt.NDArray[Any]]]:
    """The inputs in order, `most` rows at a time."""
    return [{name: value[at : at + most] for name, value in inputs.items()} for at in range(0, rows, most)]


def join(answers: Sequence[Mapping[str, npt.NDArray[Any]]]) -> dict[str, npt.NDArray[Any]]:
    """The outputs of pieces as one. Raises RetryableError where their sides differ."""
    if len(answers) == 1:
        return dict(answers[0])
    if any(values.shape[1:] != answers[0][name].shape[1:] for answer in answers for name, values in answer.items()):
        raise RetryableError("Triton sent pieces of one batch in different shapes")
    return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}


def _fits(tensor: Tensor, shape: Sequence[int]) -> bool:
    return len(shape) == len(tensor.shape) and all(
        isinstance(want, str) or want == side for want, side in zip(tensor.shape, shape, strict=True)
    )
