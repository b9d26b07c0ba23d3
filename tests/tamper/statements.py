"""Changes what a manifest says: a byte of an assertion, claim or signature, or of an ingredient's manifest."""

from tests.fuzz.containers import pieces, repaired
from tests.tamper.bytewise import flipped
from tests.tamper.victim import Victim
from tests.unit.signing import FACTS

_SIGNATURE = b"\xf6\x58\x40"
"""COSE_Sign1 (RFC 9052): no payload, then a string of 64 bytes, the signature."""


def assertion(victim: Victim) -> bytes:
    """Another decision let the picture out."""
    return _changed(victim.signed, FACTS.request_id.encode())


def claim(victim: Victim) -> bytes:
    """Another version made the claim."""
    return _changed(victim.signed, FACTS.version.encode())


def signature(victim: Victim) -> bytes:
    """The signature is not what the key made."""
    return _changed(victim.signed, _SIGNATURE, 40)


def ingredient(victim: Victim) -> bytes:
    """The upload was let out by another decision: its manifest stands before that of the edit."""
    return _changed(victim.edited, FACTS.request_id.encode())


def _changed(data: bytes, first: bytes, offset: int = 0) -> bytes:
    """Raises ValueError where the bytes to be changed are not there."""
    return repaired(pieces(flipped(data, data.index(first) + offset)))
