"""`sluice dead-letters list | show | replay`."""

import asyncio
import os
import sys
from pathlib import Path

import typer

from sluice.bus.clients import plain_producer
from sluice.bus.dead_letters_log import Letter
from sluice.bus.dead_letters_replay import again, distinct, original, publish, refusal
from sluice.bus.find import finder
from sluice.cli.dead_letters_find import (
    Wanted,
    named,
    newest,
    parse_id,
    parse_reason,
    parse_since,
    parse_which,
    selected,
)
from sluice.cli.dead_letters_tell import letter_json, show_list, show_one, tell_replay
from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.cli.where import find_kafka, find_store
from sluice.errors import SluiceError
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_CONFLICT

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="What could not be handled, and why. docs/operations.md says what to do about each reason.",
)

_REASON = typer.Option(None, metavar="REASON", help="Such as malformed or internal.")
_SINCE = typer.Option(None, metavar="SPAN", help="Came within this long: 30m, 12h, 7d.")
_JSON = typer.Option(False, "--json", help="JSON lines, also on a terminal.")


@app.command("list")
def list_letters(
    reason: str | None = _REASON,
    since: str | None = _SINCE,
    request_id: str | None = typer.Option(None, metavar="UUID", help="About this request."),
    limit: int = typer.Option(50, min=1, help="At most this many."),
    as_json: bool = _JSON,
) -> None:
    """The newest first: place, when, reason, which service gave up, what it is about. Never content."""
    wanted = Wanted(parse_reason(reason), parse_since(since), parse_id(request_id))
    found, more = newest(selected(find_kafka(os.environ, say), wanted), limit)
    if wants_json(as_json):
        for letter in found:
            put_json(letter_json(letter))
    elif found:
        show_list(found)
    if more:
        say(f"{more} older ones are left out: --limit")
    elif not found:
        say("no dead letters" if wanted == Wanted() else "no such dead letters")


@app.command("show")
def show(
    which: str = typer.Argument(metavar="WHICH", help="PARTITION:OFFSET as `list` shows it, or a request id."),
    value: str | None = typer.Option(
        None,
        metavar="FILE",
        help="Write the original record there, and nothing to the terminal; - is standard output.",
    ),
    as_json: bool = _JSON,
) -> None:
    """Every field of a letter, or of all that are about a request; on demand the record itself."""
    wanted = parse_which([which])
    kafka = find_kafka(os.environ, say)
    found = named(kafka, wanted)
    if value is None:
        for letter in found:
            if wants_json(as_json):
                put_json(letter_json(letter))
            else:
                show_one(letter)
        return
    if len(found) > 1:
        refuse(f"{len(found)} letters are about that request: name one, such as {found[0].place}")
    data = asyncio.run(original(found[0].letter, find_store(os.environ), finder(kafka)))
    if value == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        Path(value).write_bytes(data)
    except OSError as error:
        refuse(f"{value}: {error.strerror}")
    say(f"{len(data)} bytes in {value}")


@app.command("replay")
def replay(
    which: list[str] = typer.Argument(None, metavar="WHICH", help="PARTITION:OFFSET or request ids."),
    reason: str | None = _REASON,
    since: str | None = _SINCE,
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say what would be published."),
    as_json: bool = _JSON,
) -> None:
    """Publish the records again, where they came from: after the cause is mended.

    A request that is decided stays decided, so twice does no harm. A CONFLICT cannot be replayed: its id is taken.

    Exit status: 0 all published, 1 some were not, 2 wrong usage.
    """
    if bool(which) == bool(reason):
        refuse("name letters, or give a --reason")
    if which and since:
        refuse("--since goes with --reason")
    number = parse_reason(reason)
    if number == DEAD_LETTER_REASON_CONFLICT:
        refuse("a conflict cannot be replayed: the first decision stands, and the sender must ask under a new id")
    names, wanted = parse_which(which or []), Wanted(number, parse_since(since))
    kafka = find_kafka(os.environ, say)
    letters = named(kafka, names) if which else list(selected(kafka, wanted))
    store, find, producer = find_store(os.environ), finder(kafka), plain_producer(kafka)
    json_lines, failed = wants_json(as_json), 0

    def one(letter: Letter) -> bool:
        problem = refusal(letter.letter)
        if problem is not None:
            return tell_replay(letter, "refused", json_lines, error=problem)
        try:
            data = asyncio.run(original(letter.letter, store, find))
            if dry_run:
                return tell_replay(letter, "would be published", json_lines)
            return tell_replay(letter, "published", json_lines, offset=publish(producer, again(letter, data)))
        except SluiceError as error:
            return tell_replay(letter, "failed", json_lines, error=str(error))

    for letter in distinct(letters):
        failed += not one(letter)
    if not letters:
        say("no such dead letters")
    raise typer.Exit(int(failed > 0))
