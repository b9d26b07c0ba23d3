"""`sluice policy replay`: recorded requests, decided by a policy that nobody uses yet."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from sluice.bus.late_verdicts import late_spans, late_verdicts
from sluice.bus.reviews_log import counting
from sluice.bus.scan import count_partitions, scan
from sluice.bus.topics import Topic
from sluice.cli.decisions_export import logged, window
from sluice.cli.policy_replay_tell import tell_replay
from sluice.cli.progress import progress
from sluice.cli.tell import put_json, refuse, say
from sluice.cli.where import find_kafka
from sluice.errors import ConfigError
from sluice.policy.decision_files import read_decisions
from sluice.policy.examples import BUILT_IN
from sluice.policy.gates import Gate, GateError, figure, parse_gate
from sluice.policy.labels import Label, labels_of, read_labels
from sluice.policy.model import Policy
from sluice.policy.replay import Replay
from sluice.policy.replay_form import replay_form
from sluice.policy.replay_jobs import Plan, run, run_in
from sluice.v1.decision_pb2 import Decision

_MOST_JOINED: Final = 200_000
"""Decisions of which verdicts are looked up: they are held in memory, at one to three kilobytes each. Of more, those
that come last are not judged."""
_PAGE: Final = 160
_WHEN: Final = "24h (ago), or 2026-11-20T18:00 (UTC)"


def replay(
    candidate: Annotated[Path, typer.Argument(help="The policy to try.")],
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Of `sluice decisions export`. Default: the log.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="WHEN", help=f"Default: 24h. {_WHEN}.")] = None,
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="Default: now.")] = None,
    live: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The policy that decided; checks that a replay is exact.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="*.jsonl, *.csv: request_id, label (safe, unsafe), category.")
    ] = None,
    reviews: Annotated[bool, typer.Option("--reviews", help="Labels from reviews: released is safe.")] = False,
    fail_if: Annotated[
        list[str] | None, typer.Option("--fail-if", metavar="GATE", help="Such as 'flips > 1%'. Repeatable.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The first so many decisions alone.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Processes that decide.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Decide recorded requests by another policy, and tell which decisions flip.

    Exit status: 0 done and no gate failed, 1 a gate failed, a policy is not good, or there was nothing to decide,
    2 wrong usage.
    """
    if source is not None and (since or until):
        refuse("--from reads the whole file: --since and --until are of the log")
    span = window(since or "24h", until)
    plan = Plan(candidate, live, {})
    opened = _opened(plan, as_json)
    gates = _gates(fail_if or (), opened.candidate)
    if labels is None and not reviews and (lacking := next((gate for gate in gates if gate.labels), None)):
        refuse(f"--fail-if {lacking.text!r} needs --labels or --reviews")
    opened.labels = _labels(labels, reviews)
    values = logged(find_kafka(os.environ, say), *span) if source is None else _from_file(source)
    some = values if limit is None else islice(values, limit)
    # A file has no verdicts beside its decisions.
    plan = Plan(candidate, live, opened.labels, _MOST_JOINED if source is None else 0)
    held = run(opened, some, plan.keep) if jobs == 1 else run_in(jobs, plan, opened, some)
    _join(opened, [Decision.FromString(value) for value in held])
    tally = opened.tally
    if as_json:
        put_json({"file": str(candidate), **replay_form(opened.candidate, tally, gates)})
    else:
        # Tenants, ids and categories are strangers' words: no markup is read in them.
        console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=_width())
        tell_replay(console, opened.candidate, tally, gates)
    if unknown := len(opened.labels) - tally.labelled:
        say(f"{unknown:,} of {len(opened.labels):,} labels are of requests that are not among the decisions")
    if not tally.decisions:
        say("there are no decisions to replay")
    if not tally.decisions or tally.inexact or any(gate.failed(figure(gate, tally)) for gate in gates):
        raise typer.Exit(1)


def _width() -> int | None:
    """Of the page: the terminal's; what is read from a file or a pipe is not broken for one."""
    return None if sys.stdout.isatty() else _PAGE


def _opened(plan: Plan, as_json: bool) -> Replay:
    try:
        return plan.open()
    except ConfigError as error:
        if as_json:
            put_json({"file": str(plan.candidate), "good": False, "problems": list(error.problems)})
        else:
            print(*error.problems, sep="\n")
        raise typer.Exit(1) from error


def _gates(texts: Sequence[str], candidate: Policy) -> Sequence[Gate]:
    rules = BUILT_IN | {rule.id for rule in candidate.rules}
    try:
        return [parse_gate(text, rules) for text in texts]
    except GateError as error:
        refuse(f"--fail-if {error}")


def _labels(path: Path | None, reviews: bool) -> Mapping[str, Label]:
    found: dict[str, Label] = {}
    if reviews:
        kafka = find_kafka(os.environ, say)
        resolved = counting(scan(kafka, Topic.RESOLUTIONS), count_partitions(kafka, Topic.RESOLUTIONS))
        found.update(labels_of(one.resolution for one in resolved.values()))
    if path is not None:
        found.update(read_labels(path))
    return found


def _from_file(path: Path) -> Iterator[bytes]:
    total = path.stat().st_size if path.is_file() else 0
    with progress(total, "bytes read") as told:
        yield from read_decisions(path, told)


def _join(opened: Replay, held: Sequence[Decision]) -> None:
    """What the records alone did not tell: verdicts that came later."""
    if not held:
        return
    say(f"{len(held):,} decisions were made without an answer that the candidate wants: looking for later ones")
    kafka = find_kafka(os.environ, say)
    spans = late_spans(kafka, held)
    with progress(sum(span.end - span.begin for span in spans), "verdicts read") as told:
        found = late_verdicts(kafka, held, spans, told)
    for decision, later in zip(held, found, strict=True):
        opened.join(decision, later)
