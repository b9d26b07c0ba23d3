"""Name lists in CSV files. Everything wrong in all of them is told at once, as `file:line: what is wrong`.

id,name,aliases,kind,source,note
a-0001,Ada Example,A. Example|~Example,artist-living,where the facts are from,born 1970

`docs/name-lists.md` describes the columns.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sluice.csv_lists import MOST_PROBLEMS, rows
from sluice.errors import ConfigError
from sluice.names.forms import forms, letters
from sluice.names.lists import Entry, ListKind, NameList, Term
from sluice.refreshed import Snapshot, snapshot

COLUMNS: Final = ("id", "name", "aliases", "kind", "source", "note")
MOST_ENTRIES: Final = 50_000
MOST_FILES: Final = 64
MOST_ALIASES: Final = 32
LONGEST_TERM: Final = 100
"""Characters of a name or an alias."""
LONGEST_NOTE: Final = 500
STYLE_ONLY: Final = "~"
"""Before a name or an alias: it counts only where a style is asked for."""

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ID: Final = re.compile(r"[!-~]{1,128}")


def load_lists(paths: Sequence[Path]) -> tuple[NameList, ...]:
    """`lists_of` what the files hold now."""
    return lists_of(read_lists(paths))


def read_lists(paths: Sequence[Path]) -> Snapshot:
    """What the files hold now. A folder stands for the `.csv` files in it."""
    problems: list[str] = []
    files = [file for path in paths for file in _files(path, problems)]
    if len(files) > MOST_FILES:
        problems.append(f"{files[MOST_FILES]}:1: more than {MOST_FILES} files of names")
    return snapshot(files[:MOST_FILES], problems)


def lists_of(seen: Snapshot) -> tuple[NameList, ...]:
    """The lists of all files, by name.

    Raises ConfigError with the problems of all files: lists that are half right are not loaded by halves.
    """
    problems = [*seen.problems]
    found: dict[str, NameList] = {}
    for file, data in seen.files.items():
        try:
            one = _list(file, data)
        except ConfigError as error:
            problems.extend(error.problems)
            continue
        if one.name in found:
            problems.append(f"{file}:1: another list is called {one.name} too")
        found[one.name] = one
    if problems:
        raise ConfigError(problems)
    return tuple(found[name] for name in sorted(found))


def load_list(file: Path) -> NameList:
    """Reads one file. Raises ConfigError, one problem a line. A list with a header alone is a list of nobody."""
    (found,) = lists_of(snapshot([file]))
    return found


def _list(file: Path, data: bytes) -> NameList:
    problems: list[str] = []
    if not _SLUG.fullmatch(file.stem):
        problems.append(f"{file}:1: the file's name should be small letters, digits and hyphens, at most 63")
    text = _decoded(file, data, problems)
    entries = _entries(file, text, problems) if text is not None else ()
    if problems:
        raise ConfigError(problems)
    return NameList(file.stem, entries)


def _files(path: Path, problems: list[str]) -> Sequence[Path]:
    if path.is_dir():
        return sorted(file for file in path.glob("*.csv") if not file.name.startswith("."))
    if not path.exists():
        problems.append(f"{path}:1: no such file or folder")
        return ()
    return [path]


def _decoded(file: Path, data: bytes, problems: list[str]) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(f"{file}:{error.object[: error.start].count(10) + 1}: not UTF-8")
    return None


def _entries(file: Path, text: str, problems: list[str]) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    mine: list[str] = []
    found_rows = rows(file, text.split("\n"), mine.append)
    line, header = next(found_rows, (1, []))
    if tuple(header) != COLUMNS:
        mine.append(f"{file}:{line}: the first line should be {','.join(COLUMNS)}")
        found_rows = iter(())
    for line, row in found_rows:
        wrong, entry = _entry(row)
        if entry is not None and entry.id in found:
            wrong.append("this id stands twice")
        mine.extend(f"{file}:{line}: {problem}" for problem in wrong)
        if entry is not None:
            found[entry.id] = entry
        if len(mine) >= MOST_PROBLEMS or len(found) > MOST_ENTRIES:
            why = f"more than {MOST_ENTRIES} entries" if len(found) > MOST_ENTRIES else "too much is wrong"
            mine.append(f"{file}:{line}: reading stopped here: {why}")
            break
    problems.extend(mine)
    return tuple(found.values())


def _entry(row: Sequence[str]) -> tuple[list[str], Entry | None]:
    """What is wrong with a row, and the entry where nothing is."""
    if len(row) != len(COLUMNS):
        return [f"{len(row)} fields, should be {len(COLUMNS)}"], None
    identity, name, aliases, kind, source, note = row
    wrong = [] if _ID.fullmatch(identity) else ["id should be 1 to 128 printable ASCII characters without spaces"]
    if kind not in set(ListKind):
        wrong.append(f"kind should be one of {', '.join(ListKind)}")
    if not source or max(len(source), len(note)) > LONGEST_NOTE:
        wrong.append(
            f"source should say where the entry is from; source and note have at most {LONGEST_NOTE} characters"
        )
    others = aliases.split("|") if aliases else []
    if len(others) > MOST_ALIASES:
        return [*wrong, f"more than {MOST_ALIASES} aliases"], None
    terms = {_term(one): place for place, one in reversed(list(enumerate([name, *others])))}
    for term, place in sorted(terms.items(), key=lambda found: found[1]):
        where = f"alias {place}" if place else "name"
        if problem := _term_problem(term.text):
            wrong.append(f"{where} {problem}")
    if wrong:
        return wrong, None
    ordered = sorted(terms, key=lambda term: terms[term])
    return [], Entry(identity, ListKind(kind), tuple(ordered), source, note)


def _term(written: str) -> Term:
    text = written.strip()
    return Term(" ".join(text.removeprefix(STYLE_ONLY).split()), text.startswith(STYLE_ONLY))


def _term_problem(text: str) -> str:
    if not text:
        return "is empty"
    if len(text) > LONGEST_TERM:
        return f"has more than {LONGEST_TERM} characters"
    if any(not character.isprintable() for character in text):
        return "holds a character that cannot be seen"
    if not forms(text):
        return f"is too short to be looked for: {letters(text)} letters"
    return ""
