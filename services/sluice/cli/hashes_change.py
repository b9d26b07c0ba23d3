"""`sluice hashes add | remove`: changes that matchers see within a second."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.hashes_build import compacted, say_compacted, tell_progress
from sluice.cli.hashes_where import Json, Store, banks_of, store_folder
from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.deadline import now_ms
from sluice.hashes.change import MOST_OPS, Change, Op, StoreBusyError
from sluice.hashes.compact import Lists, compact
from sluice.hashes.list_files import BadListError, Reading, ids_in, listed_in
from sluice.hashes.listed import Listed, good_id, read_listed
from sluice.hashes.store import Appended, append

Fresh = Annotated[bool, typer.Option("--fresh", help="With this, the bank is as its source has it now.")]
NoMerge = Annotated[bool, typer.Option("--no-merge", help="Never merge, however long the delta has grown.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out, and name each.")]


def add(
    bank: Annotated[str, typer.Argument(metavar="BANK")],
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="CSV, or JSON lines.")] = None,
    entry: Annotated[str | None, typer.Option("--id", help="One entry, by this id, of the digests below.")] = None,
    pdq: Annotated[str, typer.Option(metavar="HEX")] = "",
    quality: Annotated[str, typer.Option(metavar="0..100", help="Of the PDQ hash.")] = "",
    md5: Annotated[str, typer.Option(metavar="HEX")] = "",
    sha1: Annotated[str, typer.Option(metavar="HEX")] = "",
    sha256: Annotated[str, typer.Option(metavar="HEX")] = "",
    store: Store = None,
    fresh: Fresh = False,
    skip_bad: SkipBad = False,
    no_merge: NoMerge = False,
    as_json: Json = False,
) -> None:
    """Add entries to a bank; one with an id that the bank has takes its place.

    Once the command ends, they are on the disk, and matchers have them within a second. A delta that has grown long
    (16 MiB) is merged.

    Exit status: 0 added, 1 not added (nothing has changed), 2 wrong usage.
    """
    folder = store_folder(store)
    banks_of(folder, bank)
    if bool(files) == bool(entry):
        refuse("name files, or one entry with --id and its digests")
    reading = Reading(tell=say, skip=skip_bad)
    try:
        if entry is not None:
            listed = _one({"id": entry, "pdq": pdq, "quality": quality, "md5": md5, "sha1": sha1, "sha256": sha256})
            ops = [Op(bank, entry, listed)]
            reading.lines = 1
        else:
            if any((pdq, quality, md5, sha1, sha256)):
                refuse("digests go with --id")
            ops = [Op(bank, one.id, one) for one in listed_in(_readable(files or []), reading)]
    except BadListError as error:
        say(f"nothing was added: {len(error.problems)} problems")
        raise typer.Exit(1) from error
    done = append(folder, changes(ops, bank if fresh else ""))
    form: dict[str, object] = {"added": len(ops), "bad_lines": reading.bad, "refused_quality": reading.refused}
    _tell(folder, done, form, no_merge, as_json)


def remove(
    bank: Annotated[str, typer.Argument(metavar="BANK")],
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...")] = None,
    file: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="A list: its ids are removed.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All entries of the bank: builds a new base.")] = False,
    store: Store = None,
    fresh: Fresh = False,
    no_merge: NoMerge = False,
    as_json: Json = False,
) -> None:
    """Remove entries from a bank. Ids that it does not have are no error.

    Exit status: 0 removed, 1 not removed (nothing has changed), 2 wrong usage.
    """
    folder = store_folder(store)
    banks_of(folder, bank)
    if [bool(ids), file is not None, everything].count(True) != 1:
        refuse("name ids, or --from a file, or --all")
    if everything:
        at = {bank: now_ms()} if fresh else {}
        emptied = compact(folder, Lists((bank,), ()), at, progress=tell_progress())
        if wants_json(as_json):
            put_json({"removed": "all", **compacted(emptied)})
        else:
            say_compacted(emptied)
        return
    reading = Reading(tell=say)
    wrong = [one for one in ids or [] if not good_id(one)]
    if wrong:
        refuse("an id has 1 to 128 printable ASCII characters without spaces")
    try:
        gone = (
            list(ids or []) if file is None else [one for path in _readable([file]) for one in ids_in(path, reading)]
        )
    except BadListError as error:
        say(f"nothing was removed: {len(error.problems)} problems")
        raise typer.Exit(1) from error
    done = append(folder, changes([Op(bank, one, None) for one in gone], bank if fresh else ""))
    _tell(folder, done, {"removed": len(gone)}, no_merge, as_json)


def changes(ops: Iterable[Op], fresh: str) -> Sequence[Change]:
    """As many changes as the entries need; the last one says that the bank is fresh."""
    at = now_ms()
    found = [Change(at, some) for some in batches(ops)]
    if fresh:
        found.append(Change(at, (), {fresh: at}))
    return found


def batches(ops: Iterable[Op]) -> Iterator[tuple[Op, ...]]:
    """As many as a change may have."""
    left = iter(ops)
    while some := tuple(islice(left, MOST_OPS)):
        yield some


def _one(values: dict[str, str]) -> Listed:
    wrong, listed = read_listed(values)
    if listed is None:
        refuse("; ".join(wrong))
    if listed.plain:
        refuse(f"a PDQ hash of quality {listed.quality} matches strangers: leave it out")
    return listed


def _readable(files: Sequence[Path]) -> Sequence[Path]:
    for file in files:
        if not file.is_file():
            refuse(f"{file} is no file")
    return files


def _tell(folder: Path, done: Appended, form: dict[str, object], no_merge: bool, as_json: bool) -> None:
    form |= {"torn_bytes": done.torn_bytes, "delta_bytes": done.delta_bytes}
    if done.torn_bytes:
        say(f"{done.torn_bytes} bytes that a writer had left unfinished were cut off")
    if done.should_merge and not no_merge:
        say("the delta has grown long: merging")
        try:
            form |= {"merged": compacted(compact(folder, progress=tell_progress()))}
        except StoreBusyError:
            say("another process is merging already")
    if wants_json(as_json):
        put_json(form)
    else:
        say(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in form.items() if isinstance(value, int)))
