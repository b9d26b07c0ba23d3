"""A new base: what the old one and the delta say together, and lists that take the place of old ones.

Numbered, as it is done: 1. the merge lock; 2. the delta is read to its end, under the write lock; 3. the new base is
built and read back whole; meanwhile changes go on being appended; 4. under the write lock: those that came since go
into a new delta, and `current.json` names both; 5. files that it does not name are removed. Readers that have them
open keep them. A crash before 4 leaves files that nobody names, which the next merge removes.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.hashes.build import Built, Progress, build
from sluice.hashes.change import Change, HashStoreError, Key
from sluice.hashes.current import BANKS, Current, base_name, sync_folder, write_current
from sluice.hashes.delta import ANEW, Place, raw_frames, read_frames, seed
from sluice.hashes.entries import Column, Entries
from sluice.hashes.export import Ids, Keep, runs
from sluice.hashes.layout import HashFileError, decode
from sluice.hashes.listed import SIZES, Listed
from sluice.hashes.locks import MERGE, WRITE, locked
from sluice.hashes.mapped import mapped
from sluice.hashes.opened import read_about
from sluice.hashes.sections import Shorts, read
from sluice.hashes.snapshot import Snapshot
from sluice.hashes.store import begun, described, make_delta, open_delta
from sluice.hashes.verify import verify

_LOCK_SECONDS = 30.0
_RUN = 1 << 16


@dataclass(frozen=True, slots=True)
class Lists:
    """Whole lists: each takes the place of all that its bank had. `runs`: entries whose banks are numbered in the
    order of `banks`."""

    banks: Sequence[str]
    runs: Iterable[Entries]


@dataclass(frozen=True, slots=True)
class Compacted:
    """What is there now. `merged`: entries and removals that the delta had. `damage`: of the old files, of which
    nothing was taken then."""

    current: Current
    built: Built
    merged: int
    bytes: int
    damage: str = ""


def compact(
    folder: Path,
    lists: Lists | None = None,
    fresh: Mapping[str, int] | None = None,
    threads: int = 1,
    engine: str = "",
    progress: Progress | None = None,
) -> Compacted:
    """Builds a new base and puts it in place. `fresh`: bank -> when its source was compared with it, in ms.

    Lists of all banks that are described make a sound store of a damaged one, of which nothing is taken then.
    Raises HashStoreError, HashFileError for a base that is damaged, ConfigError for a bad `banks.yaml`, OSError, and
    what the lists' runs raise; then nothing has changed.
    """
    replaced = frozenset(lists.banks if lists is not None else ())
    with locked(folder, MERGE, 0.0):
        with locked(folder, WRITE, _LOCK_SECONDS):
            # Under the lock, so that a bank that is described later cannot have entries in what is read here.
            described_banks = described(folder)
            old = begun(folder)
            # What builds that were killed have left may be all the room there is.
            _sweep(folder, old)
        start = Place(0, seed(old.base_digest, old.generation))
        damage = ""
        place: Place | None
        try:
            changes, place = _read_delta(folder, old, start)
            latest = {op.key: op.listed for change in changes for op in change.ops if op.bank not in replaced}
            about, parts = _old_base(folder, old, replaced, latest, engine)
        except (HashStoreError, HashFileError) as error:
            if not replaced >= described_banks.keys():
                raise
            damage, changes, latest, about, parts = str(error), [], {}, {}, iter(())
            place = _end(folder, old, start)
        known: dict[str, int] = {}
        for change in changes:
            known |= change.fresh
        names = sorted(described_banks)
        missing = {*_used(about), *(bank for bank, _ in latest), *replaced} - {*names}
        if missing:
            raise HashStoreError(
                f"{folder / BANKS} describes no bank called {', '.join(sorted(missing))}, which has entries: "
                "describe it again; before it goes, `sluice hashes remove BANK --all`"
            )
        number = {name: at for at, name in enumerate(names)}
        counts = dict.fromkeys(names, 0)
        known = {**about.get("fresh", {}), **known, **(fresh or {})}
        temporary = folder / f"base-new-{os.getpid()}.tmp"
        try:
            built = build(
                temporary,
                _counted(_all(parts, about, latest, lists, number), names, counts),
                # The counts are right once the runs have passed, which is when this is written.
                about={"banks": names, "entries": counts, "fresh": {k: at for k, at in known.items() if k in number}},
                threads=threads,
                engine=engine,
                progress=progress,
            )
            checked = Snapshot.open(temporary, engine)
            checked.verify((lambda done, whole: progress("verifying", done, whole)) if progress else None)
            size = temporary.stat().st_size
            temporary.rename(folder / base_name(built.digest))
        finally:
            temporary.unlink(missing_ok=True)
        new = Current(old.generation + 1, base_name(built.digest), built.digest)
        with locked(folder, WRITE, _LOCK_SECONDS):
            # Nobody can append to a delta without an end.
            since, _ = _read_delta(folder, old, place) if place is not None else ([], None)
            make_delta(folder, new, since)
            write_current(folder, new)
        _sweep(folder, new)
    return Compacted(new, built, len(latest), size, damage)


def _read_delta(folder: Path, current: Current, place: Place) -> tuple[list[Change], Place]:
    """Whole frames from there to the end, and where that is."""
    changes: list[Change] = []
    file = open_delta(folder, current, os.O_RDONLY)
    try:
        for change, behind in read_frames(file, place):
            changes.append(change)
            place = behind
    finally:
        os.close(file)
    return changes, place


def _end(folder: Path, current: Current, place: Place) -> Place | None:
    """Behind the last whole frame; None where the delta is damaged or missing."""
    try:
        file = open_delta(folder, current, os.O_RDONLY)
    except HashStoreError:
        return None
    try:
        for _, behind in raw_frames(file, place):
            place = behind
    except HashStoreError:
        return None
    finally:
        os.close(file)
    return place


def _old_base(
    folder: Path, old: Current, replaced: Collection[str], latest: Mapping[Key, Any], engine: str
) -> tuple[Mapping[str, Any], Iterator[Entries]]:
    """What the builder of the old base said, and its entries that stay, with their old numbers of banks."""
    if not old.base:
        return {}, iter(())
    try:
        data = mapped(folder / old.base)
        layout = decode(data)
        contents = read(data, layout)
        verify(data, layout, contents)
        about = read_about(Snapshot(data, engine))
    except FileNotFoundError as error:
        raise HashStoreError(
            f"{folder / old.base} is missing: put it back from a copy of the store, or {ANEW}"
        ) from error
    except HashFileError as error:
        raise HashFileError(f"{folder / old.base}: {error}: {ANEW}") from error
    names: list[str] = about["banks"]
    if int(np.max(contents.banks, initial=0)) >= max(1, len(names)):
        raise HashStoreError(f"{old.base} has entries of a bank without a name")
    return about, runs(contents, range(len(names)), _keep(names, replaced, latest), engine)


def _keep(names: Sequence[str], replaced: Collection[str], latest: Mapping[Key, Any]) -> Keep:
    gone: dict[str, list[bytes]] = {}
    for bank, identity in latest:
        gone.setdefault(bank, []).append(identity.encode())
    lists = {at: np.array(gone[name]) for at, name in enumerate(names) if name in gone}
    dropped = np.array([name in replaced for name in names] or [False])

    def keep(banks: Shorts, ids: Ids) -> npt.NDArray[np.bool_]:
        stays = ~dropped[banks]
        for at, identities in lists.items():
            of_bank = np.flatnonzero(banks == at)
            stays[of_bank[np.isin(ids[of_bank], identities)]] = False
        return stays

    return keep


def _all(
    old: Iterator[Entries],
    about: Mapping[str, Any],
    latest: Mapping[Key, Listed | None],
    lists: Lists | None,
    number: Mapping[str, int],
) -> Iterator[Entries]:
    """Entries with their new numbers of banks: of the old base, of the delta, of the lists."""
    of_old = [number.get(name, 0) for name in about.get("banks", ())]
    yield from (_renumbered(run, of_old) for run in old)
    added = [(number[bank], listed) for (bank, _), listed in latest.items() if listed is not None]
    for start in range(0, len(added), _RUN):
        yield columns(added[start : start + _RUN])
    if lists is not None:
        of_lists = [number[name] for name in lists.banks]
        yield from (_renumbered(run, of_lists) for run in lists.runs)


def _counted(parts: Iterable[Entries], names: Sequence[str], counts: dict[str, int]) -> Iterator[Entries]:
    """The same runs; adds up the entries of each bank."""
    for run in parts:
        yield run
        for name, count in zip(names, np.bincount(run.bank_numbers(), minlength=len(names)).tolist(), strict=True):
            counts[name] += count


def _used(about: Mapping[str, Any]) -> list[str]:
    return [name for name, count in about.get("entries", {}).items() if count]


def _renumbered(run: Entries, numbers: Sequence[int]) -> Entries:
    banks = np.array(numbers or [0], "<u2")[run.bank_numbers()]
    return Entries(run.ids, banks, run.pdq, run.qualities, run.known)


def columns(members: Sequence[tuple[int, Listed]]) -> Entries:
    """Entries, each with its bank's number, as a run."""
    found: dict[str, Column] = {}
    for kind, size in SIZES.items():
        have = [at for at, (_, listed) in enumerate(members) if getattr(listed, kind)]
        values = b"".join(getattr(members[at][1], kind) for at in have)
        found[kind] = Column(np.array(have, np.uint32), np.frombuffer(values, np.uint8).reshape(-1, size))
    pdq = found.pop("pdq")
    qualities = [members[at][1].quality for at in pdq.entries]
    return Entries(
        [listed.id for _, listed in members],
        np.array([bank for bank, _ in members], "<u2"),
        pdq,
        np.array([255 if one is None else one for one in qualities], np.uint8),
        found,
    )


def _sweep(folder: Path, current: Current) -> None:
    kept = {current.base, current.delta}
    for pattern in ("base-*.snap", "delta-*.log", "base-new-*.tmp", ".base-*", ".current.json.*"):
        for path in folder.glob(pattern):
            if path.name not in kept:
                path.unlink(missing_ok=True)
    sync_folder(folder)
