"""A certificate authority for tests of signing keys: certificates as they should be, and as they should not."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
C2PA = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
STAMPING = ExtendedKeyUsageOID.TIME_STAMPING


def new_key(algorithm: str) -> PrivateKey:
    """A key for one of our four algorithms."""
    match algorithm:
        case "es256":
            return ec.generate_private_key(ec.SECP256R1())
        case "es384":
            return ec.generate_private_key(ec.SECP384R1())
        case "ps256":
            return rsa.generate_private_key(65537, 2048)
        case _:
            return ed25519.Ed25519PrivateKey.generate()


def key_pem(key: PrivateKey) -> bytes:
    """PKCS#8, without a password."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def pem(*certificates: x509.Certificate) -> bytes:
    """One after the other."""
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


@dataclass
class House:
    """A root and an intermediate that issues."""

    root_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    name: str = "A"
    root: x509.Certificate = field(init=False)
    issuing: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        self.root = self._issue("Root", self.root_key.public_key(), "Root", self.root_key, ca=True)
        self.issuing = self._issue("Issuing", self.key.public_key(), "Root", self.root_key, ca=True)

    def leaf(
        self,
        key: PublicKey,
        purposes: Sequence[x509.ObjectIdentifier] = (EMAIL,),
        begins: dt.datetime | None = None,
        lasts: dt.timedelta = dt.timedelta(days=365),
        signs: bool = True,
    ) -> x509.Certificate:
        """For whoever has the private key. `signs`: whether the key usage says so."""
        return self._issue("Signer", key, "Issuing", self.key, False, purposes, begins, lasts, signs)

    def chain(self, leaf: x509.Certificate) -> bytes:
        """What belongs into `chain.pem`."""
        return pem(leaf, self.issuing)

    def _issue(
        self,
        name: str,
        key: PublicKey,
        issuer: str,
        by: ec.EllipticCurvePrivateKey,
        ca: bool,
        purposes: Sequence[x509.ObjectIdentifier] = (),
        begins: dt.datetime | None = None,
        lasts: dt.timedelta = dt.timedelta(days=3650),
        signs: bool = True,
    ) -> x509.Certificate:
        start = begins or dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
        usage = x509.KeyUsage(signs and not ca, False, not signs, False, False, ca, ca, False, False)
        draft = (
            x509.CertificateBuilder()
            .subject_name(self._name(name))
            .issuer_name(self._name(issuer))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + lasts)
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        )
        if purposes:
            # Time stamping has to stand alone and be critical (RFC 3161, 2.3).
            draft = draft.add_extension(x509.ExtendedKeyUsage(purposes), critical=list(purposes) == [STAMPING])
        return draft.sign(by, hashes.SHA256())

    def _name(self, name: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"House {self.name}"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )


def install(folder: Path, chain: bytes, root: bytes, **others: bytes) -> Path:
    """A folder for SLUICE_C2PA_CERTS; `key_pem=...`, `key_uri=...` for the rest."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"chain.pem": chain, "root.pem": root}.items():
        (folder / name).write_bytes(content)
    for name, content in others.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    return folder
