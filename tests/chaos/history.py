"""What a run left behind: what was asked, and what the logs say. Data alone; the checker works on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sluice.policy.model import Policy
from sluice.provenance import State
from sluice.v1.asset_pb2 import ApprovedAsset, SignedAsset
from sluice.v1.contents_pb2 import Contents
from sluice.v1.dead_letter_pb2 import DeadLetter
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.incident_pb2 import Incident
from sluice.v1.request_pb2 import LANE_INTERACTIVE, Lane
from sluice.v1.review_pb2 import Review
from sluice.v1.verdict_pb2 import Verdict

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Logged(Generic[M]):
    """A record as it lies in a topic that it is clear from. `appended_at_ms`: the broker's clock."""

    message: M
    partition: int
    offset: int
    appended_at_ms: int
    lane: "Lane.ValueType" = LANE_INTERACTIVE
    """Of contents records: which of the two topics."""


@dataclass(slots=True)
class Asked:
    """A request id that was published, and what must come of it.

    `digests`: content digests that its decision may carry, one unless two contents raced for the id. `rules`: where
    it must be blocked, the policy rules of which one must have fired. `conflicts`: how many copies with other content
    must have become dead letters. `certain`: the broker acknowledged it; otherwise it may or may not be there.
    """

    request_id: str
    digests: frozenset[bytes]
    action: "Action.ValueType"
    output: bool = False
    rules: frozenset[str] = frozenset()
    incidents: int = 0
    conflicts: int = 0
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies that nobody can handle."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What became of a signed asset's object: read back and verified as a stranger would."""

    found: bool
    """It is in the store, and its bytes are those of the reference."""
    state: State = State.NONE
    says: Mapping[str, str] = field(default_factory=dict)
    """What its manifest says of the decision."""


@dataclass(frozen=True, slots=True)
class History:
    """A whole run, read when nothing moved any more. Sequences are in log order per partition."""

    policy: Policy
    asked: Mapping[str, Asked]
    poison: Sequence[Place] = ()
    contents: Sequence[Logged[Contents]] = ()
    verdicts: Sequence[Logged[Verdict]] = ()
    decisions: Sequence[Logged[Decision]] = ()
    approved: Sequence[Logged[ApprovedAsset]] = ()
    signed: Sequence[Logged[SignedAsset]] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    """By the uri of the signed object."""
    incidents: Sequence[Logged[Incident]] = ()
    reviews: Sequence[Logged[Review]] = ()
    dead_letters: Sequence[Logged[DeadLetter]] = ()
