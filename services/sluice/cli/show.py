"""Decisions for a person at a terminal."""

from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sluice.contract.names import short_name
from sluice.v1.decision_pb2 import Action, Decision, Input, Reason
from sluice.v1.request_pb2 import Stage
from sluice.v1.verdict_pb2 import ContentResult, Person, Status

_STYLES: Final = {"ALLOW": "bold green", "REVIEW": "bold yellow", "BLOCK": "bold red"}
_TOP_SCORES: Final = 6
NONE_DECIDED: Final = "NOT DECIDED"


def show_decision(
    console: Console, decision: Decision, signed_file: str | None = None, explain: bool = False
) -> None:
    """Action, reasons, where the signed picture is; with `explain` what every check saw."""
    action = short_name(Action, decision.action) or NONE_DECIDED
    head = Text.assemble((f"{action:<7}", _STYLES.get(action, "bold red")), f" {decision.request_id}")
    head.append(f"  {(short_name(Stage, decision.stage) or '').lower()}", style="dim")
    if decision.requested_at_ms and decision.decided_at_ms:
        head.append(f"  {decision.decided_at_ms - decision.requested_at_ms} ms", style="dim")
    if not decision.complete:
        head.append("  incomplete", style="yellow")
    console.print(head)
    for reason in decision.reasons:
        console.print(Text(f"        {_reason(reason)}"))
    if decision.labels:
        console.print(Text(f"        labels: {', '.join(decision.labels)}"))
    if signed_file:
        console.print(Text(f"        signed: {signed_file}"))
    if explain:
        console.print(_verdicts(decision))


def show_failure(console: Console, request_id: str, error: str) -> None:
    """A request without a decision."""
    console.print(Text.assemble((NONE_DECIDED, "bold red"), f" {request_id}  not allowed: {error}"))


def _reason(reason: Reason) -> str:
    words = [reason.rule]
    if reason.category:
        words.append(f"{reason.category} {reason.score:.2f} (threshold {reason.threshold:.2f})")
    words += [f"by {reason.check}"] if reason.check else []
    words += [f"in {reason.content_id}"] if reason.content_id else []
    words += [f"- {reason.detail}"] if reason.detail else []
    return " ".join(words)


def _verdicts(decision: Decision) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in ("        check", "content", "status", "what it saw", "ms"):
        table.add_column(column, overflow="fold")
    for verdict in decision.inputs:
        for result in verdict.results:
            table.add_row(*_row(verdict, result))
    return table


def _row(verdict: Input, result: ContentResult) -> tuple[str, str, str, str, str]:
    top = sorted(result.scores.items(), key=lambda pair: -pair[1])[:_TOP_SCORES]
    saw = [f"{name} {score:.2f}" for name, score in top]
    saw += [f"{name}={value:.2f}" for name, value in sorted(result.signals.items())]
    person = short_name(Person, result.person)
    saw += [f"person {person}"] if person else []
    saw += [f"matches {match.list}/{match.entry}{' (test)' if match.test else ''}" for match in result.matches]
    saw += [f"abstains: {', '.join(sorted(result.abstained))}"] if result.abstained else []
    saw += [result.detail] if result.detail else []
    status = short_name(Status, result.status) or ""
    took = str(verdict.finished_at_ms - verdict.started_at_ms)
    return f"        {verdict.check}", result.content_id, status, "  ".join(saw), took
