"""`sluice hashes build | merge`: a new base."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.hashes_where import Json, Store, Threads, banks_of, store_folder
from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.cli.when import moment
from sluice.deadline import now_ms
from sluice.hashes.build import Progress
from sluice.hashes.compact import Compacted, Lists, compact
from sluice.hashes.list_files import BadListError, Reading, read_lists
from sluice.local.progress import Progress as Lines

_SECONDS = 2.0
"""Between two lines about how far it is."""


def build(
    lists: Annotated[list[str], typer.Argument(metavar="BANK=FILE...", help="CSV, or JSON lines (*.jsonl).")],
    store: Store = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out, and name each.")] = False,
    as_of: Annotated[
        str | None, typer.Option(metavar="WHEN", help="The lists are of then: 3h (ago), 2026-11-20. Default: now.")
    ] = None,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Put whole lists in the place of what their banks had; other banks keep theirs.

    Matchers take the new base once they have verified it. Of ten million lines about 3 GB of memory is used.

    Exit status: 0 built, 1 not built (a bad line, a store that cannot be written: nothing has changed), 2 usage.
    """
    folder = store_folder(store)
    pairs = [_pair(one) for one in lists]
    names = list(dict.fromkeys(bank for bank, _ in pairs))
    banks_of(folder, *names)
    now = now_ms()
    at_ms = now if as_of is None else min(now, moment("--as-of", as_of, now))
    reading = Reading(tell=say, skip=skip_bad)
    total = sum(path.stat().st_size for _, path in pairs)
    files = [(names.index(bank), path) for bank, path in pairs]
    told = tell_progress(lambda: f"{100 * reading.read_bytes // max(1, total)} % of the lists read")
    try:
        done = compact(
            folder, Lists(names, read_lists(files, reading)), dict.fromkeys(names, at_ms), threads, progress=told
        )
    except BadListError as error:
        if not skip_bad or reading.problems:
            say(f"nothing was built: {len(error.problems)} problems")
        raise typer.Exit(1) from error
    form = {"lines": reading.lines, "bad_lines": reading.bad, "refused_quality": reading.refused, **compacted(done)}
    if wants_json(as_json):
        put_json(form)
        return
    left = f", {reading.bad} bad lines left out" if reading.bad else ""
    low = f", {reading.refused} PDQ hashes refused for their quality" if reading.refused else ""
    say(f"{reading.lines} entries of {', '.join(names)}{left}{low}")
    say_compacted(done)


def merge(store: Store = None, threads: Threads = 1, as_json: Json = False) -> None:
    """Put additions and removals into a new base. Lookups, and further changes, go on meanwhile.

    Exit status: 0 merged, 1 not merged (nothing has changed), 2 wrong usage.
    """
    done = compact(store_folder(store), threads=threads, progress=tell_progress())
    if wants_json(as_json):
        put_json(compacted(done))
    else:
        say_compacted(done)


def tell_progress(lists: Callable[[], str] | None = None) -> Progress:
    """Says now and then how far it is. `lists`: words for how much of the lists was read."""
    lines = Lines(say, _SECONDS)

    def told(stage: str, done: int, total: int) -> None:
        if stage == "entries":
            lines.tell(f"{done} entries" + (f", {lists()}" if lists is not None else ""))
        else:
            lines.tell(f"{stage}: {100 * done // max(1, total)} %")

    return told


def compacted(done: Compacted) -> dict[str, object]:
    """What there is now."""
    return {
        "generation": done.current.generation,
        "base": done.current.base,
        "digest": done.current.base_digest.hex(),
        "bytes": done.bytes,
        "entries": done.built.entries,
        "pdq_hashes": done.built.hashes,
        "exact": dict(done.built.known),
        "merged_changes": done.merged,
        "old_store_damaged": done.damage or None,
    }


def say_compacted(done: Compacted) -> None:
    """The same for a person."""
    if done.damage:
        say(f"of the old store nothing was taken: {done.damage}")
    say(
        f"generation {done.current.generation}: {done.built.entries} entries, {done.built.hashes} different PDQ "
        f"hashes, {done.bytes} bytes in {done.current.base}"
    )


def _pair(text: str) -> tuple[str, Path]:
    bank, sign, name = text.partition("=")
    path = Path(name)
    if not sign or not bank or not name:
        refuse(f"{text!r} should be BANK=FILE")
    if not path.is_file() or not os.access(path, os.R_OK):
        refuse(f"{name} is no file that can be read")
    return bank, path
