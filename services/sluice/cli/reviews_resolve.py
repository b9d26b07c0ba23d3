"""`sluice reviews resolve`: a person ends a review, and says why."""

import asyncio
import getpass
import os
from collections.abc import Mapping

import typer

from sluice.bus.find import finder
from sluice.bus.resolve import LONGEST_NAME, LONGEST_WHY
from sluice.bus.resolve import resolve as write
from sluice.bus.reviews_log import KEPT_DAYS, Case, decision_after, find_case, find_decision, kept_contents
from sluice.bus.scan import count_partitions, end_of, wait_for
from sluice.bus.topics import DAY_MS, Topic
from sluice.cli.reviews_tell import tell_resolved
from sluice.cli.tell import a_request_id, one_line, refuse, say, wants_json
from sluice.cli.where import find_kafka
from sluice.contract.names import short_name
from sluice.deadline import now_ms
from sluice.errors import TerminalError
from sluice.ids import partition_for, released_id
from sluice.moments import when
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import ACTION_ALLOW, Action, Decision
from sluice.v1.resolution_pb2 import (
    RESOLUTION_OUTCOME_RELEASED,
    RESOLUTION_OUTCOME_UPHELD,
    Resolution,
    ResolutionOutcome,
)

NOT_ALLOWED = 3
"""Exit status where a release was written and what was released is not allowed, or not yet."""


def resolve(
    request_id: str = typer.Argument(metavar="REQUEST_ID"),
    release: bool = typer.Option(False, "--release", help="It may go on: its contents are decided once more."),
    uphold: bool = typer.Option(False, "--uphold", help="It stays not allowed."),
    why: str = typer.Option(..., metavar="TEXT", help=f"Recorded; at most {LONGEST_WHY} characters."),
    by: str | None = typer.Option(
        None, metavar="NAME", help="Recorded. Default: SLUICE_REVIEWER, else who is logged in."
    ),
    wait: int = typer.Option(60, min=1, metavar="SECONDS", help="A release: how long to wait for its decision."),
    no_wait: bool = typer.Option(False, "--no-wait", help="Do not wait for it."),
    as_json: bool = typer.Option(False, "--json", help="One line of JSON, also on a terminal."),
) -> None:
    """End a review. A release satisfies rules that ask for a review; BLOCK rules and missing checks it does not.

    Exit status: 0 resolved so, now or before (a release that is waited for: and allowed), 1 not resolved so, 2 wrong
    usage, 3 released and not allowed: decided otherwise, or not in time.
    """
    if release == uphold:
        refuse("say --release or --uphold")
    words, name = _checked(why, "--why", LONGEST_WHY), _checked(reviewer(by, os.environ), "--by", LONGEST_NAME)
    wanted = RESOLUTION_OUTCOME_RELEASED if release else RESOLUTION_OUTCOME_UPHELD
    asked = a_request_id(request_id)
    kafka = find_kafka(os.environ, say)
    case = the_case(kafka, asked)
    if case.resolved is not None:
        _tell_before(case.resolved.resolution, wanted, wants_json(as_json))
        return
    if release and asyncio.run(kept_contents(case, finder(kafka))) is None:
        raise TerminalError(f"{asked} cannot be released: its contents are gone, they are kept for a day")
    awaited = _Awaited(kafka, case) if release and not no_wait else None
    counts, ours = write(kafka, case, release, name, words)
    if not ours:
        _tell_before(counts.resolution, wanted, wants_json(as_json))
        return
    decision = awaited.decision(wait) if awaited is not None else None
    tell_resolved(counts.resolution, decision, wants_json(as_json))
    if awaited is None:
        return
    if decision is None:
        say(f"no decision of {counts.resolution.new_request_id} within {wait} s: not allowed yet")
    if decision is None or decision.action != ACTION_ALLOW:
        raise typer.Exit(NOT_ALLOWED)


def the_case(kafka: KafkaSettings, request_id: str) -> Case:
    """The request's review. TerminalError where it is not in REVIEW, with what it is instead; RetryableError."""
    case = find_case(kafka, request_id)
    if case is not None:
        return case
    # What was decided otherwise is seldom asked for; a search further back would read the whole log.
    decision = find_decision(kafka, request_id, now_ms() - DAY_MS)
    if decision is not None:
        raise TerminalError(f"{request_id} is not in review: its decision is {short_name(Action, decision.action)}")
    raise TerminalError(f"{request_id} is not in review, and was not within the last {KEPT_DAYS} days")


def reviewer(named: str | None, env: Mapping[str, str]) -> str:
    """Who resolves: as named, else SLUICE_REVIEWER, else who is logged in. Ends the command where nobody is."""
    known = named if named is not None else env.get("SLUICE_REVIEWER", "")
    if known or named is not None:
        return known
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        refuse("who resolves it? --by NAME, or SLUICE_REVIEWER")


class _Awaited:
    """The decision that a release brings about; from where the log ends when this is made."""

    def __init__(self, kafka: KafkaSettings, case: Case) -> None:
        self._kafka = kafka
        self._since_ms = case.at_ms
        self._id = released_id(case.review.request_id)
        self._partition = partition_for(self._id, count_partitions(kafka, Topic.DECISIONS))
        self._end = end_of(kafka, Topic.DECISIONS, self._partition)

    def decision(self, seconds: float) -> Decision | None:
        record = wait_for(self._kafka, Topic.DECISIONS, self._partition, self._id, self._end, seconds)
        if record is not None:
            return Decision.FromString(record.value)
        # Released before, by a tool that wrote no resolution.
        return decision_after(self._kafka, self._id, self._since_ms)


def _checked(text: str, option: str, most: int) -> str:
    text = text.strip()
    if not text:
        refuse(f"{option} should not be empty")
    if len(text) > most:
        refuse(f"{option} has {len(text)} characters; {most} at most")
    return text


def _tell_before(found: Resolution, wanted: "ResolutionOutcome.ValueType", json_lines: bool) -> None:
    """It ended before: fine where it ended so. TerminalError where it did not."""
    outcome = short_name(ResolutionOutcome, found.outcome)
    who = f"{one_line(found.resolved_by)} at {when(found.resolved_at_ms)}"
    said = f"{found.request_id} was resolved before: {outcome} by {who}"
    if found.outcome != wanted:
        raise TerminalError(f"{said}; nothing was written")
    tell_resolved(found, None, json_lines)
    say(f"{said}; nothing was written")
