"""Three files that belong together, or a reason that names the file."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from sluice import tls_files
from sluice.errors import ConfigError
from sluice.local.service_authority import ServiceAuthority
from sluice.refreshed import Snapshot, snapshot
from sluice.tls_files import AUTHORITY, CALLS, CERTIFICATE, KEY, SERVES, TlsFiles, load_tls, read_tls
from tests.unit.service_folders import Mount, mounted
from tests.unit.test_host_trust import DAY, NOW, issue

HOUSE = ServiceAuthority()


@pytest.fixture
def mount(tmp_path: Path) -> Mount:
    return mounted(tmp_path / "tls", HOUSE, "ingest")


def load(folder: Path) -> TlsFiles:
    return load_tls(folder, read_tls(folder), "SLUICE_TLS_DIR", SERVES)


def refused(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return str(caught.value)


def test_files_as_they_are_mounted(mount: Mount) -> None:
    files = load(mount.folder)
    assert files.certificate == (mount.folder / CERTIFICATE).read_bytes()
    assert files.key == (mount.folder / KEY).read_bytes()
    assert files.authority == HOUSE.certificate
    assert files.ends - dt.datetime.now(dt.UTC) > dt.timedelta(days=364)


def test_the_key_is_not_shown_and_not_told(mount: Mount) -> None:
    files = load(mount.folder)
    assert "PRIVATE" not in repr(files)
    mount.put(files.certificate, b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", b"x")
    assert "c2VjcmV0" not in refused(mount.folder)


@pytest.mark.parametrize("name", [CERTIFICATE, KEY, AUTHORITY])
def test_a_missing_file_is_named_with_its_variable(mount: Mount, name: str) -> None:
    (mount.folder / name).unlink()
    assert refused(mount.folder) == (
        f"{mount.folder / name}:1: No such file or directory; SLUICE_TLS_DIR names the folder"
    )


@pytest.mark.parametrize("name", [CERTIFICATE, KEY, AUTHORITY])
def test_half_a_file_is_refused_wherever_it_ends(mount: Mount, name: str) -> None:
    whole = (mount.folder / name).read_bytes()
    # Without its last line end a file is whole.
    for length in [*range(0, len(whole) - 1, 40), len(whole) - 2]:
        (mount.folder / name).write_bytes(whole[:length])
        assert refused(mount.folder).startswith(f"{mount.folder / name}:1: should hold ")


def test_a_key_of_another_certificate(mount: Mount) -> None:
    other = HOUSE.issue("ingest")
    mount.put((mount.folder / CERTIFICATE).read_bytes(), other.key, HOUSE.certificate)
    assert refused(mount.folder) == f"{mount.folder / KEY}:1: is not the key of the first certificate in tls.crt"


def test_a_key_behind_a_password(mount: Mount) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    mount.put((mount.folder / CERTIFICATE).read_bytes(), locked, HOUSE.certificate)
    assert "without a password" in refused(mount.folder)


def test_a_key_that_grpc_does_not_take(mount: Mount) -> None:
    key = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    mount.put((mount.folder / CERTIFICATE).read_bytes(), key, HOUSE.certificate)
    assert "should be an ECDSA or RSA key" in refused(mount.folder)


def test_a_curve_that_grpc_does_not_take(mount: Mount) -> None:
    """It would be said to be in use, while the one before is shown."""
    key = ec.generate_private_key(ec.SECP256K1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    mount.put((mount.folder / CERTIFICATE).read_bytes(), key, HOUSE.certificate)
    assert f"{mount.folder / KEY}:1: is on the curve secp256k1" in refused(mount.folder)


def test_a_certificate_for_another_purpose(tmp_path: Path) -> None:
    mount = mounted(tmp_path / "tls", HOUSE, "ingest", purposes=[ExtendedKeyUsageOID.CLIENT_AUTH])
    assert "may not serve (server auth)" in refused(mount.folder)
    load_tls(mount.folder, read_tls(mount.folder), "SLUICE_CLIENT_TLS_DIR", CALLS)


def test_time_alone_makes_a_certificate_good_and_bad(tmp_path: Path) -> None:
    begins = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    mount = mounted(tmp_path / "tls", HOUSE, "ingest", begins=begins, days=2)
    hour = dt.timedelta(hours=1)
    moments = [begins - hour, begins, begins + dt.timedelta(days=2) - hour, begins + dt.timedelta(days=2)]
    early, first, last, late = [read_tls(mount.folder, lambda now=now: now) for now in moments]  # type: ignore[misc] # mypy infers no default
    assert first.digest == last.digest
    assert len({early.digest, first.digest, late.digest}) == 3
    load_tls(mount.folder, first, "SLUICE_TLS_DIR", SERVES)
    for seen, word in ((early, "which is not yet"), (late, "ended at 2026-01-03")):
        with pytest.raises(ConfigError, match=word):
            load_tls(mount.folder, seen, "SLUICE_TLS_DIR", SERVES)


def test_what_an_old_authority_signed_for_a_new_one_may_end_before_it(mount: Mount) -> None:
    old, new = issue(None, "old"), issue(None, "new", 100)
    ended = issue(old, "new", 0.5, like=new)
    leaf = issue(new, "ingest", 50, ca=False)
    key = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def seen(chain: bytes, authority: bytes) -> Snapshot:
        mount.put(chain, key, authority)
        return read_tls(mount.folder, lambda: NOW + DAY)

    fine = seen(leaf.pem + ended.pem, new.pem)
    assert load_tls(mount.folder, fine, "SLUICE_TLS_DIR", SERVES).ends == NOW + 50 * DAY
    # Where only the old one is trusted, what has ended is needed.
    (problem,) = seen(leaf.pem + ended.pem, old.pem).problems
    assert f"{mount.folder / CERTIFICATE}:1: ended at" in problem
    assert seen(issue(new, "ingest", 0.5, ca=False, like=leaf).pem, new.pem).problems


def test_files_of_two_turns_are_never_mixed(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link is turned between the reading of one file and the next."""
    before = (mount.folder / CERTIFICATE).read_bytes()
    turns = 2

    def turning(paths: list[Path]) -> Snapshot:
        nonlocal turns
        first = snapshot(paths[:1])
        if turns:
            turns -= 1
            mount.issue(HOUSE, "ingest")
        rest = snapshot(paths[1:])
        return Snapshot({**first.files, **rest.files}, (*first.problems, *rest.problems))

    monkeypatch.setattr(tls_files, "snapshot", turning)
    files = load(mount.folder)
    assert turns == 0
    assert files.certificate == (mount.folder / CERTIFICATE).read_bytes() != before
