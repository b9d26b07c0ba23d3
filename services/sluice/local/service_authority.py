"""A certificate authority for services on one machine: for a laptop and for tests. In a cluster cert-manager is one.

Each certificate names its service or client as `spiffe://sluice/local/NAME`, and this machine as `localhost` and
127.0.0.1; it may serve and call.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 365
BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
_AUTHORITY_DAYS = 10 * 365
_PEM = serialization.Encoding.PEM
_EARLIER = dt.timedelta(minutes=5)
"""By which certificates begin before now: somebody's clock may be a little behind."""


def identity_of(name: str) -> str:
    """What a certificate of this authority calls a service or client."""
    return f"spiffe://sluice/local/{name}"


def local_names(name: str) -> Sequence[x509.GeneralName]:
    """Who it is, and where it can be called."""
    return (
        x509.UniformResourceIdentifier(identity_of(name)),
        x509.DNSName("localhost"),
        x509.IPAddress(IPv4Address("127.0.0.1")),
    )


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


class ServiceAuthority:
    """Issues certificates. Its key is in memory alone, and gone with it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sluice local services")])
        draft = _draft(self._name, self._name, self._key.public_key(), _now(), _AUTHORITY_DAYS)
        self._certificate = _sign(draft, self._key, authority=True)

    @property
    def certificate(self) -> bytes:
        """Whom to trust: `ca.crt`, PEM."""
        return self._certificate.public_bytes(_PEM)

    def issue(
        self,
        name: str,
        names: Sequence[x509.GeneralName] | None = None,
        begins: dt.datetime | None = None,
        days: float = DAYS,
        purposes: Sequence[x509.ObjectIdentifier] = BOTH,
    ) -> Issued:
        """A certificate for a service or client, and a new key. `names`: instead of `local_names`."""
        key = ec.generate_private_key(ec.SECP256R1())
        # The common name is for people who look at it; nothing reads it.
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        draft = _draft(subject, self._name, key.public_key(), begins or _now(), days)
        found = local_names(name) if names is None else names
        if found:
            draft = draft.add_extension(x509.SubjectAlternativeName(found), critical=False)
        draft = draft.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
        signed = _sign(draft, self._key, authority=False)
        form = (_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return Issued(signed.public_bytes(_PEM), key.private_bytes(*form))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC) - _EARLIER


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: dt.datetime, days: float
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _sign(draft: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    limits = x509.BasicConstraints(ca=authority, path_length=0 if authority else None)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return (
        draft.add_extension(limits, critical=True)
        .add_extension(usage, critical=True)
        .add_extension(issuer, critical=False)
        .sign(key, hashes.SHA256())
    )
