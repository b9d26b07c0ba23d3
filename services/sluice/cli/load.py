"""`sluice load`: send at stated rates, whatever comes back, and tell what came."""

import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from sluice.cli.load_tell import show_rows, tell_summary
from sluice.cli.load_words import Words
from sluice.cli.progress import progress
from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.cli.where import find_kafka, find_store
from sluice.load.clock import Stopping
from sluice.load.cpu import CpuMeter, NoCpu, OpsCpu, TreeCpu
from sluice.load.held import Told
from sluice.load.machine import describe
from sluice.load.ramp import Ramp
from sluice.load.report import head, row, service_rows, stage_rows, summary_form
from sluice.load.session import Session, Telling
from sluice.load.summary import Summary, keeps
from sluice.local.progress import Progress
from sluice.local.state import Running, read_running
from sluice.settings import KafkaSettings, sluice_home

_LONGEST_LINE: Final = 5.0
"""Seconds between lines of progress."""


def load(words: Words, as_json: bool) -> int:
    """Runs every rate, or the ramp, and prints. 0 where every run's figures are good to use, 1 otherwise."""
    options = words.options(secrets.randbits(31))
    ramp, rates = words.ramp_of(), words.rates_of()
    kafka = find_kafka(os.environ, say)
    running = _stack_of(kafka)
    meter = _meter(words.addresses(), running)
    store = None if words.inline or not options.mix.pictures else find_store(os.environ)
    stopping = Stopping()
    lines = Progress(say, _LONGEST_LINE)
    session = Session(
        kafka, store, meter, options, stopping, Telling(_bar, lines.tell), lambda: _restarts(running is not None)
    )
    for rate in (*rates, *(() if ramp is None else (ramp.high,))):
        _refuse_if_too_many(session, rate)
    machine, started = describe(), datetime.now(UTC).isoformat(timespec="seconds")
    json_lines = wants_json(as_json)
    # What is for people goes where the JSON is not.
    out = sys.stderr if json_lines else sys.stdout
    found: list[Summary] = []
    with stopping.on_signals():
        if words.idle:
            say(f"looking for {words.idle:g} s at what the services use for nothing")
            session.measure_idle(words.idle)
        for rate in _rates(rates, ramp, found, words.keep_p95):
            summary = session.measure(rate)
            if summary is None:
                break
            found.append(summary)
            tell_summary(summary)
            if stopping.sending.is_set():
                break
    if found:
        show_rows(out, [head(), *map(row, found)])
        for rows in (service_rows(found), stage_rows(found[-1])):
            show_rows(out, rows)
    if ramp is not None:
        kept = "none" if ramp.kept is None else f"{ramp.kept:.3g}/s"
        say(f"highest rate that kept p95 within {words.keep_p95:g} s: {kept}")
    if json_lines:
        form = {
            "started": started,
            "machine": machine,
            "options": _options_form(words, options.seed, store is not None),
            "idle_cores": {name: round(cores, 4) for name, cores in session.idle.items()},
            "runs": [summary_form(summary) for summary in found],
            "ramp": None if ramp is None else {"keep_p95_ms": words.keep_p95 * 1000, "kept": ramp.kept},
        }
        put_json(form)
    return 0 if found and not any(summary.problems for summary in found) else 1


def _rates(rates: Sequence[float], ramp: Ramp | None, found: Sequence[Summary], p95: float) -> Iterator[float]:
    """The next rate, as it depends on what was found."""
    yield from rates
    while ramp is not None and (rate := ramp.next()) is not None:
        yield rate
        ramp.tell(rate, keeps(found[-1], p95))


def _stack_of(kafka: KafkaSettings) -> Running | None:
    """The stack of this SLUICE_HOME, where it is the one that is measured."""
    running = read_running(sluice_home(os.environ))
    return running if running is not None and running.kafka == kafka.bootstrap else None


def _meter(addresses: Mapping[str, str], running: Running | None) -> CpuMeter:
    if addresses:
        return OpsCpu(addresses)
    if running is None or sys.platform != "linux":
        say("no stack of this SLUICE_HOME is measured and no --ops is given: CPU is not known")
        return NoCpu()
    pid, services = running.pid, {name: at.pid for name, at in running.services.items()}

    def now() -> Mapping[str, int]:
        again = read_running(sluice_home(os.environ))
        return services if again is None else {name: at.pid for name, at in again.services.items()}

    return TreeCpu(pid, now)


def _restarts(known: bool) -> Mapping[str, int]:
    running = read_running(sluice_home(os.environ)) if known else None
    return {} if running is None else {name: at.restarts for name, at in running.services.items()}


def _refuse_if_too_many(session: Session, rate: float) -> None:
    try:
        session.check(rate)
    except ValueError as error:
        refuse(str(error))


@contextmanager
def _bar(count: int) -> Iterator[Told]:
    say(f"making {count:,} pictures")
    with progress(count, "pictures made") as told:
        yield told


def _options_form(words: Words, seed: int, referenced: bool) -> dict[str, object]:
    return asdict(words) | {"seed": seed, "pictures": "reference" if referenced else "inline"}
