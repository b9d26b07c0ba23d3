"""Suites: files of labelled rows in `evals/`, by name, and what kind of rows a file holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from evaluation.files import FileError, Row, read_rows
from sluice.settings import checkout

Kind = Literal["text", "images", "bias"]

_LOOK = 100


def folder() -> Path:
    """Where suites lie: `evals/` of the checkout, or of the working directory where this is an installed package."""
    return (checkout() or Path.cwd()) / "evals"


def names() -> list[str]:
    """Every suite."""
    return sorted(path.stem for path in folder().glob("*.jsonl"))


def find(word: str) -> Path:
    """A suite by its name, or a file by its path. FileError where there is neither."""
    path = Path(word)
    if path.is_file():
        return path
    named = folder() / f"{word}.jsonl"
    if named.is_file():
        return named
    raise FileError(f"there is no file {word} and no suite of that name; suites are: {', '.join(names()) or 'none'}")


def kind_of(path: Path) -> Kind:
    """What the columns of the first rows say. FileError where they say nothing."""
    for number, row in enumerate(read_rows(path)):
        if number >= _LOOK:
            break
        if isinstance(row, Row):
            if "attribute" in row.cells:
                return "bias"
            if row.cells.keys() & {"image", "image_path", "path", "file", "images"}:
                return "images"
            if row.cells.keys() & {"text", "prompt", "content"}:
                return "text"
    raise FileError(f"{path} has no column text, image or attribute: see docs/evaluation.md")


def kind_of_all(paths: Sequence[Path]) -> Kind:
    """The one kind of several files. FileError where they are of several."""
    kinds = {kind_of(path) for path in paths}
    if len(kinds) > 1:
        raise FileError(f"suites of different kinds make no one report: {', '.join(sorted(kinds))}")
    return kinds.pop()
