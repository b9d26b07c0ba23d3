"""`sluice moderate`: ask the running stack, or one that lives as long as the command."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console

from sluice.cli.ask import Ask, AskError, read_ask, read_jsonl
from sluice.cli.send import Outcome, Sender
from sluice.cli.show import show_decision, show_failure
from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.cli.where import find_running
from sluice.cli.window import in_order
from sluice.contract.json_form import decision_json, failure_json
from sluice.local.entry_points import service_commands
from sluice.local.interrupts import interruptible
from sluice.local.state import Running
from sluice.local.temporary import temporary
from sluice.settings import sluice_home

_FIRST_TELL_SECONDS = 1.0
_TELL_SECONDS = 5.0


def read_asks(fields: Mapping[str, object], jsonl: Path | None) -> Sequence[Ask]:
    """The requests that the options ask for. With a JSONL file the options give what its lines leave out.

    Raises AskError.
    """
    given = {name: value for name, value in fields.items() if value is not None and value != []}
    if jsonl is None:
        if not given.keys() & {"prompt", "transcript", "image", "upload"}:
            raise AskError("nothing to moderate: give --prompt, --image, --upload, --transcript or --jsonl")
        return [read_ask(given)]
    alone = sorted(given.keys() & {"prompt", "transcript", "image", "upload", "request_id", "generation_id"})
    if alone:
        raise AskError(f"--{alone[0].replace('_', '-')} and --jsonl exclude each other")
    try:
        with jsonl.open(encoding="utf-8") as lines:
            return read_jsonl(lines, read_ask(given))
    except (OSError, UnicodeDecodeError) as error:
        raise AskError(f"{jsonl} cannot be read: {error}") from error


def moderate(
    fields: Mapping[str, object], jsonl: Path | None, concurrency: int, as_json: bool, explain: bool, out: Path
) -> int:
    """Sends every request and prints what comes of each, in order. 0 where all were decided, 1 otherwise."""
    try:
        asks = read_asks(fields, jsonl)
    except AskError as error:
        refuse(str(error).replace("\n", "\nsluice: "))
    printer = Printer(as_json=wants_json(as_json), explain=explain)
    with interruptible(), _stack() as running:
        return asyncio.run(_send_all(running, asks, concurrency, out, printer))


class Printer:
    """Prints outcomes as they come and counts them."""

    def __init__(self, as_json: bool, explain: bool) -> None:
        self._as_json = as_json
        self._explain = explain
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self.printed = 0
        self.undecided = 0

    def put(self, outcome: Outcome) -> None:
        """One outcome."""
        self.printed += 1
        signed = str(outcome.signed_file) if outcome.signed_file else None
        if outcome.decision is None:
            self.undecided += 1
            if self._as_json:
                put_json(failure_json(outcome.request_id, outcome.error))
            else:
                show_failure(self._console, outcome.request_id, outcome.error)
            return
        if outcome.error:
            say(f"{outcome.request_id}: {outcome.error}")
        if self._as_json:
            form = decision_json(outcome.decision, outcome.asset, signed, self._explain)
            put_json({**form, "error": outcome.error} if outcome.error else form)
        else:
            show_decision(self._console, outcome.decision, signed, self._explain)


@contextmanager
def _stack() -> Iterator[Running]:
    home = sluice_home(os.environ)
    running = find_running(home, say)
    if running is not None:
        yield running
        return
    say(f"no stack runs in {home}: starting a temporary one (`sluice up` keeps one running)")
    begun = time.monotonic()
    with temporary(home, os.environ, service_commands(), say) as started:
        say(f"ready after {time.monotonic() - begun:.0f} s")
        yield started
        say("stopping the temporary stack")


async def _send_all(running: Running, asks: Sequence[Ask], concurrency: int, out: Path, printer: Printer) -> int:
    async with Sender.open(running, out) as sender:
        progress = asyncio.create_task(_tell(printer, len(asks)))
        try:
            async for outcome in in_order(asks, sender.moderate, concurrency):
                printer.put(outcome)
        finally:
            progress.cancel()
            with suppress(asyncio.CancelledError):
                await progress
    return 1 if printer.undecided else 0


async def _tell(printer: Printer, total: int) -> None:
    await asyncio.sleep(_FIRST_TELL_SECONDS)
    while True:
        say(f"{printer.printed} of {total} answered")
        await asyncio.sleep(_TELL_SECONDS)
