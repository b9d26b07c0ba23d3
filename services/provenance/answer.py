"""What a look-up says: what was found, what that rests on, and how sure it is."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from provenance.record import Record


class Evidence(IntEnum):
    """What a finding rests on, the strongest first. The numbers are those of the contract."""

    CREDENTIAL = 1
    """The picture carries a manifest that a trusted certificate signed and that fits these bytes."""
    EXACT_BYTES = 2
    EXACT_PIXELS = 3
    WATERMARK = 4
    FINGERPRINT_VERIFIED = 5
    """A fingerprint is near, and so is the picture itself once both are laid over each other."""
    FINGERPRINT_CANDIDATE = 6
    """A fingerprint alone is near, which pictures of one prompt can be."""


class Verdict(IntEnum):
    """The answer in one word. None of them says "not ours": that cannot be known. Numbers as in the contract."""

    OURS = 1
    PERHAPS = 2
    UNKNOWN = 3


CONFIDENCE: Final = {
    Evidence.CREDENTIAL: 1.0,
    Evidence.EXACT_BYTES: 1.0,
    Evidence.EXACT_PIXELS: 1.0,
    Evidence.WATERMARK: 0.99,
    Evidence.FINGERPRINT_VERIFIED: 0.95,
    Evidence.FINGERPRINT_CANDIDATE: 0.4,
}
"""The most that each is worth: an order, in which a person may trust; how it was measured is told in
docs/provenance.md. What is measured of a finding takes something off."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One picture of ours. `record` is None where a trusted manifest of ours is not, or no longer, on record;
    `label` and `serial` are then the manifest's own. `variant`, `distance`: of the fingerprint, where one was near.
    `similarity`: -1..1, where the pictures were compared."""

    evidence: Evidence
    confidence: float
    record: Record | None
    label: str
    serial: str
    variant: str = ""
    distance: int = 0
    similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`findings`: the best first, each record once, by its strongest evidence. `not_asked`: layers that could not be
    asked this time; what they would have said is not known."""

    findings: tuple[Finding, ...]
    not_asked: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """OURS with any evidence but a mere candidate."""
        if not self.findings:
            return Verdict.UNKNOWN
        sure = any(one.evidence is not Evidence.FINGERPRINT_CANDIDATE for one in self.findings)
        return Verdict.OURS if sure else Verdict.PERHAPS
