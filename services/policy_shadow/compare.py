"""How two policies decide one request: what the live one decided, held against what the shadow would have. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sluice.policy.decider import Decide, Decided
from sluice.policy.model import Policy
from sluice.policy.recorded import decided_again, recorded, told_apart
from sluice.v1.decision_pb2 import Action, Decision, Reason
from sluice.v1.shadow_pb2 import Disagreement


@dataclass(frozen=True, slots=True)
class Kind:
    """What disagreements of one kind have in common. The actions are numbers of `Action`.

    `known`: the record has every answer that the shadow policy would have waited for. `policy`: its digest.
    """

    live: "Action.ValueType"
    shadow: "Action.ValueType"
    only_live: tuple[str, ...]
    only_shadow: tuple[str, ...]
    known: bool
    policy: bytes

    def coarse(self) -> Self:
        """The kind of all those with these actions, whatever rules fired."""
        return type(self)(self.live, self.shadow, (), (), self.known, self.policy)


@dataclass(frozen=True, slots=True)
class Compared:
    """A decision, and what the shadow policy would have decided."""

    kind: Kind
    outcome: Decided

    @property
    def differs(self) -> bool:
        """Whether the actions differ, or a rule fired in one of the two alone."""
        kind = self.kind
        return kind.live != kind.shadow or bool(kind.only_live or kind.only_shadow)


def compare(decision: Decision, policy: Policy, decide: Decide) -> Compared:
    """Decides a recorded decision again. TerminalError where it cannot be.

    A live policy that requires fewer checks, or one whose terminal rule did not wait, leaves answers out that the
    shadow policy would have waited for. What is missing is then incomplete for it, and the comparison is not `known`.
    """
    found = recorded(decision)
    outcome = told_apart(found, policy, decide)
    known = outcome is not None
    if outcome is None:
        outcome = decided_again(found, policy, decide)
    live, shadow = _rules(decision.reasons), _rules(outcome.reasons)
    kind = Kind(
        live=decision.action,
        shadow=Action.ValueType(outcome.action.value),
        only_live=tuple(sorted(live - shadow)),
        only_shadow=tuple(sorted(shadow - live)),
        known=known,
        policy=policy.digest,
    )
    return Compared(kind, outcome)


def disagreement(decision: Decision, offset: int, compared: Compared, policy: Policy) -> Disagreement:
    """The record of it, standing for itself alone. `offset`: where the decision lies."""
    kind, outcome = compared.kind, compared.outcome
    return Disagreement(
        request_id=decision.request_id,
        tenant=decision.tenant,
        stage=decision.stage,
        age_band=decision.age_band,
        decision_offset=offset,
        live_action=kind.live,
        live_policy_digest=decision.policy_digest,
        shadow_action=kind.shadow,
        shadow_policy_digest=policy.digest,
        shadow_policy_version=policy.version,
        shadow_complete=kind.known,
        only_live=kind.only_live,
        only_shadow=kind.only_shadow,
        live_reasons=decision.reasons,
        shadow_reasons=outcome.reasons,
        stands_for=1,
    )


def _rules(reasons: Iterable[Reason]) -> set[str]:
    return {reason.rule for reason in reasons}
