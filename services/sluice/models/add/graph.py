"""Reading an ONNX file of a stranger: one picture in, one row of numbers per picture out, or the reason why not."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto
from onnx.external_data_helper import load_external_data_for_model, uses_external_data

from sluice.models.add.wishes import AddError

LEAST_OPSET = 11
MOST_BYTES = (2 << 30) - 1
"""What one protobuf message can hold."""
_DTYPES: Mapping[int, str] = {
    TensorProto.UINT8: "uint8",
    TensorProto.FLOAT: "float32",
    TensorProto.FLOAT16: "float16",
}
_EXPORT = "Export it again with a batch axis that may vary (torch.onnx: dynamic_axes={'pixel_values': {0: 'batch'}})"

Sides = tuple[int | None, ...]
"""Of a tensor; None for a side that varies."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a graph takes and gives. `layout`: NCHW or NHWC. `height`, `width`: None where they may vary.
    `labels`: how many outputs there are per picture, None where the graph does not say."""

    opset: int
    input: str
    dtype: str
    layout: str
    height: int | None
    width: int | None
    output: str
    output_dtype: str
    labels: int | None


def load(path: Path) -> onnx.ModelProto:
    """The model with all its weights. Raises AddError. Weights in files of their own are read only from beside it."""
    if path.stat().st_size > MOST_BYTES:
        raise AddError(f"{path.name} is larger than 2 GiB, which one ONNX file cannot be")
    try:
        model = onnx.load(path, load_external_data=False)
    except (DecodeError, OSError) as error:
        raise AddError(f"{path.name} is not an ONNX file") from error
    outside = [tensor for tensor in _tensors(model) if uses_external_data(tensor)]
    for tensor in outside:
        location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
        beside = path.parent / location
        if not location or Path(location).name != location or beside.is_symlink() or not beside.is_file():
            raise AddError(f"{path.name} keeps weights in {location!r}, which is not a file beside it. Put it there")
    if sum((path.parent / location).stat().st_size for location in _locations(outside)) > MOST_BYTES:
        raise AddError(f"{path.name} has more than 2 GiB of weights, which one ONNX file cannot hold")
    if outside:
        try:
            load_external_data_for_model(model, str(path.parent))
        except (OSError, ValueError, onnx.checker.ValidationError) as error:
            raise AddError(f"the weights beside {path.name} cannot be read: {error}") from error
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError) as error:
        raise AddError(f"{path.name} is not a valid ONNX model: {str(error).splitlines()[0]}") from error
    return model


def facts_of(model: onnx.ModelProto, output: str = "") -> Facts:
    """What is known of the graph before it is run. Raises AddError where it is no picture classifier."""
    opset = max((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), default=0)
    if opset < LEAST_OPSET:
        raise AddError(f"the graph's opset is {opset}; {LEAST_OPSET} or newer is needed. Export it again")
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    if len(inputs) != 1:
        named = ", ".join(value.name for value in inputs) or "none"
        raise AddError(f"a picture classifier has one input; this graph has {len(inputs)} ({named})")
    dtype, sides = _tensor(inputs[0])
    if len(sides) != 4:
        raise AddError(f"its input {inputs[0].name} has {len(sides)} axes; four are needed, one of them the batch")
    if sides[0] is not None:
        raise AddError(f"the graph takes exactly {sides[0]} pictures at a time. {_EXPORT}")
    layout = "NHWC" if sides[3] == 3 and sides[1] != 3 else "NCHW"
    channels, height, width = (sides[3], sides[1], sides[2]) if layout == "NHWC" else (sides[1], sides[2], sides[3])
    if channels not in (3, None):
        raise AddError(f"its input {inputs[0].name} has {channels} channels; three are needed")
    chosen = _output(model, output)
    output_dtype, output_sides = _tensor(chosen)
    if output_dtype == "uint8" or len(output_sides) not in (0, 2):
        raise AddError(f"its output {chosen.name} should be float, with the axes batch and label. Say --output")
    labels = output_sides[1] if output_sides else None
    return Facts(opset, inputs[0].name, dtype, layout, height, width, chosen.name, output_dtype, labels)


def _output(model: onnx.ModelProto, wanted: str) -> onnx.ValueInfoProto:
    found = {value.name: value for value in model.graph.output}
    names = ", ".join(found)
    if wanted:
        if wanted not in found:
            raise AddError(f"--output {wanted}: the graph has {names}")
        return found[wanted]
    if len(found) == 1 or "logits" in found:
        return found.get("logits") or next(iter(found.values()))
    raise AddError(f"the graph has {len(found)} outputs: say which one with --output. They are: {names}")


def _tensor(value: onnx.ValueInfoProto) -> tuple[str, Sides]:
    kind = value.type.tensor_type
    if kind.elem_type not in _DTYPES:
        raise AddError(f"{value.name} should be uint8, float32 or float16")
    sides = tuple(side.dim_value if side.HasField("dim_value") else None for side in kind.shape.dim)
    return _DTYPES[kind.elem_type], sides


def _tensors(model: onnx.ModelProto) -> Iterator[TensorProto]:
    """Every tensor that the file holds, those of graphs within graphs and of functions too."""
    yield from _within(model.graph)
    for function in model.functions:
        yield from _of_nodes(function.node)


def _within(graph: onnx.GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _of_nodes(graph.node)


def _of_nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[TensorProto]:
    for attribute in (attribute for node in nodes for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        for inner in (attribute.g, *attribute.graphs):
            yield from _within(inner)


def _locations(tensors: list[TensorProto]) -> set[str]:
    return {entry.value for tensor in tensors for entry in tensor.external_data if entry.key == "location"}
