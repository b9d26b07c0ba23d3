"""Whether a chain that was trusted at the handshake leads to an authority that is trusted now."""

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sluice.host.trust import MOST_CERTIFICATES, Trust, trusted_until
from sluice.refreshed import Current
from sluice.tls_files import TlsFiles

# Later than any certificate of these tests begins, whenever the test is run.
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=1)
DAY = dt.timedelta(days=1)


@dataclass
class Holder:
    """A name, its key, and a certificate."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def issue(issuer: Holder | None, name: str, days: float = 10, ca: bool = True, like: Holder | None = None) -> Holder:
    """Without an issuer it signs itself. `like`: another certificate of the same name and key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = like.key if like else ec.generate_private_key(ec.SECP256R1())
    draft = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.name if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + days * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    return Holder(subject, key, draft.sign(issuer.key if issuer else key, hashes.SHA256()))


def until(chain: list[Holder], *anchors: Holder) -> dt.datetime | None:
    return trusted_until(b"".join(one.pem for one in chain), b"".join(one.pem for one in anchors))


def test_a_chain_holds_under_its_own_authority_and_no_other() -> None:
    old, new = issue(None, "old", 100), issue(None, "new", 100)
    between = issue(old, "between", 50)
    leaf, direct = issue(between, "gateway", 20, ca=False), issue(old, "gateway", 20, ca=False)
    assert until([direct], old) == until([leaf, between], old) == NOW + 20 * DAY
    assert until([direct], old, new) == NOW + 20 * DAY
    assert until([direct], new) is until([leaf, between], new) is until([leaf], old) is None
    # Another authority of the same name is another one.
    assert until([direct], issue(None, "old")) is None


def test_the_longest_lived_way_counts_and_ends_with_what_ends_first() -> None:
    old, new = issue(None, "old", 5), issue(None, "new", 100)
    between = issue(old, "between", 50)
    # The same intermediate, signed by both authorities.
    long = issue(new, "between", 15, like=between)
    short = issue(new, "between", 8, like=between)
    leaf = issue(between, "gateway", 20, ca=False)
    assert until([leaf, between, short, long], old) == NOW + 5 * DAY
    assert until([leaf, between, short], new) == NOW + 8 * DAY
    assert until([leaf, between, short, long], old, new) == NOW + 15 * DAY


def test_who_is_no_authority_issues_nothing() -> None:
    """Somebody with a certificate of the new authority, and the stolen key of the old one."""
    new = issue(None, "new", 100)
    mine = issue(new, "mine", 50, ca=False)
    forged = issue(mine, "gateway", 20, ca=False)
    assert until([mine], new) == NOW + 50 * DAY
    assert until([forged, mine], new) is None
    assert until([forged], mine) is None
    # Listed itself, it is trusted as itself.
    assert until([mine], mine) == NOW + 50 * DAY


def test_certificates_that_issued_each_other_come_to_an_end() -> None:
    first, second = issue(None, "first"), issue(None, "second")
    ring = [issue(first, "second", like=second), issue(second, "first", like=first)] * MOST_CERTIFICATES
    leaf = issue(first, "gateway", ca=False)
    assert until([leaf, *ring], issue(None, "third")) is None
    assert until([leaf, *ring], second) == NOW + 10 * DAY


def test_what_cannot_be_read_is_not_trusted() -> None:
    root = issue(None, "root")
    assert trusted_until(b"", root.pem) is None
    assert trusted_until(root.pem, b"") is None


def test_a_judgement_follows_the_file_and_the_clock() -> None:
    old, new = issue(None, "old", 100), issue(None, "new", 100)
    leaf = issue(old, "gateway", 20, ca=False)
    files = Current(TlsFiles(b"", b"", old.pem, "1", NOW))
    trust = Trust(files)
    shown = {"x509_pem_cert": [leaf.pem]}
    assert trust.holds(shown, NOW)
    between = issue(old, "between")
    further = {"x509_pem_cert": [issue(between, "gateway", ca=False).pem]}
    assert not trust.holds(further, NOW)
    assert trust.holds({**further, "x509_pem_cert_chain": [between.pem]}, NOW)
    assert not trust.holds(shown, NOW + 20 * DAY)
    assert not trust.holds({}, NOW)
    files.value = TlsFiles(b"", b"", new.pem, "2", NOW)
    assert not trust.holds(shown, NOW)
