"""Fetching by id: from a folder that stands in for the hub, and the advice where it cannot be reached."""

from pathlib import Path

import pytest

from sluice.models.add import hub
from sluice.models.add.hub import Id, fetch, parse
from sluice.models.add.source import find
from sluice.models.add.wishes import AddError
from tests.unit.vit import write_folder


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("owner/name", Id("owner/name", "main")),
        ("owner/name-1.5@0123abc", Id("owner/name-1.5", "0123abc")),
        ("name", None),
        ("a/b/c", None),
        ("../name", None),
        ("owner/../x", None),
        ("./model.onnx", None),
        ("https://example.org/x", None),
        ("owner/name@", None),
    ],
)
def test_what_is_an_id(text: str, found: Id | None) -> None:
    assert parse(text) == found


@pytest.mark.parametrize("place", ["onnx", "."])
def test_a_model_is_fetched_with_the_files_beside_it(tmp_path: Path, place: str) -> None:
    published = write_folder(tmp_path / "hub" / "owner" / "vit" / "resolve" / "main")
    (published / place).mkdir(exist_ok=True)
    (published / "model.onnx").rename(published / place / "model.onnx")
    out = tmp_path / "out"
    out.mkdir()
    found = find(fetch(Id("owner/vit", "main"), out, print, (tmp_path / "hub").as_uri()))
    assert found.config is not None
    assert found.preprocessor is not None
    assert found.model.read_bytes() == (published / place / "model.onnx").read_bytes()
    assert {path.name for path in out.iterdir()} == {"model.onnx", "config.json", "preprocessor_config.json"}


def test_what_cannot_be_fetched_is_told_to_be_downloaded_by_hand(tmp_path: Path) -> None:
    with pytest.raises(
        AddError, match=r"(?s)owner/vit@main cannot be fetched .* Download by hand, into one folder"
    ) as told:
        fetch(Id("owner/vit", "main"), tmp_path, print, (tmp_path / "nothing").as_uri())
    assert "owner/vit/resolve/main/onnx/model.onnx" in str(told.value)
    assert "owner/vit/resolve/main/preprocessor_config.json" in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_a_hub_that_does_not_answer_is_no_crash(tmp_path: Path) -> None:
    """Port 1 of this machine: nobody listens there."""
    with pytest.raises(AddError, match="cannot be fetched"):
        fetch(Id("owner/vit", "main"), tmp_path, print, "http://127.0.0.1:1")


def test_a_file_that_is_too_long_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "hub" / "owner" / "vit" / "resolve" / "main")
    monkeypatch.setattr(hub, "MOST_BYTES", 1000)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(AddError, match="longer than 1000 bytes"):
        fetch(Id("owner/vit", "main"), out, print, (tmp_path / "hub").as_uri())
    assert list(out.iterdir()) == []
