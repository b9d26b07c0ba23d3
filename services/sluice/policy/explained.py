"""A whole decision in plain words, under heads: what the command prints and what the console shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.moments import when
from sluice.policy import words
from sluice.policy.model import Policy
from sluice.v1.decision_pb2 import Decision


@dataclass(frozen=True, slots=True)
class Section:
    """Some sentences under a head."""

    head: str
    lines: Sequence[str]


def why(decision: Decision, policy: Policy | None) -> list[str]:
    """Each reason, and how the action follows from them. `policy`: the one that decided, or None."""
    reasons = [*words.fired(decision, policy), *words.missing(decision), *words.breakers(decision)]
    return [*reasons, words.conclusion(decision)]


def sections(decision: Decision, policy: Policy | None, about: str) -> list[Section]:
    """Everything but what was asked. `about`: a sentence on which policy it was. None of them is empty."""
    missed = words.near_misses(decision, policy)
    found = [
        Section("Why", [*why(decision, policy), *words.labels(decision)]),
        Section("People", words.people(decision)),
        Section("Lists", words.listed(decision)),
        Section("Near misses" if policy is not None else "Other scores", [words.near(one) for one in missed]),
        Section("Policy", [about]),
        Section("Models", words.models(decision)),
        Section("Times", times(decision)),
    ]
    return [section for section in found if section.lines]


def decided_by(decision: Decision) -> str:
    """Which policy it was, as the beginning of a sentence."""
    digest = decision.policy_digest.hex()[:16]
    return f"Decided by policy version {decision.policy_version}, digest {digest}..."


def times(decision: Decision) -> list[str]:
    """When what happened: the broker's clock, but for the decision itself, which has its decider's."""
    begin = decision.requested_at_ms
    lines = [f"Asked at {when(begin)}."]
    if decision.prepared_at_ms:
        lines.append(f"Read by ingest after {decision.prepared_at_ms - begin} ms.")
    lines += [f"`{seen.check}` answered after {seen.appended_at_ms - begin} ms." for seen in decision.inputs]
    deadline = f" (deadline: {decision.deadline_at_ms - begin} ms)" if decision.deadline_at_ms else ""
    return [*lines, f"Decided after {decision.decided_at_ms - begin} ms{deadline}."]
