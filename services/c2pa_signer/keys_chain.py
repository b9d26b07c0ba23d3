"""The certificates that a signer sends along: read, put to the test, and what is wrong with them named."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from c2pa_signer.key import Algorithm, algorithm_of
from sluice.errors import NotReadyError

_PURPOSES = frozenset({"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1"})
"""E-mail protection, document signing (RFC 9336), C2PA claim signing: what a claim may be signed for."""
_PURPOSES_TEXT = "e-mail protection, document signing or C2PA claim signing (1.3.6.1.4.1.62558.2.1)"

STAMP_ROOTS = "stamp-roots.pem"

E = TypeVar("E", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Certificates:
    """A chain that may sign: `pem`, the signing certificate first."""

    pem: bytes
    anchors_pem: str
    """The roots that reach it, and whatever else is trusted."""
    leaf: x509.Certificate
    algorithm: Algorithm
    begins: dt.datetime
    ends: dt.datetime
    """UTC: from when and until when every certificate of the chain is valid."""
    stamp_anchors_pem: str = ""
    """The roots of timestamp authorities, which sign nothing but timestamps in our name."""

    @property
    def issuer_pem(self) -> str:
        """The certificate that issued the signing one; empty where an anchor did."""
        issuers = x509.load_pem_x509_certificates(self.pem)[1:]
        return issuers[0].public_bytes(serialization.Encoding.PEM).decode() if issuers else ""

    @property
    def serial(self) -> str:
        """Of the signing certificate, hexadecimal."""
        return f"{self.leaf.serial_number:x}"

    def require_valid(self, now: dt.datetime) -> None:
        """Raises NotReadyError where a signature made now would not verify."""
        if now >= self.ends:
            raise NotReadyError(
                f"signing certificate {self.serial} expired at {self.ends.isoformat()}, or one of its chain did; "
                "install a new chain (`sluice dev certs --force` makes one for development)"
            )
        if now < self.begins:
            raise NotReadyError(f"signing certificate {self.serial} is not valid before {self.begins.isoformat()}")


def read_certificates(chain_pem: bytes, anchors_pem: bytes, stamp_anchors_pem: bytes | None = None) -> Certificates:
    """Raises NotReadyError for a chain that no verifier would accept, and says in what. Looks at no clock."""
    chain = _parsed(chain_pem, "chain.pem")
    anchors = _parsed(anchors_pem, "root.pem")
    stamps = _parsed(stamp_anchors_pem, STAMP_ROOTS) if stamp_anchors_pem is not None else ()
    if any(_issued(anchor, stamp) for anchor in anchors for stamp in stamps if anchor != stamp):
        raise NotReadyError(
            f"a certificate in {STAMP_ROOTS} issued one in root.pem; put the one that issues for the timestamp "
            "authority there, or the root into root.pem alone"
        )
    leaf = chain[0]
    _require_leaf(leaf, chain)
    _require_path(chain, anchors)
    _require_purpose(leaf)
    return Certificates(
        pem=chain_pem,
        anchors_pem=anchors_pem.decode("ascii", "replace"),
        leaf=leaf,
        algorithm=algorithm_of(leaf),
        begins=max(certificate.not_valid_before_utc for certificate in chain),
        ends=min(certificate.not_valid_after_utc for certificate in chain),
        stamp_anchors_pem=(stamp_anchors_pem or b"").decode("ascii", "replace"),
    )


def _parsed(pem: bytes, name: str) -> Sequence[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise NotReadyError(f"{name} cannot be read: it should hold certificates as PEM") from error
    if b"PRIVATE KEY" in pem:
        raise NotReadyError(
            f"{name} holds a private key: certificates alone belong there, they leave with every picture"
        )
    return found


def _require_leaf(leaf: x509.Certificate, chain: Sequence[x509.Certificate]) -> None:
    if not _is_authority(leaf):
        return
    if any(not _is_authority(certificate) for certificate in chain):
        raise NotReadyError(
            "chain.pem is in the wrong order: the signing certificate comes first, then the one that issued it, "
            "and so on"
        )
    raise NotReadyError("chain.pem has no signing certificate: the first one is a certificate authority's")


def _require_path(chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]) -> None:
    """Each is issued by the next, the last one by an anchor (or is one itself)."""
    for number, certificate in enumerate(chain[:-1]):
        if _issued(certificate, chain[number + 1]):
            continue
        if any(_issued(certificate, other) for other in chain if other is not certificate):
            raise NotReadyError(
                f"chain.pem is in the wrong order: certificate {number + 2} did not issue certificate {number + 1}"
            )
        raise NotReadyError(f"chain.pem is broken: no certificate in it issued certificate {number + 1}")
    last = chain[-1]
    if any(last == anchor or _issued(last, anchor) for anchor in anchors):
        return
    issuer = last.issuer.rfc4514_string()
    if len(chain) == 1:
        raise NotReadyError(
            f"chain.pem holds the signing certificate alone; its issuer's ({issuer}) should follow it: verifiers "
            "know roots, not intermediates"
        )
    raise NotReadyError(f"no certificate in root.pem issued the last one in chain.pem; its issuer is {issuer}")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _require_purpose(leaf: x509.Certificate) -> None:
    usage = _extension(leaf, x509.KeyUsage)
    if usage is None or not usage.digital_signature:
        raise NotReadyError("the signing certificate's key usage should be digitalSignature")
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    found = {purpose.dotted_string for purpose in purposes} if purposes is not None else set()
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string in found or not found & _PURPOSES:
        listed = ", ".join(sorted(found)) or "nothing"
        raise NotReadyError(
            f"the signing certificate's extended key usage (EKU) is {listed}; it should be {_PURPOSES_TEXT}"
        )


def _is_authority(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except ValueError as error:
        raise NotReadyError("a certificate in chain.pem has an extension that cannot be read") from error
