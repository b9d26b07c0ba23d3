"""Where reports go: standard output, and a folder."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from evaluation.files import FileError
from evaluation.markdown import document_text
from evaluation.page import page
from evaluation.table import Document


def make_folder(out: Path | None) -> None:
    """Makes the folder of a report, before work begins that would be lost. FileError where that fails."""
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{out} cannot be made: {error}") from error


def put(document: Document, form: Mapping[str, object], as_json: bool, out: Path | None) -> None:
    """Prints the tables, or the JSON; writes report.md, report.json and report.html into `out`.

    Raises FileError where the folder is not there or cannot be written.
    """
    if out is not None:
        try:
            write(out / "report.json", json_text(form))
            write(out / "report.md", document_text(document))
            write(out / "report.html", page(document))
        except OSError as error:
            raise FileError(f"{out} cannot be written: {error}") from error
    sys.stdout.write(json_text(form) if as_json else document_text(document))
    sys.stdout.flush()


def write(path: Path, text: str) -> None:
    """A file, whole or not at all; what is no ordinary file (a pipe, a device) is written to as it is."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_text(text, encoding="utf-8")
        return
    fresh = target.with_name(f".{target.name}.part")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(target)


def json_text(form: Mapping[str, object]) -> str:
    """JSON for people and programs."""
    return json.dumps(form, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
