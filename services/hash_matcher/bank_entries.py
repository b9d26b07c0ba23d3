"""`entries.csv`: the digests of a bank, one known picture a line."""

from collections.abc import Sequence
from pathlib import Path

from sluice.csv_lists import MOST_PROBLEMS, rows
from sluice.hashes.listed import COLUMNS, Listed, read_listed
from sluice.hashing import PDQ_MIN_QUALITY


def read_entries(path: Path, text: str, problems: list[str]) -> Sequence[Listed]:
    """The entries in the file's order. Adds to `problems` what is wrong, as `path:line: ...`."""
    found: dict[str, Listed] = {}
    mine: list[str] = []
    lines = rows(path, text.splitlines(keepends=True), mine.append)
    line, header = next(lines, (1, []))
    if tuple(header) != COLUMNS:
        mine.append(f"{path}:{line}: the first line should be {','.join(COLUMNS)}")
        lines = iter(())
    for line, row in lines:
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


def _entry(row: Sequence[str]) -> tuple[list[str], Listed | None]:
    """What is wrong with a row, and the entry where nothing is."""
    if len(row) != len(COLUMNS):
        return [f"{len(row)} fields, should be {len(COLUMNS)}"], None
    wrong, entry = read_listed(dict(zip(COLUMNS, row, strict=True)))
    if entry is not None and entry.plain:
        why = f"PDQ of quality {entry.quality} matches strangers: below {PDQ_MIN_QUALITY}, leave pdq empty"
        return [why], None
    return wrong, entry
