"""What should have come of recorded requests, by request id: from a file, or from how reviews ended."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice.errors import TerminalError
from sluice.ids import parse_request_id
from sluice.v1.resolution_pb2 import RESOLUTION_OUTCOME_RELEASED, RESOLUTION_OUTCOME_UPHELD, Resolution

_WORDS: Final = {"safe": False, "unsafe": True}
_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Label:
    """Whether the request should not be allowed. `category`: a word to group by, or empty."""

    unsafe: bool
    category: str = ""


def read_labels(path: Path) -> Mapping[str, Label]:
    """A file of labels: request_id, label (safe or unsafe) and, where one likes, category.

    .jsonl: an object per line. .csv: with a first line of names. Other columns are not looked at. Raises
    TerminalError, which tells the mistakes as file:line; no line is left out in silence.
    """
    found: dict[str, Label] = {}
    problems: list[str] = []
    for line, cells in _rows(path):
        read = cells if isinstance(cells, str) else _label(cells)
        if isinstance(read, str):
            problems.append(f"{path}:{line}: {read}")
        elif found.setdefault(read[0], read[1]) != read[1]:
            problems.append(f"{path}:{line}: request {read[0]} has another label above")
    if problems:
        more = [f"and {len(problems) - _TOLD} more"] if len(problems) > _TOLD else []
        raise TerminalError("\n".join([*problems[:_TOLD], *more]))
    if not found:
        raise TerminalError(f"{path} has no labels")
    return found


def labels_of(resolutions: Iterable[Resolution]) -> Mapping[str, Label]:
    """What reviewers said: RELEASED is safe, UPHELD is unsafe."""
    said = {RESOLUTION_OUTCOME_RELEASED: False, RESOLUTION_OUTCOME_UPHELD: True}
    return {one.request_id: Label(said[one.outcome]) for one in resolutions if one.outcome in said}


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    """Every row with its line, or what is wrong with it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TerminalError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TerminalError(f"{path} is not UTF-8") from error
    if path.suffix.lower() == ".jsonl":
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield number, _object(line)
    elif path.suffix.lower() == ".csv":
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        try:
            for cells in rows:
                yield rows.line_num, {str(name): cell for name, cell in cells.items()}
        except csv.Error as error:
            yield rows.line_num, f"not CSV from here on: {error}"
    else:
        raise TerminalError(f"{path} is neither .jsonl nor .csv")


def _object(line: str) -> Mapping[str, object] | str:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    return found if isinstance(found, dict) else "not an object"


def _label(cells: Mapping[str, object]) -> tuple[str, Label] | str:
    request_id = parse_request_id(str(cells.get("request_id", "")))
    word = str(cells.get("label", "")).strip().lower()
    category = cells.get("category")
    if request_id is None:
        return "request_id should be a UUID in text form"
    if word not in _WORDS:
        return "label should be safe or unsafe"
    if not isinstance(category, str | None):
        return "category should be a word"
    return request_id, Label(_WORDS[word], (category or "").strip())
