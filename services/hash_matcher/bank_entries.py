"""`entries.csv`: the digests of a bank, one known picture a line."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hash_matcher.banks import Entry
from sluice.hashing import PDQ_MIN_QUALITY

COLUMNS = ("id", "pdq", "quality", "md5", "sha1", "sha256")

DIGESTS: Mapping[str, int] = {"pdq": 32, "md5": 16, "sha1": 20, "sha256": 32}
"""Column -> bytes."""

MOST_PROBLEMS = 20
"""A file that is wrong throughout is wrong for one reason: the first lines show it."""

_ID = re.compile(r"[!-~]{1,128}")
_HEX = re.compile(r"[0-9a-fA-F]*")


def read_entries(path: Path, text: str, problems: list[str]) -> Sequence[Entry]:
    """The entries in the file's order. Adds to `problems` what is wrong, as `path:line: ...`."""
    found: dict[str, Entry] = {}
    mine: list[str] = []
    rows = _rows(path, text, mine)
    line, header = next(rows, (1, []))
    if tuple(header) != COLUMNS:
        mine.append(f"{path}:{line}: the first line should be {','.join(COLUMNS)}")
        rows = iter(())
    for line, row in rows:
        wrong, entry = _entry(row)
        if entry is not None and entry.id in found:
            wrong.append("this id stands twice")
        mine.extend(f"{path}:{line}: {problem}" for problem in wrong)
        if entry is not None:
            found[entry.id] = entry
        if len(mine) >= MOST_PROBLEMS:
            mine.append(f"{path}:{line}: reading stopped here: too much is wrong")
            break
    if not found and not mine:
        mine.append(f"{path}:1: no entries: a bank that matches nothing is not loaded")
    problems.extend(mine)
    return tuple(found.values())


def _rows(path: Path, text: str, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of every line that is not empty."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error:
        problems.append(f"{path}:{reader.line_num}: not CSV")


def _entry(row: Sequence[str]) -> tuple[list[str], Entry | None]:
    """What is wrong with a row, and the entry where nothing is."""
    if len(row) != len(COLUMNS):
        return [f"{len(row)} fields, should be {len(COLUMNS)}"], None
    values = dict(zip(COLUMNS, (value.strip() for value in row), strict=True))
    wrong = [
        f"{column} should be {2 * size} hexadecimal digits"
        for column, size in DIGESTS.items()
        if values[column] and not (len(values[column]) == 2 * size and _HEX.fullmatch(values[column]))
    ]
    if not _ID.fullmatch(values["id"]):
        wrong.append("id should be 1 to 128 printable ASCII characters without spaces")
    if not any(values[column] for column in DIGESTS):
        wrong.append(f"none of {', '.join(DIGESTS)}")
    quality = values["quality"]
    if quality and not (quality.isdecimal() and len(quality) <= 3 and int(quality) <= 100):
        wrong.append("quality should be a number from 0 to 100, or empty")
    elif quality and values["pdq"] and int(quality) < PDQ_MIN_QUALITY:
        wrong.append(f"PDQ of quality {quality} matches strangers: below {PDQ_MIN_QUALITY}, leave pdq empty")
    if wrong:
        return wrong, None
    of_bytes = {column: bytes.fromhex(values[column]) for column in DIGESTS}
    return [], Entry(id=values["id"], quality=int(quality) if quality else None, **of_bytes)
