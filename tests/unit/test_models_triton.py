"""What Triton is told, what the card says and what the graph is are the same three times."""

import re
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto

from sluice.models import repository
from sluice.models.card import Card, Tensor
from tests.unit.model_files import MODELS

TRITON = {"uint8": "TYPE_UINT8", "int64": "TYPE_INT64", "float32": "TYPE_FP32"}
ONNX = {"uint8": TensorProto.UINT8, "int64": TensorProto.INT64, "float32": TensorProto.FLOAT}
GRAPHS = [
    name
    for name in repository.names(MODELS)
    if repository.MODEL in {file.name for file in repository.load(MODELS, name).files}
]


def declared(text: str, part: str) -> dict[str, tuple[str, list[int]]]:
    """name -> (data type, dims) of a config's input or output."""
    block = re.search(rf"^{part} \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    found = re.findall(r'name: "(\w+)" data_type: (\w+) dims: \[ ([-\d, ]+) \]', block[1])
    return {name: (kind, [int(side) for side in dims.split(",")]) for name, kind, dims in found}


def expected(tensors: tuple[Tensor, ...]) -> dict[str, tuple[str, list[int]]]:
    """The same from the card; the first axis is Triton's batch."""
    return {t.name: (TRITON[t.dtype], [s if isinstance(s, int) else -1 for s in t.shape[1:]]) for t in tensors}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_config_says_what_the_card_says(name: str) -> None:
    card = repository.load(MODELS, name)
    text = (MODELS / name / "config.pbtxt").read_text()
    assert f'name: "{name}"' in text
    assert re.search(r"^max_batch_size: [1-9]\d*$", text, re.MULTILINE)
    assert declared(text, "input") == expected(card.inputs)
    assert declared(text, "output") == expected(card.outputs)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_graph_is_what_the_card_says(name: str) -> None:
    card = repository.load(MODELS, name)
    graph = onnx.load(graph_path(card)).graph
    for values, tensors in ((graph.input, card.inputs), (graph.output, card.outputs)):
        found = {v.name: (v.type.tensor_type.elem_type, sides(v)) for v in values}
        wanted = {t.name: (ONNX[t.dtype], [s if isinstance(s, int) else 0 for s in t.shape]) for t in tensors}
        assert found == wanted


def graph_path(card: Card) -> Path:
    return repository.folder(MODELS, card) / repository.MODEL


def sides(value: onnx.ValueInfoProto) -> list[int]:
    """0 where a side varies."""
    return [side.dim_value for side in value.type.tensor_type.shape.dim]
