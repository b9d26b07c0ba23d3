"""The signing chain as it lies in files: read, checked, and watched for its end."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sluice.errors import NotReadyError
from sluice.local.certificates import load_chain


@dataclass(frozen=True, slots=True, repr=False)
class SigningChain:
    """PEM texts and what must be known of them. Has no repr: one of them is a private key."""

    trust_anchors: str
    chain: bytes
    key: bytes
    serial: str
    """Of the signing certificate, hexadecimal."""
    begins: dt.datetime
    expires: dt.datetime
    """UTC: from when and until when every certificate of the chain is valid."""

    def require_valid(self, now: dt.datetime | None = None) -> None:
        """Raises NotReadyError where a signature made now would not verify."""
        moment = now or dt.datetime.now(dt.UTC)
        if moment >= self.expires:
            raise NotReadyError(
                f"signing certificate {self.serial} expired at {self.expires.isoformat()}; "
                "install a new chain (`sluice dev certs --force` makes one for development)"
            )
        if moment < self.begins:
            raise NotReadyError(f"signing certificate {self.serial} is not valid before {self.begins.isoformat()}")


def read_signing_chain(folder: Path, now: dt.datetime | None = None) -> SigningChain:
    """Reads `root.pem`, `chain.pem` and `key.pem`. Raises NotReadyError for what is missing, malformed, expired, or
    for a key that is not the signing certificate's."""
    files = load_chain(folder)
    try:
        chain, key_pem = files.chain.read_bytes(), files.key.read_bytes()
        anchors = files.root.read_text(encoding="ascii")
        certificates = x509.load_pem_x509_certificates(chain)
        key = serialization.load_pem_private_key(key_pem, password=None)
        x509.load_pem_x509_certificates(anchors.encode())
    except (OSError, ValueError, TypeError) as error:
        raise NotReadyError(f"{folder}: a certificate or the key cannot be read") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NotReadyError(f"{files.key}: the signing key should be of the curve P-256")
    if key.public_key() != certificates[0].public_key():
        raise NotReadyError(f"{files.key} is not the key of the first certificate in {files.chain}")
    signing = SigningChain(
        trust_anchors=anchors,
        chain=chain,
        key=key_pem,
        serial=files.serial,
        begins=max(certificate.not_valid_before_utc for certificate in certificates),
        expires=min(certificate.not_valid_after_utc for certificate in certificates),
    )
    signing.require_valid(now)
    return signing
