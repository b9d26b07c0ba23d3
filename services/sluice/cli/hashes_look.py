"""`sluice hashes lookup | stats | verify`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sluice.check import Digests
from sluice.cli.hashes_where import Json, Store, store_folder
from sluice.cli.tell import put_json, refuse, say, show_table, wants_json
from sluice.deadline import now_ms
from sluice.errors import TerminalError
from sluice.hashes.banks import CSAM
from sluice.hashes.change import HashStoreError
from sluice.hashes.delta import ANEW
from sluice.hashes.layout import HashFileError
from sluice.hashes.live import LiveIndex
from sluice.hashes.picture import digests_of
from sluice.hashes.view import Hit, judge
from sluice.local.progress import Progress as Lines
from sluice.moments import when

NOTHING = 3
"""Exit status of a lookup that found nothing."""

_MOST_MS = 253_402_300_799_000
"""The end of the year 9999: what a wrong clock said may be later, and a date cannot."""

_HEX = re.compile(r"[0-9a-fA-F]+")


def lookup(
    what: Annotated[
        list[str], typer.Argument(metavar="HEX|FILE...", help="PDQ, MD5, SHA-1 or SHA-256; or a picture.")
    ],
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Tell the entries that a digest or a picture matches, as a matcher would find them now.

    64 digits are looked up as PDQ and as SHA-256. A picture is decoded by this process: give it none that you do not
    trust to be harmless to a decoder.

    Exit status: 0 something matches, 3 nothing does, 1 it could not be looked up, 2 wrong usage.
    """
    queries = [_query(one) for one in what]
    index = LiveIndex(store_folder(store))
    found = False
    for one, query, hits in zip(what, queries, index.view.look_up(queries), strict=True):
        judged = judge(hits, CSAM)
        standing = {id(hit) for hit in judged.hits}
        rows = [_form(one, hit, id(hit) in standing) for hit in hits]
        found = found or bool(judged.hits)
        if wants_json(as_json):
            for row in rows:
                put_json(row)
        elif rows:
            show_table([list(rows[0]), *([str(value) for value in row.values()] for row in rows)])
        else:
            low = " (its quality is too low for PDQ)" if query.pdq and query.pdq_quality < 50 else ""
            say(f"{one}: in no bank{low}")
    if not found:
        raise typer.Exit(NOTHING)


def stats(store: Store = None, as_json: Json = False) -> None:
    """What the store holds, bank by bank, how fresh it is, and how many bytes it takes.

    Exit status: 0, or 1 where the store cannot be read.
    """
    form, banks = _stats(store_folder(store))
    if wants_json(as_json):
        put_json({**form, "banks": banks})
        return
    for name, value in form.items():
        print(f"{name}: {value}")
    if banks:
        show_table(
            [list(banks[0]), *(["-" if value is None else str(value) for value in row.values()] for row in banks)]
        )


def verify(store: Store = None, as_json: Json = False) -> None:
    """Read every byte of the store, and compare every checksum.

    Exit status: 0 sound, 1 damaged, 2 wrong usage.
    """
    folder = store_folder(store)
    lines = Lines(say, 2.0)
    problem, size, torn = "", 0, 0
    try:
        index = LiveIndex(folder)
        snapshot = index.loaded.base.snapshot
        if snapshot is not None:
            try:
                snapshot.verify(lambda done, whole: lines.tell(f"{100 * done // max(1, whole)} % verified"))
            except HashFileError as error:
                raise HashFileError(f"the base: {error}: {ANEW}") from error
            counted = snapshot.stats()
            size = counted.structure_bytes + counted.known_bytes + counted.metadata_bytes
        torn = index.unread_bytes
        if index.spoiled:
            problem = (
                f"the delta's last record, {torn} bytes, is not what was written: the machine stopped while it was, "
                "or it was damaged since. The next change takes its place: compare the bank with its source"
            )
    except FileNotFoundError as error:
        problem = f"{error.filename} is missing: put it back from a copy of the store, or {ANEW}"
    except (HashFileError, HashStoreError, OSError) as error:
        problem = str(error)
    if wants_json(as_json):
        put_json({"good": not problem, "problem": problem, "base_bytes": size, "torn_bytes": torn})
    elif problem:
        say(problem)
    else:
        say(f"sound: {size} bytes of the base, and the delta")
        if torn:
            say(f"{torn} bytes behind the delta's last whole record: being written, or left by a writer that died")
    if problem:
        raise typer.Exit(1)


def _query(text: str) -> Digests:
    digits = len(text) if _HEX.fullmatch(text) else 0
    if digits in (32, 40, 64):
        value = bytes.fromhex(text)
        if digits == 64:
            return Digests(sha256=value, pdq=(value,), pdq_quality=100)
        return Digests(md5=value) if digits == 32 else Digests(sha1=value)
    path = Path(text)
    if not path.is_file():
        refuse(f"{text!r} is neither 32, 40 or 64 hexadecimal digits nor a file")
    try:
        return digests_of(path)
    except TerminalError as error:
        raise TerminalError(f"{text}: {error}") from error


def _form(what: str, hit: Hit, stands: bool) -> dict[str, object]:
    return {
        "query": what,
        "bank": hit.bank.name,
        "entry": hit.entry,
        "kind": hit.bank.kind,
        "method": hit.method.value,
        "distance": hit.distance,
        "test": hit.bank.test,
        "stands": stands,
    }


def _stats(folder: Path) -> tuple[dict[str, object], list[dict[str, object]]]:
    index = LiveIndex(folder)
    loaded, view, now = index.loaded, index.view, now_ms()
    counted = loaded.base.snapshot.stats() if loaded.base.snapshot is not None else None
    form: dict[str, object] = {
        "store": str(folder),
        "generation": view.generation,
        "digest": view.digest.hex(),
        "base_entries": counted.entries if counted else 0,
        "pdq_hashes": counted.hashes if counted else 0,
        **{f"{kind}_digests": counted.known[kind] if counted else 0 for kind in ("md5", "sha1", "sha256")},
        "indexed": counted.indexed if counted else False,
        "structure_bytes": counted.structure_bytes if counted else 0,
        "exact_bytes": counted.known_bytes if counted else 0,
        "metadata_bytes": counted.metadata_bytes if counted else 0,
        "bytes_per_hash": round(counted.bytes_per_hash, 2) if counted else 0.0,
        "delta_bytes": index.delta_bytes,
        "delta_unfinished_bytes": index.unread_bytes,
        "added_since": loaded.overlay.added,
        "removed_since": loaded.overlay.removed,
    }
    added: dict[str, int] = {}
    for (bank, _), listed in loaded.overlay.latest.items():
        if listed is not None:
            added[bank] = added.get(bank, 0) + 1
    return form, [_bank_row(index, name, added, now) for name in sorted(view.banks)]


def _bank_row(index: LiveIndex, name: str, added: Mapping[str, int], now: int) -> dict[str, object]:
    bank = index.view.banks[name][0]
    at = index.view.fresh.get(name)
    return {
        "bank": name,
        "kind": bank.kind,
        "entries": index.loaded.base.entries.get(name, 0),
        "added_since": added.get(name, 0),
        "threshold": bank.threshold,
        "ratio": bank.ratio,
        "negative": bank.negative,
        "test": bank.test,
        "fresh_at": when(min(at, _MOST_MS)) if at else None,
        "fresh_for_seconds": bank.fresh_for_ms // 1000 or None,
        "stale": bank.stale(at, now),
    }
