"""What a run tells people and machines: a table of faults, what is wrong, and one line of JSON."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.checker import Judgement
from tests.chaos.faults import FaultKind
from tests.chaos.inject import Outcome
from tests.chaos.objections import Kind
from tests.chaos.services import Ending

MOST_TOLD = 40
"""Objections that are printed in full."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a judgement does not know of its run."""

    seed: int
    brokers: int
    seconds: float
    records: int
    """Published in all, copies and garbage included."""
    longest_pause: float
    """Seconds without any decision while something was open."""
    uncommitted_extra: int
    unforeseen: Sequence[Ending]
    """Processes that ended without being told to."""
    problems: Sequence[str]
    """What kept the run itself from being whole."""


def fault_table(outcomes: Sequence[Outcome]) -> str:
    """One row per kind of fault: how many, on whom, and how long until the next decision of any request."""
    rows = [f"{'fault':28} {'count':>5}  {'next decision after, s':24} on"]
    for kind in FaultKind:
        mine = [outcome for outcome in outcomes if outcome.fault.kind is kind]
        if not mine:
            continue
        pauses = [outcome.pause for outcome in mine if outcome.pause is not None]
        told = f"median {statistics.median(pauses):5.1f}, most {max(pauses):5.1f}" if pauses else "none came"
        victims: dict[str, int] = {}
        for outcome in mine:
            name = outcome.fault.service if kind is FaultKind.JOIN else outcome.victim
            victims[name] = victims.get(name, 0) + 1
        on = ", ".join(f"{name} {count}" for name, count in sorted(victims.items()))
        rows.append(f"{kind:28} {len(mine):5}  {told:24} {on}")
    rows.append(f"{'all':28} {len(outcomes):5}")
    return "\n".join(rows)


def judgement_table(judgement: Judgement, figures: Figures) -> str:
    """What came of the requests, and everything that is wrong."""
    rows = [
        f"{judgement.requests} requests: {judgement.allowed} allowed, {judgement.blocked_by_rule} blocked by a rule, "
        f"{judgement.incomplete} incomplete; {judgement.signed} pictures signed",
        f"{100 * judgement.expected_allow_kept:.2f} % of what should be allowed was",
        f"at most {figures.longest_pause:.0f} s without any decision; "
        f"{figures.uncommitted_extra} decisions were written and undone",
    ]
    rows += [f"ended by itself: {ending.name} {ending.how} ({ending.log})" for ending in figures.unforeseen]
    rows += [f"{kind}: {judgement.count(kind)}" for kind in Kind if judgement.count(kind)]
    rows += [f"  {one.kind} {one.where}: {one.detail}" for one in judgement.objections[:MOST_TOLD]]
    rows += [f"problem: {problem}" for problem in figures.problems]
    return "\n".join(rows)


def last_line(judgement: Judgement, figures: Figures, outcomes: Sequence[Outcome]) -> str:
    """The run as one JSON object."""
    by_kind: Mapping[str, int] = {
        kind.name.lower(): sum(outcome.fault.kind is kind for outcome in outcomes) for kind in FaultKind
    }
    others = {kind.value: judgement.count(kind) for kind in Kind}
    return json.dumps(
        {
            "requests": judgement.requests,
            "faults": len(outcomes),
            "lost": others.pop(Kind.LOST),
            "doubled": others.pop(Kind.DOUBLED),
            "wrongly_allowed": others.pop(Kind.WRONGLY_ALLOWED),
            "allowed": judgement.allowed,
            "blocked_by_rule": judgement.blocked_by_rule,
            "incomplete": judgement.incomplete,
            "expected_allow_kept": round(judgement.expected_allow_kept, 4),
            "signed": judgement.signed,
            **others,
            "objections": len(judgement.objections),
            "uncommitted_extra": figures.uncommitted_extra,
            "unforeseen_ends": len(figures.unforeseen),
            "problems": len(figures.problems),
            "records": figures.records,
            "longest_pause": round(figures.longest_pause, 1),
            "seed": figures.seed,
            "brokers": figures.brokers,
            "seconds": round(figures.seconds, 1),
            "faults_by_kind": by_kind,
        }
    )
