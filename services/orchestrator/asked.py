"""A contents record, read once: every look into a message of the contract makes objects, and that is what costs."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from sluice.policy.model import Policy, Severity, StagePolicy
from sluice.v1.contents_pb2 import Contents
from sluice.v1.request_pb2 import STAGE_OUTPUT, STAGE_PROMPT, Role, Stage
from sluice.v1.verdict_pb2 import Verdict

_NOWHERE = StagePolicy(0, 0, Severity.BLOCK, {})
"""Of what cannot be judged."""


@dataclass(slots=True)
class Content:
    """One content. `checks`: those that the policy requires for it. `kind`: "text", "image", or empty. `view_of`: the
    content that it is a further view of, or empty."""

    id: str
    role: "Role.ValueType"
    sha256: bytes
    kind: str
    checks: Sequence[str]
    view_of: str = ""


@dataclass(slots=True)
class Asked:
    """What is asked. `message`: the record itself. `judged`: whether it can be judged at all; if not, that is the
    answer. `on_incomplete`: what an incomplete decision is.
    """

    message: Contents
    request_id: str
    content_digest: bytes
    stage: "Stage.ValueType"
    deadline_at_ms: int
    contents: Sequence[Content]
    judged: bool
    on_incomplete: Severity

    @classmethod
    def of(cls, message: Contents, policy: Policy) -> Self:
        """Reads a record."""
        stage = message.stage
        judged = stage in (STAGE_PROMPT, STAGE_OUTPUT) and not message.unprocessable
        rules = policy.stages[stage] if judged else _NOWHERE
        required = rules.checks
        contents = []
        # A copy by slicing: iterating over a repeated field takes several times as long.
        for one in message.contents[:]:
            role = one.role
            if one.unprocessable:
                judged = False
            kind = one.WhichOneof("body") or ""
            contents.append(Content(one.id, role, one.sha256, kind, required.get(role, ()), one.view_of))
        return cls(
            message,
            message.request_id,
            message.content_digest,
            stage,
            message.deadline_at_ms,
            contents,
            judged,
            rules.on_incomplete,
        )

    def waits(self, answered: Collection[str]) -> bool:
        """Whether a required check is not among those that have answered."""
        for content in self.contents:
            for check in content.checks:
                if check not in answered:
                    return True
        return False


def listed(verdicts: Iterable[Verdict]) -> bool:
    """Whether a verdict reports an entry of a list: known content never comes without one."""
    return any(result.matches for verdict in verdicts for result in verdict.results[:])
