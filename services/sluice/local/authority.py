"""A small certificate authority for development: three certificates that readers of C2PA accept.

What each of them needs stands in the C2PA specification 2.x, "X.509 certificates". The SDK signs with one that lacks
an extension and then calls its own work invalid, so the profile is kept exactly.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANIZATION = "Sluice development (not for production)"
"""What a verifier shows as the issuer."""

LEAF_DAYS = 365
_INTERMEDIATE_DAYS = 5 * 365
_ROOT_DAYS = 10 * 365
_PEM = serialization.Encoding.PEM

_Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

_LEAF_KEYS: Mapping[str, Callable[[], _Key]] = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ps256": lambda: rsa.generate_private_key(65537, 3072),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
"""Signature algorithm, as C2PA calls it -> a new key for it. RSA has the size that is as strong as P-256."""


@dataclass(frozen=True, slots=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def issue_chain(
    begins: dt.datetime | None = None, leaf_days: int = LEAF_DAYS, algorithm: str = "es256"
) -> Mapping[str, bytes]:
    """`root.pem`, `chain.pem` (signing certificate, then intermediate) and `key.pem` (of the signing certificate).

    `algorithm` of the signing key: `es256`, `es384`, `ps256` or `ed25519`, in capitals or not; KeyError for another.
    The authorities above it have P-384 and P-256 keys in any case; those keys are forgotten once they have signed.
    By default all certificates begin five minutes ago: a verifier whose clock is a little behind should not call
    them "not yet valid".
    """
    start = begins or dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
    root_key = ec.generate_private_key(ec.SECP384R1())
    root = _Authority(_sign(_ca("Root", root_key, None, start, _ROOT_DAYS), None, root_key), root_key)
    issuing_key = ec.generate_private_key(ec.SECP256R1())
    draft = _ca("Issuing CA", issuing_key, 0, start, _INTERMEDIATE_DAYS)
    issuing = _Authority(_sign(draft, root, issuing_key), issuing_key)
    key = _LEAF_KEYS[algorithm.lower()]()
    leaf = _sign(_leaf("Signer", key, start, leaf_days), issuing, key)
    return {
        "root.pem": root.certificate.public_bytes(_PEM),
        "chain.pem": leaf.public_bytes(_PEM) + issuing.certificate.public_bytes(_PEM),
        "key.pem": key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    }


def _ca(
    name: str, key: ec.EllipticCurvePrivateKey, path_length: int | None, start: dt.datetime, days: int
) -> x509.CertificateBuilder:
    """A draft that may sign certificates; `path_length` authorities may stand below it."""
    limits = x509.BasicConstraints(ca=True, path_length=path_length)
    return (
        _draft(name, key, start, days)
        .add_extension(limits, critical=True)
        .add_extension(_usage(ca=True), critical=True)
    )


def _leaf(name: str, key: _Key, start: dt.datetime, days: int) -> x509.CertificateBuilder:
    """A draft that may sign claims. E-mail protection is the one purpose that every reader of C2PA accepts without
    being told to."""
    return (
        _draft(name, key, start, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    )


def _draft(name: str, key: _Key, start: dt.datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _sign(draft: x509.CertificateBuilder, by: _Authority | None, key: _Key) -> x509.Certificate:
    """Signed `by` an authority, or by the certificate's own `key` where that is None: a root."""
    signing = by.key if by else key
    issuer = by.certificate.subject if by else _name("Root")
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    return draft.issuer_name(issuer).add_extension(identifier, critical=False).sign(signing, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Sluice development {common_name}"),
        ]
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
