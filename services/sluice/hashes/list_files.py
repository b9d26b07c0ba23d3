"""Lists of hashes in files, read in runs: ten million lines take little memory, and every bad one is named.

CSV: the first line names the columns, in any order: id, and any of pdq, quality, md5, sha1, sha256. JSON lines
(*.jsonl): an object of the same names a line.
"""

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sluice.csv_lists import MOST_PROBLEMS, Tell, rows, text_lines
from sluice.errors import ConfigError
from sluice.hashes.compact import columns
from sluice.hashes.entries import UNKNOWN, Column, Entries
from sluice.hashes.listed import COLUMNS, MOST_QUALITY, SIZES, Listed, good_id, read_listed
from sluice.hashing import PDQ_MIN_QUALITY

RUN = 1 << 15
"""Lines at a time."""

_WRITTEN = ("{}", "{:02}", "{:03}")
_QUALITY = {"": UNKNOWN, **{form.format(number): number for form in _WRITTEN for number in range(MOST_QUALITY + 1)}}
_LOW = frozenset(form.format(number) for form in _WRITTEN for number in range(PDQ_MIN_QUALITY))

Row = tuple[int, Sequence[str]]
"""Line, and values in the order of `COLUMNS`."""


class BadListError(ConfigError):
    """Too much is wrong with the lists, or anything where nothing may be. `problems`: all, as `file:line: ...`."""


@dataclass(slots=True)
class Reading:
    """What a reading of lists found. `skip`: bad lines are told and left out; otherwise they end the reading. What
    keeps a file from being read to its end always does: nobody knows how much is behind it.

    `lines`: of entries, good ones; `bad`: lines left out; `refused`: PDQ hashes of too low a quality, which match
    strangers; the entry's other digests count. `read_bytes`: so far, for a bar.
    """

    tell: Tell
    skip: bool = False
    lines: int = 0
    bad: int = 0
    refused: int = 0
    read_bytes: int = 0
    problems: list[str] = field(default_factory=list)

    def note(self, problem: str) -> None:
        """A problem with one line. Raises `BadListError` when there are enough of them."""
        if self.skip:
            self.tell(problem)
        else:
            self.stop(problem)

    def stop(self, problem: str) -> None:
        """A problem with a file, which is not read to its end. Raises as `note` does, also where bad lines are left
        out: a list of which half is missing would take the place of a whole one."""
        self.tell(problem)
        self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            raise BadListError([*self.problems, "reading stopped here: too much is wrong"])

    def read(self, count: int) -> None:
        """Bytes were read."""
        self.read_bytes += count


def read_lists(files: Sequence[tuple[int, Path]], reading: Reading) -> Iterator[Entries]:
    """The entries of files, each with the number of its bank, in runs. Of a bank's files, no id may stand twice.

    Raises BadListError for what is wrong, after the last run where it is little, so that all of it is named; OSError.
    """
    seen: dict[int, array[int]] = {}
    for bank, file in files:
        hashes = seen.setdefault(bank, array("q"))
        for chunk in _chunks(_rows(file, reading)):
            kept = _only_good(file, chunk, reading)
            if kept:
                hashes.extend(hash(row[0]) for _, row in kept)
                reading.lines += len(kept)
                yield _run(bank, kept)
    for bank, hashes in seen.items():
        of_bank = [file for number, file in files if number == bank]
        if hashes:
            _refuse_twins(of_bank, hashes, reading)
        elif not reading.problems:
            reading.stop(f"{of_bank[0]}:1: no entries: a bank that matches nothing is not built")
    if reading.problems:
        raise BadListError(reading.problems)


def listed_in(files: Sequence[Path], reading: Reading) -> Iterator[Listed]:
    """The same for files of a few: one entry at a time. PDQ hashes of too low a quality are left out of them."""
    first: dict[str, str] = {}
    for file in files:
        for line, row in _rows(file, reading):
            listed = _listed(file, line, row, reading)
            if listed is None:
                continue
            if listed.id in first:
                # The second would take the first one's place, and what the first had would match no more.
                reading.stop(f"{file}:{line}: this id stands twice, first in {first[listed.id]}")
                continue
            first[listed.id] = f"{file}:{line}"
            reading.lines += 1
            yield listed
    if reading.problems:
        raise BadListError(reading.problems)


def ids_in(file: Path, reading: Reading) -> Iterator[str]:
    """The ids alone: what is to be removed."""
    for line, row in _rows(file, reading):
        if good_id(row[0]):
            reading.lines += 1
            yield row[0]
        else:
            reading.bad += 1
            reading.note(f"{file}:{line}: id should be 1 to 128 printable ASCII characters without spaces")
    if reading.problems:
        raise BadListError(reading.problems)


def _rows(file: Path, reading: Reading) -> Iterator[Row]:
    with file.open("rb") as stream:
        if stream.peek(2)[:2] == b"\x1f\x8b":
            reading.stop(f"{file}:1: compressed: unpack it first, with gzip -d")
            return
        lines = text_lines(file, stream, reading.stop, reading.read)
        yield from (_json_rows if file.suffix in (".jsonl", ".ndjson") else _csv_rows)(file, lines, reading)


def _csv_rows(file: Path, lines: Iterator[str], reading: Reading) -> Iterator[Row]:
    before = len(reading.problems)
    found = rows(file, lines, reading.stop)
    last, header = next(found, (1, []))
    wrong = "id" not in header or len(header) < 2 or len(set(header)) < len(header) or set(header) - {*COLUMNS}
    if wrong:
        if len(reading.problems) == before:
            columns_named = f"id and some of {', '.join(COLUMNS[1:])}"
            reading.stop(f"{file}:{last}: the first line should name the columns: {columns_named}")
        return
    width = len(header)
    order = [header.index(column) if column in header else width for column in COLUMNS]
    straight = tuple(header) == COLUMNS
    for line, row in found:
        lines_of_row, last = line - last, line
        if lines_of_row > 1 and any("\n" in value for value in row):
            reading.stop(f"{file}:{line}: a field over several lines: a quotation mark before it is not closed")
        elif len(row) != width:
            reading.bad += 1
            reading.note(f"{file}:{line}: {len(row)} fields, should be {width}")
        elif straight:
            yield line, row
        else:
            row.append("")
            yield line, [row[at] for at in order]


def _json_rows(file: Path, lines: Iterator[str], reading: Reading) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            form = json.loads(line)
        except (ValueError, RecursionError):
            form = None
        if not isinstance(form, dict) or form.keys() - {*COLUMNS}:
            reading.bad += 1
            reading.note(f"{file}:{number}: should be a JSON object with some of {', '.join(COLUMNS)}")
        else:
            yield number, [_word(form.get(column)) for column in COLUMNS]


def _word(value: object) -> str:
    """A text or a whole number; anything else as its JSON, which none of the columns takes."""
    if value is None or isinstance(value, str):
        return (value or "").strip()
    return str(value) if type(value) is int else f" {json.dumps(value)}"


def _chunks(found: Iterator[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in found:
        chunk.append(row)
        if len(chunk) == RUN:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _only_good(file: Path, chunk: list[Row], reading: Reading) -> list[Row]:
    """The rows that are entries. All are looked at together; one by one only where something is wrong."""
    kept = chunk
    low = [row for _, row in chunk if row[1] and row[2] in _LOW]
    if low:
        reading.refused += len(low)
        kept = [one for one in chunk if not (one[1][1] and one[1][2] in _LOW) or any(one[1][3:])]
    if _all_good([row for _, row in kept]):
        return kept
    return [(line, row) for line, row in kept if _good(file, line, row, reading)]


def _all_good(found: list[Sequence[str]]) -> bool:
    if not found:
        return True
    ids, pdq, quality, *exact = zip(*found, strict=True)
    digests = (pdq, *exact)
    return (
        all(map(good_id, ids))
        and _QUALITY.keys() >= set(quality)
        and all(_hex(values, size) is not None for values, size in zip(digests, SIZES.values(), strict=True))
        and all(map(any, zip(*digests, strict=True)))
    )


def _hex(values: Sequence[str], size: int) -> bytes | None:
    """All digests of a column; None where one of them is none."""
    if set(map(len, values)) - {0, 2 * size}:
        return None
    try:
        data = bytes.fromhex("".join(values))
    except ValueError:
        return None
    # Spaces between digits are passed over in silence: they would be missing here.
    return data if len(data) == size * sum(map(bool, values)) else None


def _good(file: Path, line: int, row: Sequence[str], reading: Reading) -> bool:
    wrong, listed = read_listed(dict(zip(COLUMNS, row, strict=True)))
    if listed is None:
        reading.bad += 1
        for problem in wrong:
            reading.note(f"{file}:{line}: {problem}")
    return listed is not None


def _listed(file: Path, line: int, row: Sequence[str], reading: Reading) -> Listed | None:
    if not _good(file, line, row, reading):
        return None
    listed = read_listed(dict(zip(COLUMNS, row, strict=True)))[1]
    if listed is None or not listed.plain:
        return listed
    reading.refused += 1
    return Listed(listed.id, b"", None, listed.md5, listed.sha1, listed.sha256) if listed.exact else None


def _run(bank: int, kept: list[Row]) -> Entries:
    ids, pdq, quality, *exact = zip(*(row for _, row in kept), strict=True)
    found = {}
    for (kind, size), values in zip(SIZES.items(), (pdq, *exact), strict=True):
        data = _hex(values, size)
        if data is None:
            return columns([(bank, one) for _, row in kept if (one := _read(row)) is not None])
        have = np.flatnonzero(np.fromiter(map(len, values), np.uint8, len(values))).astype(np.uint32)
        found[kind] = Column(have, np.frombuffer(data, np.uint8).reshape(-1, size))
    column = found.pop("pdq")
    try:
        qualities = np.array([_QUALITY[quality[at]] for at in column.entries.tolist()], np.uint8)
    except KeyError:
        return columns([(bank, one) for _, row in kept if (one := _read(row)) is not None])
    return Entries(np.array(ids, np.bytes_), bank, column, qualities, found)


def _read(row: Sequence[str]) -> Listed | None:
    return read_listed(dict(zip(COLUMNS, row, strict=True)))[1]


def _refuse_twins(files: Sequence[Path], hashes: "array[int]", reading: Reading) -> None:
    """Ids that stand twice, found by their hashes; only where two are the same are the files read again."""
    values, counts = np.unique(np.frombuffer(hashes, np.int64), return_counts=True)
    twins = set(values[counts > 1].tolist())
    if not twins:
        return
    first: dict[str, str] = {}
    quiet = Reading(lambda _: None, skip=True)
    for file in files:
        for line, row in _rows(file, quiet):
            if hash(row[0]) not in twins or _read(row) is None:
                continue
            if row[0] in first:
                reading.stop(f"{file}:{line}: this id stands twice, first in {first[row[0]]}")
            else:
                first[row[0]] = f"{file}:{line}"
