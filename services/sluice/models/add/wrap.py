"""Puts the way from pixels to what a network takes in front of its graph, so that clients send uint8."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from sluice.models.add.graph import Facts
from sluice.models.add.preprocessing import Normalise
from sluice.models.picture_input import PictureInput

PIXELS = "pixels"


def wrap(
    model: onnx.ModelProto, facts: Facts, wanted: PictureInput, normalise: Normalise | None, labels: int
) -> tuple[str, str]:
    """Changes the model in place; returns the names of its input and of its one output, [n, labels] of float32.

    Where `normalise` is given: uint8 [n, height, width, 3] -> float32 -> value * scale - shift -> the network's order
    of axes and type. Otherwise the input keeps its name, and only its size is written down.
    """
    taken = _names(model)
    pixels = facts.input if normalise is None else _free(PIXELS, taken)
    nodes = [] if normalise is None else _front(model, facts, pixels, normalise, taken)
    score, after = facts.output, []
    if facts.output_dtype == "float16":
        score = _free("scores", taken)
        after = [helper.make_node("Cast", [facts.output], [score], name=score, to=TensorProto.FLOAT)]
    body = [*nodes, *model.graph.node, *after]
    del model.graph.node[:]
    model.graph.node.extend(body)
    # What was declared of tensors inside may hold sizes that are fixed from here on.
    del model.graph.value_info[:]
    _declare(model.graph.input, [value for value in model.graph.input if value.name != facts.input])
    model.graph.input.insert(0, helper.make_tensor_value_info(pixels, TensorProto.UINT8, ["n", *wanted.shape]))
    _declare(model.graph.output, [helper.make_tensor_value_info(score, TensorProto.FLOAT, ["n", labels])])
    return pixels, score


def _front(
    model: onnx.ModelProto, facts: Facts, pixels: str, normalise: Normalise, taken: set[str]
) -> list[onnx.NodeProto]:
    scale, shift = _free("sluice_scale", taken), _free("sluice_shift", taken)
    for name, values in ((scale, normalise.scale), (shift, normalise.shift)):
        model.graph.initializer.append(numpy_helper.from_array(np.array(values, np.float32), name))
    steps: list[tuple[str, list[str], dict[str, Any]]] = [
        ("Cast", [], {"to": TensorProto.FLOAT}),
        ("Mul", [scale], {}),
        ("Sub", [shift], {}),
    ]
    if facts.layout == "NCHW":
        steps.append(("Transpose", [], {"perm": [0, 3, 1, 2]}))
    if facts.dtype == "float16":
        steps.append(("Cast", [], {"to": TensorProto.FLOAT16}))
    nodes, value = [], pixels
    for index, (kind, others, attributes) in enumerate(steps):
        last = index == len(steps) - 1
        out = facts.input if last else _free(f"sluice_{kind.lower()}", taken)
        nodes.append(helper.make_node(kind, [value, *others], [out], name=f"{out}/sluice", **attributes))
        value = out
    return nodes


def _declare(field: object, values: Sequence[onnx.ValueInfoProto]) -> None:
    kept = [onnx.ValueInfoProto.FromString(value.SerializeToString()) for value in values]
    del field[:]  # type: ignore[attr-defined] # protobuf's containers have no public type
    field.extend(kept)  # type: ignore[attr-defined] # as above


def _names(model: onnx.ModelProto) -> set[str]:
    graph = model.graph
    names = {tensor.name for tensor in graph.initializer}
    names |= {value.name for value in (*graph.input, *graph.output, *graph.value_info)}
    return names | {name for node in graph.node for name in (*node.input, *node.output, node.name)}


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name
