"""A folder with a certificate, its key, and whom to trust: `tls.crt`, `tls.key`, `ca.crt`, as cert-manager mounts it.

All three are read together and belong together. The kubelet puts new files in place by turning the link `..data`, so
that a reader who opens one file before the turn and the next after it would mix two sets: reading begins again then.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from sluice.errors import ConfigError
from sluice.refreshed import Snapshot, snapshot

CERTIFICATE: Final = "tls.crt"
KEY: Final = "tls.key"
AUTHORITY: Final = "ca.crt"
SERVES: Final = ExtendedKeyUsageOID.SERVER_AUTH
CALLS: Final = ExtendedKeyUsageOID.CLIENT_AUTH
Clock = Callable[[], dt.datetime]

_LINK = "..data"
_TURNS = 5
"""Of that link while the files are read, before what was read is taken as it is."""
_PUBLIC = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_USES = {SERVES: "serve (server auth)", CALLS: "call (client auth)"}


def utc_now() -> dt.datetime:
    """The clock by which certificates begin and end."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Three files that fit together, as PEM. `ends`: when the first needed certificate of the chain does, UTC. One
    is not needed where another of the same name and key lasts longer."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes
    serial: str
    """Of the certificate, hexadecimal."""
    ends: dt.datetime

    @property
    def digest(self) -> bytes:
        """SHA-256 of what is no secret: the chain and whom it trusts."""
        return sha256(self.certificate + b"\n" + self.authority).digest()


def read_tls(folder: Path, clock: Clock = utc_now) -> Snapshot:
    """What the three files hold now, of one turn of the link. A certificate that has not begun, or has ended, is a
    problem of the snapshot, so that time alone makes it another one."""
    paths = [folder / name for name in (CERTIFICATE, KEY, AUTHORITY)]
    for _ in range(_TURNS):
        turn = _turn(folder)
        found = snapshot(paths)
        if _turn(folder) == turn:
            break
    late = _out_of_time(found, folder, clock())
    return Snapshot(found.files, (*found.problems, *late)) if late else found


def load_tls(folder: Path, seen: Snapshot, variable: str, purpose: x509.ObjectIdentifier) -> TlsFiles:
    """The files as they can be used. ConfigError, with the file, for all that is wrong with them.

    `variable`: the one that names the folder. `purpose`: `SERVES` or `CALLS`.
    """
    if seen.problems:
        raise ConfigError([f"{problem}; {variable} names the folder" for problem in seen.problems])
    crt, key, ca = (seen.files[folder / name] for name in (CERTIFICATE, KEY, AUTHORITY))
    chain = parse_certificates(crt, folder / CERTIFICATE)
    authorities = parse_certificates(ca, folder / AUTHORITY)
    _require_purpose(chain[0], folder / CERTIFICATE, purpose)
    _require_key(chain[0], key, folder)
    return TlsFiles(crt, key, ca, f"{chain[0].serial_number:x}", _ends(chain, authorities))


def parse_certificates(pem: bytes, path: Path) -> Sequence[x509.Certificate]:
    """At least one. ConfigError where they cannot be read."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ConfigError([f"{path}:1: should hold certificates as PEM"]) from error


def _turn(folder: Path) -> str:
    """Where the link leads; empty where there is none."""
    try:
        return str((folder / _LINK).readlink())
    except OSError:
        return ""


def _out_of_time(found: Snapshot, folder: Path, now: dt.datetime) -> tuple[str, ...]:
    path = folder / CERTIFICATE
    try:
        chain = x509.load_pem_x509_certificates(found.files.get(path, b""))
        authorities = x509.load_pem_x509_certificates(found.files.get(folder / AUTHORITY, b""))
    except ValueError:
        return ()
    ended = _ends(chain, authorities)
    if now >= ended:
        return (f"{path}:1: ended at {ended.isoformat()}",)
    if now < chain[0].not_valid_before_utc:
        return (f"{path}:1: begins at {chain[0].not_valid_before_utc.isoformat()}, which is not yet",)
    return ()


def _ends(chain: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate]) -> dt.datetime:
    """Old authorities sign new ones for those who know the old ones alone. Such a certificate ends, and the new
    authority, of the same name and key, does not."""
    leaf, *issuers = chain
    lasts: dict[tuple[bytes, bytes], dt.datetime] = {}
    for each in (*issuers, *authorities):
        lasts[_who(each)] = max(lasts.get(_who(each), each.not_valid_after_utc), each.not_valid_after_utc)
    return min([leaf.not_valid_after_utc, *(lasts[_who(each)] for each in issuers)])


def _who(one: x509.Certificate) -> tuple[bytes, bytes]:
    return one.subject.public_bytes(), one.public_key().public_bytes(*_PUBLIC)


def _require_purpose(leaf: x509.Certificate, path: Path, purpose: x509.ObjectIdentifier) -> None:
    try:
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    except ValueError as error:
        raise ConfigError([f"{path}:1: the certificate's extensions cannot be read"]) from error
    if not {purpose, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(purposes):
        raise ConfigError([f"{path}:1: the certificate may not {_USES[purpose]}: its extended key usage lacks it"])


def _require_key(leaf: x509.Certificate, pem: bytes, folder: Path) -> None:
    path = folder / KEY
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # What the library says may quote the file.
        raise ConfigError([f"{path}:1: should hold a private key as PEM, without a password"]) from error
    if isinstance(key, ec.EllipticCurvePrivateKey) and not isinstance(key.curve, _CURVES):
        raise ConfigError([f"{path}:1: is on the curve {key.curve.name}: TLS takes P-256, P-384 and P-521"])
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ConfigError([f"{path}:1: should be an ECDSA or RSA key: gRPC takes no other"])
    if key.public_key().public_bytes(*_PUBLIC) != leaf.public_key().public_bytes(*_PUBLIC):
        raise ConfigError([f"{path}:1: is not the key of the first certificate in {CERTIFICATE}"])
