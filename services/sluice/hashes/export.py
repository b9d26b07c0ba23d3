"""The entries of a file of hashes, read back in runs: what a new file is built from."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from sluice.hashes.engine import chosen, native
from sluice.hashes.entries import Column, Entries
from sluice.hashes.sections import HASH_BYTES, Bytes, Contents, Shorts, Words
from sluice.hashes.steps import Steps

RUN = 1 << 17
"""Entries at a time."""

_NONE = np.uint32(0xFFFFFFFF)

Ids = npt.NDArray[np.bytes_]

Keep = Callable[[Shorts, Ids], npt.NDArray[np.bool_]]
"""Numbers of banks and ids of a run's entries -> which of them stay."""


def runs(contents: Contents, banks: Sequence[int], keep: Keep | None = None, engine: str = "") -> Iterator[Entries]:
    """The entries in the order of their numbers; those that `keep` says no to are left out.

    `banks`: old number of a bank -> its new one. The contents must have been verified: numbers are taken at their
    word. Takes four bytes of memory an entry for each kind of digest.
    """
    rows = np.repeat(np.arange(len(contents.hashes), dtype=np.uint32), np.diff(contents.row_offsets))
    row_of = _inverted(rows, contents.row_entries, len(contents.banks))
    places = {
        kind: _inverted(np.arange(len(known.entries), dtype=np.uint32), known.entries, len(contents.banks))
        for kind, known in contents.known.items()
    }
    numbers = np.array(banks, "<u2") if len(banks) else np.zeros(1, "<u2")
    restore = Steps(native(chosen(engine)), np.argsort(contents.permutation).astype(np.uint8))
    for start in range(0, len(contents.banks), RUN):
        part = slice(start, min(start + RUN, len(contents.banks)))
        old, ids = contents.banks[part], _ids(contents, part)
        kept = np.arange(len(old)) if keep is None else np.flatnonzero(keep(old, ids))
        if not len(kept):
            continue
        have, of_rows = _present(row_of[part][kept])
        hashes = np.ascontiguousarray(contents.hashes[of_rows]).view(np.uint8).reshape(-1, HASH_BYTES)
        columns = {kind: _present(of[part][kept]) for kind, of in places.items()}
        yield Entries(
            ids[kept],
            numbers[old[kept]],
            Column(have, restore.permute(hashes)),
            np.ascontiguousarray(contents.qualities[part][kept][have]),
            {kind: Column(some, _taken(contents.known[kind].digests, at)) for kind, (some, at) in columns.items()},
        )


def _inverted(values: Words, entries: Words, count: int) -> Words:
    found = np.full(count, _NONE, np.uint32)
    found[entries] = values
    return found


def _present(values: Words) -> tuple[Words, Words]:
    """Which have one, and which one."""
    have = np.flatnonzero(values != _NONE).astype(np.uint32)
    return have, values[have]


def _taken(digests: Bytes, places: Words) -> Bytes:
    return np.ascontiguousarray(digests[places])


def _ids(contents: Contents, part: slice) -> Ids:
    offsets = contents.id_offsets[part.start : part.stop + 1].astype(np.int64)
    lengths = np.diff(offsets)
    cells = np.zeros((len(lengths), max(1, int(np.max(lengths, initial=1)))), np.uint8)
    cells[np.arange(cells.shape[1]) < lengths[:, None]] = contents.ids[int(offsets[0]) : int(offsets[-1])]
    return cells.view(f"S{cells.shape[1]}").reshape(-1)
