"""What a checker can object to, and what each kind counts as."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Why a history is not right. The value is its name in the last line of a run."""

    LOST = "lost"
    """A request without a decision."""
    DOUBLED = "doubled"
    """A request with more than one."""
    WRONGLY_ALLOWED = "wrongly_allowed"
    """An ALLOW that should have been none, or that its inputs do not carry; anything in `assets.*` without one."""
    UNASKED = "unasked"
    """A decision about what nobody asked."""
    OTHER_CONTENT = "other_content"
    """A decision about other content than was asked about."""
    NOT_THE_RULE = "not_the_rule"
    """A BLOCK, complete, where policy allows; or for other rules than it should be."""
    NOT_RECOMPUTED = "not_recomputed"
    """A decision that is not what the decision function says of its recorded inputs."""
    INPUT_NOT_IN_LOG = "input_not_in_log"
    """A recorded input that is not the verdict at its offset, not about this request, or not the first to count."""
    TOO_LATE = "too_late"
    """A verdict counted after the deadline, or a deadline taken for passed before it was."""
    UNAPPROVED = "unapproved"
    """An allowed output that was not passed on to be signed, or with other bytes."""
    APPROVED_DOUBLED = "approved_doubled"
    UNSIGNED = "unsigned"
    """An allowed output without a signed picture."""
    SIGNED_DOUBLED = "signed_doubled"
    UNVERIFIED = "unverified"
    """A signed picture that is not in the store, does not verify, or says something else than was decided."""
    INCIDENT = "incidents_wrong"
    """Not exactly one incident for a known match, or one without a match."""
    UNLETTERED = "unlettered"
    """What must become a dead letter and did not, or a dead letter for what was in order."""
    LETTERS_DOUBLED = "letters_doubled"
    """A record with two dead letters of one service."""
    CONTENTS_DOUBLED = "contents_doubled"
    """A published record that was prepared twice."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that is wrong. `where`: a request id, or topic, partition and offset."""

    kind: Kind
    where: str
    detail: str


def count(objections: Sequence[Objection], kind: Kind) -> int:
    """How many requests or records are affected, each counted once however much is wrong with it."""
    return len({objection.where for objection in objections if objection.kind is kind})
