"""Every decision is what the decision function says of its recorded inputs, and those inputs are in the log."""

from collections.abc import Iterator, Sequence

from orchestrator.decide import Outcome, decide
from sluice.policy.model import Policy, Severity
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision, Input
from sluice.v1.verdict_pb2 import STATUS_OK, Verdict
from tests.chaos.history import History, Logged
from tests.chaos.index import Index
from tests.chaos.objections import Kind, Objection

OVERLOADED = "overloaded"
"""Rule of a reason: there was no room for the request."""


def check_inputs(history: History, index: Index) -> Iterator[Objection]:
    """Objections to each decision against contents, verdicts and policy."""
    for decision in history.decisions:
        contents = index.contents_of(decision)
        if contents is None:
            yield _input(decision, "its contents record is not in the log")
            continue
        yield from _check_head(decision, contents, history.policy)
        yield from _check_inputs(decision, contents, index)
        yield from _check_outcome(decision, contents, index, history.policy)
        if decision.message.action == ACTION_ALLOW:
            yield from _check_allowed(decision.message, contents.message, history.policy)


def _input(decision: Logged[Decision], detail: str) -> Objection:
    return Objection(Kind.INPUT_NOT_IN_LOG, decision.message.request_id, detail)


def _check_head(decision: Logged[Decision], contents: Logged[Contents], policy: Policy) -> Iterator[Objection]:
    made, read = decision.message, contents.message
    pairs = {
        "content_digest": (made.content_digest, read.content_digest),
        "stage": (made.stage, read.stage),
        "operation": (made.operation, read.operation),
        "generation_id": (made.generation_id, read.generation_id),
        "age_band": (made.age_band, read.subject.age_band),
        "requested_at_ms": (made.requested_at_ms, read.requested_at_ms),
        "prepared_at_ms": (made.prepared_at_ms, contents.appended_at_ms),
        "deadline_at_ms": (made.deadline_at_ms, read.deadline_at_ms),
        "released_from": (made.released_from, read.released_from),
        "released_rules": ([*made.released_rules], [*read.released_rules]),
        "prompt_action": (made.prompt_action, read.prompt_decision.action),
        "policy_digest": (made.policy_digest, policy.digest),
        "contents": ([c.sha256 for c in made.contents], [c.sha256 for c in read.contents]),
    }
    for name, (here, there) in pairs.items():
        if here != there:
            yield Objection(Kind.NOT_RECOMPUTED, made.request_id, f"{name} is not that of its contents and policy")


def _check_inputs(decision: Logged[Decision], contents: Logged[Contents], index: Index) -> Iterator[Objection]:
    first = {found.message.check: found.offset for found in index.verdicts_of(contents)}
    names = [recorded.check for recorded in decision.message.inputs]
    if len(names) != len(set(names)):
        yield _input(decision, "two inputs of one check")
    for recorded in decision.message.inputs:
        found = index.verdict_at(decision.partition, recorded.verdict_offset)
        if found is None:
            yield _input(decision, f"{recorded.check}: no verdict at offset {recorded.verdict_offset}")
            continue
        verdict = found.message
        about = (verdict.request_id, verdict.check, verdict.lane, verdict.contents_offset)
        if about != (decision.message.request_id, recorded.check, contents.lane, contents.offset):
            yield _input(decision, f"{recorded.check}: the verdict there is about something else")
        elif list(verdict.results) != list(recorded.results) or recorded.appended_at_ms != found.appended_at_ms:
            yield _input(decision, f"{recorded.check}: the verdict there says something else")
        elif found.appended_at_ms > contents.message.deadline_at_ms:
            yield Objection(Kind.TOO_LATE, verdict.request_id, f"{recorded.check}: appended after the deadline")
        elif first.get(recorded.check) != found.offset:
            yield _input(decision, f"{recorded.check}: not the first one, which is at {first.get(recorded.check)}")


def _check_outcome(
    decision: Logged[Decision], contents: Logged[Contents], index: Index, policy: Policy
) -> Iterator[Objection]:
    made = decision.message
    given = {recorded.check: recorded for recorded in made.inputs}
    # Which breakers were open is an input that no other log holds.
    breakers = [*made.open_breakers]
    if any(reason.rule == OVERLOADED for reason in made.reasons):
        # Set aside for want of room, whenever that was: never an ALLOW.
        outcome = _outcome(contents.message, given, policy, breakers, late=True, overloaded=True)
        if outcome is None or not _same(made, outcome):
            yield Objection(Kind.NOT_RECOMPUTED, made.request_id, "overload and its inputs do not carry it")
        return
    in_time = _outcome(contents.message, given, policy, breakers, late=False)
    outcome = in_time or _outcome(contents.message, given, policy, breakers, late=True)
    if outcome is None or not _same(made, outcome):
        yield Objection(Kind.NOT_RECOMPUTED, made.request_id, "its inputs do not carry it")
    if in_time is None and decision.appended_at_ms < made.deadline_at_ms:
        yield Objection(Kind.TOO_LATE, made.request_id, "decided for want of answers before its deadline")
    # The decision is a function of the log: it falls with the first verdict that is enough, or at the deadline.
    seen: dict[str, Input] = {}
    for verdict in index.verdicts_of(contents):
        if _outcome(contents.message, seen, policy, breakers, late=False) is not None:
            break
        message = verdict.message
        seen[message.check] = Input(check=message.check, verdict_offset=verdict.offset, results=message.results)
    ours = {name: recorded.verdict_offset for name, recorded in given.items()}
    if ours != {name: recorded.verdict_offset for name, recorded in seen.items()}:
        missed = sorted(seen.keys() - ours.keys()) or sorted(ours.keys() - seen.keys())
        yield Objection(Kind.NOT_RECOMPUTED, made.request_id, f"the log has other verdicts for it: {missed}")


def _outcome(
    contents: Contents,
    given: dict[str, Input],
    policy: Policy,
    breakers: Sequence[str],
    late: bool,
    overloaded: bool = False,
) -> Outcome | None:
    verdicts = {name: Verdict(check=name, results=recorded.results) for name, recorded in given.items()}
    return decide(contents, verdicts, policy, late, overloaded=overloaded, open_breakers=breakers)


def _same(made: Decision, outcome: Outcome) -> bool:
    return (
        made.action == outcome.action.value
        and made.complete == outcome.complete
        and list(made.reasons) == list(outcome.reasons)
        and tuple(made.labels) == outcome.labels
    )


def _check_allowed(made: Decision, contents: Contents, policy: Policy) -> Iterator[Objection]:
    """Not through the decision function: an ALLOW has an answer, OK and in time, of each check to each content."""
    answered = {
        (recorded.check, result.content_id)
        for recorded in made.inputs
        if recorded.appended_at_ms <= contents.deadline_at_ms
        for result in recorded.results
        if result.status == STATUS_OK
    }
    if not made.complete or any(reason.action > Severity.ALLOW for reason in made.reasons):
        yield Objection(Kind.WRONGLY_ALLOWED, made.request_id, "allowed against its own reasons")
    if not contents.contents or contents.unprocessable:
        yield Objection(Kind.WRONGLY_ALLOWED, made.request_id, "allowed without contents")
    for content in contents.contents:
        required = policy.stages[contents.stage].checks.get(content.role, ())
        missing = [name for name in required if (name, content.id) not in answered]
        if missing or not required or content.unprocessable:
            yield Objection(Kind.WRONGLY_ALLOWED, made.request_id, f"allowed without {missing} for {content.id}")
