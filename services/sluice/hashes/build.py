"""Building a file of hashes from runs of entries."""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.hashes.engine import chosen, native
from sluice.hashes.entries import Entries
from sluice.hashes.gather import Gathered
from sluice.hashes.layout import Section
from sluice.hashes.permutation import permutation
from sluice.hashes.sections import BANDS, DIGEST_BYTES, HASH_BYTES, MOST_ABOUT, OFFSETS, Longs
from sluice.hashes.steps import Steps
from sluice.hashes.write import HashFileWriter

TABLES_FROM = 4096
"""Hashes from which on tables are built: comparing with fewer takes as little time as looking them up."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0: not known)."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was written. `hashes`: different PDQ hashes; `listed`: entries with one; `refused`: left out for their
    quality; `known`: exact digests by kind; `digest`: SHA-256 of the header, which stands for the whole content."""

    entries: int
    hashes: int
    listed: int
    refused: int
    known: Mapping[str, int]
    digest: bytes


def build(
    path: Path,
    runs: Iterable[Entries],
    *,
    about: Mapping[str, Any] | None = None,
    tables: bool | None = None,
    threads: int = 1,
    engine: str = "",
    progress: Progress | None = None,
) -> Built:
    """Writes the file, in the place of one that may be there, only once it is whole.

    `about`: anything that JSON can hold, for the caller's use. `tables`: whether to index bands (None: from
    `TABLES_FROM` hashes on). `threads`: bands that are sorted at once. `engine`: see `engine.engines`; the file is
    the same whichever built it. Raises ValueError for runs that make no sense, OSError where the file cannot be
    written; the old file is then still there.
    """
    tell = progress or (lambda _stage, _done, _total: None)
    order = permutation()
    steps = Steps(native(chosen(engine)), order)
    gathered = Gathered(steps)
    for run in runs:
        gathered.add(run)
        tell("entries", gathered.entries, 0)
    tell("sorting", 0, 1 + len(DIGEST_BYTES))
    rows, row_offsets, row_entries = gathered.hashes()
    values: dict[str, npt.NDArray[Any]] = {
        "about": _about(about or {}),
        "permutation": order,
        "hashes": rows,
        "row-offsets": row_offsets,
        "row-entries": row_entries,
        **gathered.about_entries(),
    }
    counts: dict[str, int] = {}
    for done, kind in enumerate(DIGEST_BYTES, 1):
        tell("sorting", done, 1 + len(DIGEST_BYTES))
        known = gathered.known(kind)
        values |= {f"{kind}-digests": known.digests, f"{kind}-entries": known.entries}
        values[f"{kind}-directory"] = known.directory
        counts[kind] = len(known.digests)
    wanted = len(rows) >= TABLES_FROM if tables is None else tables
    sections = [Section(name, _element(name, one), one.nbytes) for name, one in values.items()]
    with HashFileWriter(path, sections + (_bands(len(rows)) if wanted else [])) as writer:
        for name, one in values.items():
            writer.append(name, one)
        if wanted:
            _write_tables(writer, steps, rows, threads, tell)
        digest = writer.finish()
    return Built(gathered.entries, len(rows), len(row_entries), gathered.refused, counts, digest)


def _about(about: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    text = json.dumps(about, sort_keys=True, separators=(",", ":")).encode()
    if len(text) > MOST_ABOUT:
        raise ValueError(f"about: more than {MOST_ABOUT} bytes")
    return np.frombuffer(text, np.uint8)


def _element(name: str, values: npt.NDArray[Any]) -> int:
    """Bytes of what a section counts: whole digests, else numbers."""
    return HASH_BYTES if name == "hashes" else values.shape[1] if values.ndim == 2 else values.itemsize


def _bands(rows: int) -> list[Section]:
    return [
        Section("band-offsets", 4, 4 * BANDS * OFFSETS),
        Section("band-fingerprints", 2, 2 * BANDS * rows),
        Section("band-rows", 4, 4 * BANDS * rows),
    ]


def _write_tables(writer: HashFileWriter, steps: Steps, rows: Longs, threads: int, tell: Progress) -> None:
    """Each table is written as soon as it and those before it are there: at most `threads` are held at once."""
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, BANDS, threads):
            group = range(first, min(first + threads, BANDS))
            for band, table in zip(group, pool.map(lambda band: steps.table(rows, band), group), strict=True):
                tell("tables", band, BANDS)
                writer.append("band-offsets", table.offsets)
                writer.append("band-fingerprints", table.fingerprints)
                writer.append("band-rows", table.rows)
    tell("tables", BANDS, BANDS)
