"""Suites by name, and what their columns say they are."""

from pathlib import Path

import pytest

from evaluation import suites
from evaluation.files import FileError


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ('{"text": "x"}', "text"),
        ('{"image": "x", "text": "y"}', "images"),
        ('{"prompt": "x", "attribute": "y"}', "bias"),
    ],
)
def test_columns_say_what_a_file_is(tmp_path: Path, row: str, kind: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(f"nonsense\n{row}\n")
    assert suites.kind_of(path) == kind
    assert suites.kind_of_all([path, path]) == kind


def test_columns_that_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"label": 1}\n' * 200)
    with pytest.raises(FileError, match="no column"):
        suites.kind_of(tmp_path / "x.jsonl")


def test_kinds_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n')
    (tmp_path / "b.jsonl").write_text('{"image": "x"}\n')
    with pytest.raises(FileError, match="images, text"):
        suites.kind_of_all([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])


def test_every_suite_is_found_by_its_name() -> None:
    assert suites.names() == sorted(path.stem for path in suites.folder().glob("*.jsonl"))
    for name in suites.names():
        assert suites.kind_of(suites.find(name)) in ("text", "images", "bias")


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x.csv").touch()
    assert suites.find(str(tmp_path / "x.csv")) == tmp_path / "x.csv"
    with pytest.raises(FileError, match="no suite of that name"):
        suites.find("no-such-suite")
