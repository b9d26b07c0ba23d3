"""A store's one writer: changes appended to the delta, on the disk before they are acknowledged.

A store is a folder:

banks.yaml                  which banks there are (`banks`); written by people
current.json                which of the others count (`current`)
base-<digest>.snap          most entries (`snapshot`)
delta-<generation>.log      what changed since (`delta`)
write.lock, merge.lock      who writes (`locks`)
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluice.hashes.banks import Bank, load_banks_file
from sluice.hashes.change import Change, HashStoreError
from sluice.hashes.current import BANKS, NAME, Current, read_current, sync_folder, write_current
from sluice.hashes.delta import ANEW, Place, frame, raw_frames, seed
from sluice.hashes.locks import WRITE, locked

MERGE_BYTES = 16 << 20
"""Of a delta that should be merged: about a hundred thousand entries, which a matcher takes in within seconds."""

_LOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Appended:
    """`torn_bytes`: what a writer that died had left at the end, and was cut off. `delta_bytes`: length now."""

    torn_bytes: int
    delta_bytes: int

    @property
    def should_merge(self) -> bool:
        """Whether the delta has grown long."""
        return self.delta_bytes > MERGE_BYTES


def described(folder: Path) -> dict[str, Bank]:
    """The banks of a store. Raises ConfigError with every problem of their file."""
    return dict(load_banks_file(folder / BANKS))


def begun(folder: Path) -> Current:
    """The store's files; where there are none, an empty store is made in the folder, which has a `banks.yaml`.

    Under the write lock. Raises HashStoreError, also for lists that no `current.json` names: an empty store in their
    place would match nothing; OSError.
    """
    found = read_current(folder)
    if found is None:
        left = [*folder.glob("base-*.snap"), *(one for one in folder.glob("delta-*.log") if one.stat().st_size)]
        if left:
            raise HashStoreError(
                f"{folder / NAME} is missing, and {min(left).name} is there: put it back from a copy of the store, "
                "or move the base and the delta away and build the store anew from its lists"
            )
        found = Current()
        make_delta(folder, found)
        write_current(folder, found)
    return found


def make_delta(folder: Path, current: Current, changes: Collection[Change] = ()) -> Place:
    """A delta with these changes, on the disk; one of that name which nobody uses is overwritten."""
    place = Place(0, seed(current.base_digest, current.generation))
    with (folder / current.delta).open("wb") as file:
        for change in changes:
            data, place = frame(place, change)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    return place


def append(folder: Path, changes: Sequence[Change]) -> Appended:
    """Appends changes; they count once this returns. Raises HashStoreError for a bank that is not described, damage,
    another writer that does not end, or where only the first of them could be written; ConfigError for a bad
    `banks.yaml`; OSError, and then nothing has changed.
    """
    banks = described(folder)
    unknown = {op.bank for change in changes for op in change.ops} | {bank for one in changes for bank in one.fresh}
    if unknown - banks.keys():
        raise HashStoreError(f"{folder / BANKS} describes no bank called {', '.join(sorted(unknown - banks.keys()))}")
    with locked(folder, WRITE, _LOCK_SECONDS):
        current = begun(folder)
        file = open_delta(folder, current, os.O_RDWR)
        try:
            return _append(file, Place(0, seed(current.base_digest, current.generation)), changes)
        finally:
            os.close(file)


def open_delta(folder: Path, current: Current, flags: int) -> int:
    """A descriptor of the delta. Raises HashStoreError where it is missing: only a merge, under the write lock,
    removes one; OSError."""
    try:
        return os.open(folder / current.delta, flags | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise HashStoreError(
            f"{folder / current.delta} is missing: put it back from a copy of the store, or {ANEW}"
        ) from error


def _append(file: int, place: Place, changes: Sequence[Change]) -> Appended:
    for _, behind in raw_frames(file, place):
        place = behind
    torn = os.fstat(file).st_size - place.offset
    if torn:
        os.ftruncate(file, place.offset)
    for done, change in enumerate(changes):
        data, behind = frame(place, change)
        try:
            _write(file, data, place.offset)
        except OSError as error:
            # Readers have not seen what has no end, but the room that it took may be all there was.
            os.ftruncate(file, place.offset)
            if not done:
                raise
            raise HashStoreError(
                f"{error.strerror}: the first {sum(len(one.ops) for one in changes[:done])} entries are done, the "
                "others are not. Doing all of it again does no harm"
            ) from error
        place = behind
    os.fsync(file)
    return Appended(torn, place.offset)


def _write(file: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        done = os.pwrite(file, view, offset)
        view, offset = view[done:], offset + done
