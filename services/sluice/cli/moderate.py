"""`sluice moderate`: ask the running stack, or one that lives as long as the command."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console

from sluice.cli.ask import AskError, read_ask
from sluice.cli.batch import Batch
from sluice.cli.gauge import Gauge
from sluice.cli.send import Outcome, Sender
from sluice.cli.show import show_decision, show_failure
from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.cli.where import find_running
from sluice.cli.window import in_order
from sluice.contract.json_form import decision_json, failure_json
from sluice.contract.names import short_name
from sluice.local.entry_points import service_commands
from sluice.local.interrupts import interruptible
from sluice.local.state import Running
from sluice.local.temporary import temporary
from sluice.settings import sluice_home
from sluice.v1.decision_pb2 import Action, Decision

TEXTS_AT_ONCE: Final = 128
"""Requests under way unless something else is asked for: enough to keep every check of one machine busy."""
PICTURES_AT_ONCE: Final = 16
"""The same where they carry pictures, whose bytes are in memory meanwhile."""


def read_batch(fields: Mapping[str, object], jsonl: Path | None) -> Batch:
    """The requests that the options ask for. With a JSONL file the options give what its lines leave out, and nobody
    waits for each of them: they take the bulk lane unless another is named.

    Raises AskError.
    """
    given = {name: value for name, value in fields.items() if value is not None and value != []}
    if jsonl is None:
        if not given.keys() & {"prompt", "transcript", "image", "upload"}:
            raise AskError("nothing to moderate: give --prompt, --image, --upload, --transcript or --jsonl")
        return Batch.of(read_ask(given))
    alone = sorted(given.keys() & {"prompt", "transcript", "image", "upload", "request_id", "generation_id"})
    if alone:
        raise AskError(f"--{alone[0].replace('_', '-')} and --jsonl exclude each other")
    return Batch.open(jsonl, read_ask({"lane": "bulk"} | given))


def moderate(
    fields: Mapping[str, object], jsonl: Path | None, concurrency: int | None, as_json: bool, explain: bool, out: Path
) -> int:
    """Sends every request and prints what comes of each, in order. 0 where all were decided, 1 otherwise."""
    try:
        batch = read_batch(fields, jsonl)
    except AskError as error:
        refuse(str(error).replace("\n", "\nsluice: "))
    at_once = concurrency or (PICTURES_AT_ONCE if batch.pictures else TEXTS_AT_ONCE)
    printer = Printer(as_json=wants_json(as_json), explain=explain)
    with interruptible(), _stack(printer) as running:
        return asyncio.run(_send_all(running, batch, at_once, out, printer))


class Printer:
    """Prints outcomes as they come."""

    def __init__(self, as_json: bool, explain: bool) -> None:
        self._as_json = as_json
        self._explain = explain
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self.matched = 0
        """Decisions about known material: each makes an incident, unless policy has no rule for it."""

    def put(self, outcome: Outcome) -> None:
        """One outcome."""
        self.matched += outcome.decision is not None and is_known(outcome.decision)
        signed = str(outcome.signed_file) if outcome.signed_file else None
        if outcome.decision is None:
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


def is_known(decision: Decision) -> bool:
    """Whether some of it matched known CSAM."""
    return any(match.kind == "csam" for one in decision.inputs for found in one.results for match in found.matches)


def gone_words(count: int) -> str:
    """What is to be said when a temporary stack took so many matches with it."""
    return (
        f"{count} matched known CSAM. The incident and the evidence of each go with the temporary stack, "
        "and nothing is reported: `sluice up` keeps them, send it again there"
    )


@contextmanager
def _stack(printer: Printer) -> Iterator[Running]:
    home = sluice_home(os.environ)
    running = find_running(home, say)
    if running is not None:
        yield running
        return
    say(f"no stack runs in {home}: starting a temporary one (`sluice up` keeps one running)")
    begun = time.monotonic()
    with temporary(home, os.environ, service_commands(), say) as started:
        say(f"ready after {time.monotonic() - begun:.0f} s")
        try:
            yield started
            say("stopping the temporary stack")
        finally:
            if printer.matched:
                say(gone_words(printer.matched))


async def _send_all(running: Running, batch: Batch, at_once: int, out: Path, printer: Printer) -> int:
    gauge = Gauge(batch.count)
    async with (
        Sender.open(running, out) as sender,
        gauge.shown(),
        aclosing(in_order(batch.asks(), sender.moderate, at_once)) as outcomes,
    ):
        async for outcome in outcomes:
            with gauge.aside(errors=bool(outcome.error)):
                printer.put(outcome)
            action = None if outcome.decision is None else short_name(Action, outcome.decision.action)
            gauge.meter.count(action, time.monotonic())
    return 1 if gauge.meter.undecided else 0
