"""The table at the end of the demo: request, decision, reason, milliseconds per hop."""

from collections.abc import Sequence

from rich.table import Table

from sluice.demo.generator import Answer
from sluice.v1.decision_pb2 import Action, Decision

_STYLES = {"ALLOW": "green", "BLOCK": "red", "REVIEW": "yellow"}


def action_word(answer: Answer) -> str:
    """ALLOW, BLOCK, REVIEW, or a dash where no decision came."""
    if answer.decision is None:
        return "-"
    return Action.Name(answer.decision.action).removeprefix("ACTION_")


def why(decision: Decision | None) -> str:
    """The first reason, in a few words."""
    if decision is None:
        return "no decision in time"
    if not decision.reasons:
        return ""
    reason = decision.reasons[0]
    if reason.threshold:
        return f"{reason.rule} {reason.score:.2f} ≥ {reason.threshold:.2f}"
    return f"{reason.rule}: {reason.detail}" if reason.detail else reason.rule


def hops(answer: Answer) -> tuple[str, str, str, str]:
    """Milliseconds that each hop took by the broker's append times: ingest, slowest check, orchestrator, signer."""
    decision = answer.decision
    if decision is None:
        return ("", "", "", "")
    ingest = decision.prepared_at_ms - decision.requested_at_ms
    last = max((seen.appended_at_ms for seen in decision.inputs), default=decision.prepared_at_ms)
    checks = last - decision.prepared_at_ms
    signer = answer.signed_at_ms - answer.decided_at_ms if answer.signed else None
    return (
        str(ingest),
        str(checks) if decision.inputs else "",
        str(answer.decided_at_ms - last),
        "" if signer is None else str(signer),
    )


def table(answers: Sequence[Answer], credentials: dict[str, str]) -> Table:
    """`credentials`: request id -> what verifying the signed picture said."""
    found = Table(title="What the generator got back")
    for name in ("request", "stage", "decision", "expected", "reason"):
        found.add_column(name, overflow="fold")
    for name in ("ingest ms", "checks ms", "decide ms", "sign ms"):
        found.add_column(name, justify="right")
    found.add_column("C2PA")
    for answer in answers:
        word = action_word(answer)
        expected = Action.Name(answer.case.expected).removeprefix("ACTION_")
        found.add_row(
            answer.case.name,
            "PROMPT" if answer.case.stage == 1 else "OUTPUT",
            f"[{_STYLES.get(word, 'magenta')}]{word}[/]",
            expected if answer.as_expected else f"[bold magenta]{expected}[/]",
            why(answer.decision),
            *hops(answer),
            credentials.get(answer.request_id, ""),
        )
    return found
