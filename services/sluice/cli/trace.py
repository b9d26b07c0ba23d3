"""`sluice trace`: why a request was slow, on one screen."""

import os
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from typing import Final

from rich.console import Console

from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.cli.trace_ask import VARIABLE
from sluice.cli.trace_find import Answer, Asked, Places, places, seek
from sluice.cli.trace_form import trace_form
from sluice.cli.trace_show import show_trace
from sluice.ids import parse_request_id
from sluice.local.collector_ring import MOST_BYTES, MOST_TRACES
from sluice.settings import sluice_home
from sluice.telemetry.trace_context import of_request

_TRACE_ID: Final = re.compile(r"[0-9a-fA-F]{32}")


def trace(what: str, wait: float, as_json: bool) -> int:
    """Prints the trace. 0: it is there, and decided where that was waited for; 1: it is not."""
    env = os.environ
    asked = parse_asked(what)
    found = places(env, say)
    # A trace id that is a request's, too, as it is for requests that brought no trace of their own.
    request_id = asked.request_id or str(uuid.UUID(asked.trace_id))
    if wait:
        say(f"waiting for the decision, {wait:g} s at most")
    answer = seek(found, asked, request_id, wait)
    for problem in found.problems.values():
        say(problem)
    if answer is None:
        for line in not_found(found, asked, env):
            say(line)
        return 1
    if wants_json(as_json):
        its = answer.asked
        put_json(trace_form(answer.tree, its.request_id, its.trace_id, answer.source, answer.where))
    else:
        console = Console(file=sys.stdout, highlight=False)
        show_trace(console, answer.tree, list(about(answer)))
    if wait and answer.tree.decision is None:
        say(f"it has no decision after {wait:g} s")
        return 1
    return 0


def parse_asked(what: str) -> Asked:
    """A request id or a trace id. Ends the command for anything else."""
    if _TRACE_ID.fullmatch(what) and int(what, 16):
        return Asked("", what.lower())
    request_id = parse_request_id(what)
    if request_id is None:
        refuse(f"{what!r} is neither a request id (a UUID in text form) nor a trace id (32 hex digits)")
    return Asked(request_id, of_request(request_id).trace_id)


def about(answer: Answer) -> Iterator[str]:
    """What a trace is of and where it comes from."""
    asked = answer.asked
    if not asked.request_id:
        yield f"trace {asked.trace_id}"
    elif of_request(asked.request_id).trace_id == asked.trace_id:
        yield f"request {asked.request_id}"
    else:
        yield f"request {asked.request_id}, in trace {asked.trace_id}, which its sender brought along"
    if answer.source == "log":
        yield f"from the log at {answer.where}: no spans found; times are whole milliseconds, ingest's with its wait"
    elif answer.source == "collector":
        yield f"from the collector of the running stack, {answer.where}"
    else:
        yield f"from {answer.where}"


def not_found(found: Places, asked: Asked, env: Mapping[str, str]) -> Iterator[str]:
    """Where it was looked for, and what to do."""
    yield f"no trace of {f'request {asked.request_id}' if asked.request_id else f'{asked.trace_id}'}"
    asked_there = found.backend is not None and "backend" not in found.problems
    if found.source == "jaeger" and found.backend and asked_there:
        yield f"looked at {found.backend.url} ({VARIABLE}): what keeps it there, and for how long?"
    elif found.source == "collector" and found.backend and asked_there:
        yield (
            f"looked in the collector of the running stack, {found.backend.url}: it keeps the newest {MOST_TRACES} "
            f"traces, {MOST_BYTES >> 20} MiB at most, since its start"
        )
    elif found.backend is None:
        yield (
            f"{VARIABLE} is not set and no stack with a collector runs in {sluice_home(env)}: name your tracing "
            "backend, or start the stack with `sluice up`, without --no-traces and OTEL_EXPORTER_OTLP_ENDPOINT"
        )
    if found.kafka is None:
        yield "looked at no log: KAFKA_BOOTSTRAP_SERVERS is not set and no stack runs"
    elif "log" not in found.problems:
        yield f"looked on the log at {found.kafka.bootstrap}: the request is not decided, and not prepared by ingest"
        yield "a request that could not be handled is a dead letter: `sluice dead-letters show REQUEST_ID`"
    if asked_there:
        yield "spans come a second or two after the fact: `--wait 10` waits for the decision"
        yield "is sampling on? With SLUICE_TRACE_SAMPLE below 1 on ingest, most of what is allowed has no spans"
