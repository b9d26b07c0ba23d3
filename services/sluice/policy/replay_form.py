"""A replay's figures as JSON. Shares are of 1; intervals are Wilson's, 95 %."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sluice.policy.gates import Gate, figure
from sluice.policy.model import Policy
from sluice.policy.tally import ALL, GROUPS, Move, Paired, Tally, by_kind, flipped
from sluice.shares import Share, mcnemar


def replay_form(candidate: Policy, tally: Tally, gates: Sequence[Gate]) -> dict[str, object]:
    """Everything that a replay found, the verdict of its gates included."""
    rules = sorted({*tally.new, *tally.gone})
    return {
        "candidate": {"version": candidate.version, "digest": candidate.digest.hex()},
        "decisions": tally.decisions,
        "judged": tally.judged,
        "unjudged": tally.unjudged,
        "unjudged_for": dict(tally.unknown),
        "flips": tally.flips,
        "moves": {str(move): count for move, count in tally.moves.most_common()},
        "examples": {str(move): ids for move, ids in tally.examples.items()},
        "rules": {
            rule: {"fires": tally.fires[rule], "new": tally.new[rule], "gone": tally.gone[rule]} for rule in rules
        },
        "by": {name: {value: _group(moves) for value, moves in tally.flips_of(name)} for name in GROUPS},
        "exact": {"same": tally.exact, "differ": tally.inexact, "examples": tally.inexact_ids},
        "labels": {group or "all": _labelled(tally, group) for group in sorted(tally.marks)},
        "unjudged_labels": tally.unjudged_labels,
        "gates": [
            {"gate": gate.text, "found": found, "failed": gate.failed(found)}
            for gate, found in ((gate, figure(gate, tally)) for gate in gates)
        ],
    }


def _group(moves: Counter[Move]) -> Mapping[str, object]:
    return {"decisions": moves.total(), "flips": flipped(moves), "kinds": dict(by_kind(moves))}


def _labelled(tally: Tally, group: str = ALL) -> Mapping[str, object]:
    return {
        "not_unsafe": _metric(tally.paired(True, group)),
        "not_overrefuse": _metric(tally.paired(False, group)),
    }


def _metric(paired: Paired) -> Mapping[str, object]:
    return {
        "n": paired.after.n,
        "recorded": _share(paired.before),
        "candidate": _share(paired.after),
        "better": paired.better,
        "worse": paired.worse,
        "p": mcnemar(paired.worse, paired.better) if paired.after.n else None,
    }


def _share(share: Share) -> Mapping[str, object] | None:
    if share.value is None:
        return None
    low, high = share.interval()
    return {"share": share.value, "low": low, "high": high}
