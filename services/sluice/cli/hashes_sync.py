"""`sluice hashes sync`: lists of exchanges, brought into the store."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from time import sleep as pause
from typing import Annotated

import typer

from sluice.cli.hashes_where import Json, Store, banks_of, store_folder
from sluice.cli.tell import one_line, put_json, refuse, say, wants_json
from sluice.deadline import now_ms
from sluice.errors import ConfigError, SluiceError
from sluice.hashes.sync.sources import SOURCES, Source, load_sources
from sluice.local.progress import Progress as Lines
from sluice.moments import when

_SPAN = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_SECONDS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def sync(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Default: all.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Again and again, until it is ended.")] = False,
    every: Annotated[str, typer.Option(metavar="SPAN", help="Between two rounds of --watch: 30s, 5m, 1h.")] = "5m",
    anew: Annotated[
        bool, typer.Option("--anew", help="Fetch everything, and remove what is not listed any more.")
    ] = False,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Fetch what changed at the exchanges that sources.yaml names, beside banks.yaml, into their banks.

    Each run goes on where the last one ended, however that ended. Credentials are in environment variables that the
    file names. With --watch a source that fails is tried again in the next round.

    Exit status: 0 all are up to date, 1 at least one is not, 2 wrong usage, 78 sources.yaml or a variable is wrong.
    """
    from sluice.hashes.sync.opened import missing_clients

    found = _SPAN.fullmatch(every)
    if found is None:
        refuse(f"--every {every!r} should be a number with s, m, h or d, such as 5m")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if missing := missing_clients():
        refuse(missing)
    folder = store_folder(store)
    if watch and anew:
        refuse("--anew is for one round: fetch everything once, then watch")
    while True:
        good = _round(folder, names or [], anew, wants_json(as_json), watch)
        if not watch:
            break
        pause(seconds)
    if not good:
        raise typer.Exit(1)


def _round(folder: Path, names: list[str], anew: bool, as_json: bool, watch: bool) -> bool:
    try:
        chosen = _chosen(folder, names)
        secrets = _secrets(chosen)
    except ConfigError as error:
        if not watch:
            raise
        # The file is being edited, perhaps: the next round reads it again.
        say(one_line(str(error)))
        return False
    done = [_one(folder, source, secrets[name], anew, as_json) for name, source in chosen.items()]
    return all(done)


def _chosen(folder: Path, names: list[str]) -> Mapping[str, Source]:
    sources = load_sources(folder, banks_of(folder))
    for name in names:
        if name not in sources:
            refuse(f"{folder / SOURCES} names no source {name[:63]!r}: {', '.join(sources)}")
    return {name: sources[name] for name in names} if names else sources


def _secrets(sources: Mapping[str, Source]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    problems: list[str] = []
    for name, source in sources.items():
        try:
            found[name] = source.credentials(os.environ)
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    return found


def _one(folder: Path, source: Source, secrets: Mapping[str, str], anew: bool, as_json: bool) -> bool:
    from sluice.hashes.sync.opened import opened
    from sluice.hashes.sync.run import Outside, sync

    outside = Outside(now_ms, pause, say, Lines(say, 2.0).tell)
    form: dict[str, object] = {"source": source.name, "exchange": source.exchange, "bank": source.bank}
    try:
        done = sync(folder, source, opened(source, secrets), outside, anew)
    except (SluiceError, OSError) as error:
        say(f"{source.name}: {one_line(str(error))}")
        if as_json:
            put_json({**form, "good": False, "problem": str(error)})
        return False
    counts = done.counts
    numbers: dict[str, object] = {
        "put": counts.put,
        "removed": counts.removed + done.swept,
        "without_digest": counts.without,
        "malformed_digests": counts.malformed,
        "unread_entries": counts.unread,
        "other_digests": dict(counts.others),
        "pages": counts.pages,
        "retries": done.retries,
    }
    if as_json:
        put_json(
            {
                **form,
                "good": True,
                **numbers,
                "whole": done.whole,
                "merged": done.merged,
                "fresh_at": when(done.fresh_ms),
            }
        )
        return True
    if counts.unread:
        say(f"{source.name}: {counts.unread} entries that its client does not understand were passed over")
    others = ", ".join(f"{count} {one_line(kind)}" for kind, count in sorted(counts.others.items()))
    say(f"{source.name}: {counts.put} entries put, {counts.removed + done.swept} removed, {counts.pages} pages")
    if counts.without or counts.malformed or others:
        say(
            f"{source.name}: {counts.without} entries without a digest that can be matched; "
            f"{counts.malformed} malformed digests; not matched: {others or 'none'}"
        )
    return True
