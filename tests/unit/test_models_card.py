"""Cards: the real ones load, and a wrong one says which field of which file is wrong."""

from pathlib import Path
from typing import Any

import pytest

from sluice.models import card, repository
from sluice.models.fields import CardError
from tests.unit.model_files import MODELS, write_card

DIGEST = "0" * 64
FILE = {"name": "a.bin", "at": "https://example.org/a.bin", "sha256": DIGEST, "size": 3}
PACKAGE = {"kind": "npm", "package": "p", "version": "1", "sha256": DIGEST, "size": 9}


def test_a_complete_card_is_read(tmp_path: Path) -> None:
    found = card.load(write_card(tmp_path, "toy", sources=[{"kind": "url", "files": [FILE]}], converter="c"))
    assert found.sources[0].files[0] == card.SourceFile("a.bin", "https://example.org/a.bin", DIGEST, 3)
    assert found.inputs[0].shape == ("n", 8, 8, 3)
    assert found.scores == {"sexual": {"cat": 0.5}}
    assert found.file("model.onnx").size == 5
    assert found.languages == ()
    assert card.load(write_card(tmp_path, "toy", languages=["en", "zh"])).languages == ("en", "zh")
    with pytest.raises(CardError, match=r"names no file other\.onnx"):
        found.file("other.onnx")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": None}, "toy/card.yaml: title should be a text"),
        ({"name": "other"}, "toy/card.yaml: name should be toy, as its folder is called"),
        ({"version": "one"}, "toy/card.yaml: version should be a whole number of at least 1"),
        ({"version": True}, "toy/card.yaml: version should be a whole number of at least 1"),
        ({"titel": "x"}, "toy/card.yaml: titel is not a field here"),
        ({"files": []}, "toy/card.yaml: files should be a list with at least one file"),
        ({"files": {}}, "toy/card.yaml: files should be a list"),
        ({"files": ["x"]}, r"toy/card.yaml: files\[0\] should be a mapping"),
        (
            {"files": [{"name": "../x", "sha256": DIGEST, "size": 1, "origin": "trained"}]},
            r"files\[0\].name should be the name of a file, without a folder",
        ),
        (
            {"files": [{"name": "x", "sha256": "F" * 64, "size": 1, "origin": "trained"}]},
            r"files\[0\].sha256 should be a SHA-256",
        ),
        (
            {"files": [{"name": "x", "sha256": DIGEST, "size": 1, "origin": "found"}]},
            r"files\[0\].origin should be one of converted, copied, trained",
        ),
        ({"inputs": [{"name": "x", "dtype": "uint8", "shape": "n"}]}, r"inputs\[0\].shape should be a list"),
        ({"languages": ["English"]}, "languages should be a list of ISO 639 codes"),
        ({"labels": [1]}, "labels should be a list of texts"),
        ({"thresholds": {"sexual": 2}}, "thresholds should be a mapping of names to numbers from 0 to 1"),
        ({"scores": {"sexual": {"cow": 1}}}, "labels should be a list with cow, which sexual is computed from"),
        ({"scores": {"sexual": 1}}, "scores.sexual should be a mapping"),
        ({"abstained": ["sexual"]}, "abstained should be without sexual"),
        ({"converter": "c"}, "converter should be there exactly where there are sources"),
        ({"sources": [{"kind": "ftp"}]}, r"sources\[0\].kind should be one of url, npm, pypi"),
        ({"sources": [{"kind": "url", "files": []}]}, r"sources\[0\].files should be a list with at least one file"),
        (
            {"sources": [{"kind": "url", "files": [FILE | {"at": "http://example.org/a"}]}]},
            r"sources\[0\].files should be files whose `at` is an https URL",
        ),
        (
            {"sources": [PACKAGE | {"files": [FILE | {"at": "a/../../b"}]}]},
            r"sources\[0\].files should be files whose `at` is a path within the archive",
        ),
        (
            {"sources": [{"kind": "url", "files": [FILE | {"form": "zip"}]}]},
            r"sources\[0\].files\[0\].form should be one of raw, javascript",
        ),
        (
            {"sources": [{"kind": "url", "files": [FILE], "sha": 1}]},
            r"sources\[0\].sha is not a field here",
        ),
    ],
)
def test_a_wrong_card_names_the_field(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CardError, match=message):
        card.load(write_card(tmp_path, "toy", **changes))


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [", "toy/card.yaml: is not YAML"), ("- x", "toy/card.yaml: the document should be a mapping")],
)
def test_what_is_no_card(tmp_path: Path, text: str, message: str) -> None:
    path = write_card(tmp_path, "toy")
    path.write_text(text)
    with pytest.raises(CardError, match=message):
        card.load(path)


@pytest.mark.parametrize("name", repository.names(MODELS))
def test_the_real_cards_load(name: str) -> None:
    found = repository.load(MODELS, name)
    assert found.limits, "a card says what its model cannot do"
    assert (found.name, bool(found.sources)) == (name, bool(found.converter))


def test_the_real_cards_are_there() -> None:
    assert {"face_age", "face_ssd", "face_tiny", "minilm", "nsfw_mobilenet"} <= set(repository.names(MODELS))
