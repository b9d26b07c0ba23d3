"""Rows of a JSONL, CSV, TSV or Parquet file, each with its place; what is no row is a `Bad` one, never left out."""

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from sluice.errors import SluiceError

INSTALL: Final = "pip install 'pyarrow>=26'"
"""What reads Parquet; the extra `eval` of this package is the same."""

_LONGEST_CELL: Final = 1 << 27
_JSONL: Final = frozenset({".jsonl", ".ndjson", ".json"})


class FileError(SluiceError):
    """A file that cannot be read at all. The message names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """`where`: file:line. `cells`: by column, names in lower case."""

    where: str
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Bad:
    """What is no row, or none that can be used, and why. `why` never holds content."""

    where: str
    why: str


def read_rows(path: Path) -> Iterator[Row | Bad]:
    """Every row of a file, in order; its name says what it is, "-" is JSONL on standard input. Empty lines are none.

    .jsonl, .ndjson, .json: one object per line. .csv, .tsv: with a first line of names. .parquet: needs pyarrow.
    The first two also gzipped (.gz). Raises FileError, while reading too.
    """
    name = path.name
    suffixes = [suffix.lower() for suffix in path.suffixes]
    gzipped = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if gzipped else suffixes)[-1:]
    try:
        if name == "-":
            yield from _jsonl(sys.stdin.buffer, "stdin")
        elif kind == [".parquet"] and not gzipped:
            yield from _parquet(path)
        elif kind and kind[0] in _JSONL | {".csv", ".tsv"}:
            with gzip.open(path) if gzipped else path.open("rb") as data:
                stream: IO[bytes] = data  # type: ignore[assignment]  # a GzipFile reads like any other
                if kind[0] in _JSONL:
                    yield from _jsonl(stream, name)
                else:
                    yield from _csv(stream, name, "," if kind == [".csv"] else "\t")
        else:
            raise FileError(f"{path} is not one of .jsonl, .csv, .tsv, .parquet")
    except (OSError, EOFError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error


def _jsonl(data: IO[bytes], name: str) -> Iterator[Row | Bad]:
    for number, line in enumerate(data, start=1):
        if line.strip():
            where = f"{name}:{number}"
            found = read_object(line)
            yield Bad(where, found) if isinstance(found, str) else Row(where, _lower(found))


def read_object(line: bytes) -> dict[str, Any] | str:
    """The JSON object in a line, or why there is none."""
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return "not UTF-8"
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} at column {error.colno}"
    except (RecursionError, ValueError):
        return "JSON that is nested too deeply, or a number that is too long"
    return found if isinstance(found, dict) else "not a JSON object"


def _csv(data: IO[bytes], name: str, delimiter: str) -> Iterator[Row | Bad]:
    csv.field_size_limit(_LONGEST_CELL)
    # Bytes that are not UTF-8 come through as halves of surrogate pairs, so that they cost their own row alone.
    with io.TextIOWrapper(data, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        rows = csv.DictReader(text, delimiter=delimiter, strict=True)
        try:
            for cells in rows:
                where = f"{name}:{rows.line_num}"
                if None in cells:
                    yield Bad(where, "more cells than names in the first line")
                elif any("\udc80" <= letter <= "\udcff" for cell in cells.values() for letter in cell or ""):
                    yield Bad(where, "not UTF-8")
                else:
                    yield Row(where, _lower({key: cell for key, cell in cells.items() if cell is not None}))
        except csv.Error as error:
            # What follows cannot be told apart into rows.
            yield Bad(f"{name}:{rows.line_num}", f"not CSV from here on: {error}")


def _parquet(path: Path) -> Iterator[Row | Bad]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra that most do without
        from pyarrow import parquet  # noqa: PLC0415 - as above
    except ImportError as error:
        raise FileError(f"{path} is Parquet, which needs pyarrow; run: {INSTALL}") from error
    try:
        number = 0
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(1024):
                for cells in batch.to_pylist():
                    number += 1
                    yield Row(f"{path.name}:{number}", _lower(cells))
    except pa.ArrowException as error:
        raise FileError(f"{path} is not Parquet: {str(error).splitlines()[0]}") from error


def _lower(cells: Mapping[str, object]) -> dict[str, object]:
    return {str(name).strip().lower(): value for name, value in cells.items()}
