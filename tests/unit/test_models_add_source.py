"""Finding a model and what the files beside it say."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice.models.add.source import activation_of, find, labels_of
from sluice.models.add.wishes import AddError


def test_a_file_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"x")
    found = find(tmp_path / "net.onnx")
    assert (found.model.name, found.config, found.preprocessor, found.origin) == ("net.onnx", None, None, "net.onnx")
    (tmp_path / "config.json").write_text('{"a": 1}')
    assert find(tmp_path / "net.onnx").config == {"a": 1}


@pytest.mark.parametrize("place", ["model.onnx", "onnx/model.onnx", "other.onnx"])
def test_a_folder(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    (tmp_path / "preprocessor_config.json").write_text('{"b": 2}')
    found = find(tmp_path, "owner/name@main")
    assert (found.model, found.preprocessor, found.origin) == (path, {"b": 2}, "owner/name@main")


def test_what_is_not_there_or_not_clear(tmp_path: Path) -> None:
    with pytest.raises(AddError, match="there is no such file or folder"):
        find(tmp_path / "absent.onnx")
    with pytest.raises(AddError, match=r"has no \.onnx file"):
        find(tmp_path)
    (tmp_path / "a.onnx").touch()
    (tmp_path / "b.onnx").touch()
    with pytest.raises(AddError, match=r"has a\.onnx, b\.onnx: name one of these"):
        find(tmp_path)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\xff", "[]", '"x"'])
def test_neighbours_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.onnx").touch()
    (tmp_path / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(AddError, match=r"config\.json (is not JSON|should hold an object)"):
        find(tmp_path)


def config(*labels: str, **more: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps({"id2label": dict(enumerate(labels)), **more}))
    return read


def test_labels_are_in_the_order_of_their_numbers() -> None:
    assert labels_of(config(*(f"l{index}" for index in range(12)))) == tuple(f"l{index}" for index in range(12))
    assert labels_of({}) == ()


@pytest.mark.parametrize("names", [{"0": "a", "2": "b"}, {"a": "b"}, ["a"], {"0": ""}, {"0": 1}, "a"])
def test_labels_that_cannot_be_meant(names: object) -> None:
    with pytest.raises(AddError, match=r"id2label .*say --labels"):
        labels_of({"id2label": names})


@pytest.mark.parametrize(
    ("document", "activation"),
    [
        (config("a", "b"), "softmax"),
        (config("a", "b", problem_type=None), "softmax"),
        (config("a", "b", problem_type="single_label_classification"), "softmax"),
        (config("a", "b", problem_type="multi_label_classification"), "sigmoid"),
        (config("a", "b", problem_type="regression"), ""),
        (config("a"), ""),
        ({}, ""),
    ],
)
def test_the_activation_is_that_of_transformers_or_unknown(document: dict[str, Any], activation: str) -> None:
    assert activation_of(document) == activation
