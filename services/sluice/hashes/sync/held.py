"""What a store holds of a bank."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sluice.hashes.current import read_current
from sluice.hashes.export import runs
from sluice.hashes.layout import decode
from sluice.hashes.live import LiveIndex
from sluice.hashes.locks import MERGE, locked
from sluice.hashes.mapped import mapped
from sluice.hashes.opened import OpenDelta, read_about
from sluice.hashes.sections import read
from sluice.hashes.snapshot import Snapshot
from sluice.hashes.verify import verify

_MERGE_SECONDS = 600.0


def held_says(folder: Path, bank: str) -> tuple[int, bool]:
    """When the bank was last compared with its source, in ms since the epoch, 0 for never; whether it has entries.

    Raises HashStoreError, HashFileError, ConfigError, OSError.
    """
    index = LiveIndex(folder)
    try:
        return index.view.fresh.get(bank, 0), bank in index.present()
    finally:
        index.close()


def held_ids(folder: Path, bank: str) -> set[str]:
    """Ids of all entries of a bank. Reads the whole base, and no merge begins meanwhile.

    Raises StoreBusyError where a merge does not end in ten minutes, HashStoreError, HashFileError, OSError.
    """
    with locked(folder, MERGE, _MERGE_SECONDS):
        current = read_current(folder)
        if current is None:
            return set()
        found = set(_of_base(folder / current.base, bank)) if current.base else set()
        delta = OpenDelta(folder, current)
        try:
            ops = [op for change in delta.more() for op in change.ops if op.bank == bank]
        finally:
            delta.close()
    for op in ops:
        (found.discard if op.listed is None else found.add)(op.id)
    return found


def _of_base(path: Path, bank: str) -> Iterator[str]:
    data = mapped(path)
    layout = decode(data)
    contents = read(data, layout)
    verify(data, layout, contents)
    names: list[str] = read_about(Snapshot(data, ""))["banks"]
    if bank in names:
        number = names.index(bank)
        for run in runs(contents, range(len(names)), lambda banks, _: banks == number):
            yield from np.char.decode(np.asarray(run.ids), "ascii").tolist()
