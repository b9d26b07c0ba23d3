"""The folder of the signing identity: checked before anybody relies on it, exchanged while the signer runs."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.keys_uri import parse_key_uri
from c2pa_signer.manifest import plan
from c2pa_signer.sign import Signer
from sluice.errors import NotReadyError
from sluice.host.file_watch import FileWatch
from sluice.host.readiness import Readiness
from sluice.provenance import State, verify
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.unit.signing import FACTS, picture, write_chain
from tests.unit.signing_authority import key_pem

NOW = dt.datetime.now(dt.UTC)
JPEG = "image/jpeg"


def ring(folder: Path) -> Keyring:
    return Keyring(Place(folder))


def test_a_whole_chain_is_read(tmp_path: Path) -> None:
    found = ring(write_chain(tmp_path))
    certificates = found.value.certificates
    assert certificates.begins < dt.datetime.now(dt.UTC) < certificates.ends
    assert int(certificates.serial, 16) > 0
    assert "BEGIN PRIVATE KEY" not in repr(found.value) + repr(found.value.key)


def test_a_missing_chain_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="`sluice dev certs`"):
        ring(tmp_path / "certs")


@pytest.mark.parametrize("name", ["root.pem", "chain.pem", "key.pem"])
def test_a_damaged_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write_chain(tmp_path) / name).write_bytes(b"damaged")
    with pytest.raises(NotReadyError, match=rf"{name} cannot be read"):
        ring(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(NotReadyError, match=rf"has no {name}"):
        ring(tmp_path)


def test_the_end_of_any_certificate_is_the_end_of_the_chain(tmp_path: Path) -> None:
    certificates = ring(write_chain(tmp_path, leaf_days=9000)).value.certificates
    assert certificates.ends < NOW + dt.timedelta(days=5 * 365 + 1)


@pytest.mark.parametrize(("offset", "valid"), [(-1, True), (0, False), (1, False)])
def test_validity_ends_with_the_last_second(tmp_path: Path, offset: int, valid: bool) -> None:
    certificates = ring(write_chain(tmp_path)).value.certificates
    moment = certificates.ends + dt.timedelta(seconds=offset)
    if valid:
        certificates.require_valid(moment)
    else:
        with pytest.raises(NotReadyError, match="expired"):
            certificates.require_valid(moment)


def test_an_address_beside_the_chain_goes_before_a_key(tmp_path: Path) -> None:
    """The key itself may lie there still, from before it moved."""
    (write_chain(tmp_path) / "key.uri").write_text("file:key.pem")
    with pytest.raises(NotReadyError, match=r"key\.uri: a key's address should begin with one of pkcs11:, awskms:"):
        ring(tmp_path)


def test_an_address_that_was_told_goes_before_the_folder(tmp_path: Path) -> None:
    place = Place(write_chain(tmp_path), parse_key_uri("hashivault://images"))
    with pytest.raises(NotReadyError, match="VAULT_ADDR is not set"):
        Keyring(place)


class Running:
    """A signer whose folder is watched, as the service has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ring = ring(folder)
        self.signer = Signer(self.ring)
        self.log = Log("test", "error")
        self.readiness = Readiness("test", self.log)
        self.metrics = Metrics("test")
        self.watch = FileWatch(self.ring, self.log, self.readiness, self.metrics, settle=0.0)

    def serial(self) -> str:
        return self.signer.sign(picture(), JPEG, plan(FACTS, JPEG)).certificate_serial


async def test_a_new_chain_is_taken_into_use_for_the_next_signature(tmp_path: Path) -> None:
    running = Running(write_chain(tmp_path / "certs"))
    before = running.serial()
    write_chain(tmp_path / "new")
    for path in (tmp_path / "new").iterdir():
        shutil.copy(path, running.folder)
    await running.watch.look()
    after = running.signer.sign(picture(), JPEG, plan(FACTS, JPEG))
    assert after.certificate_serial == running.signer.serial != before
    root = (running.folder / "root.pem").read_text()
    assert verify(after.data, JPEG, root).state is State.TRUSTED
    assert running.readiness.notes == {}
    assert f'version="{after.certificate_serial}"' in running.metrics.text().decode()


async def test_a_broken_chain_leaves_the_old_one_in_use_and_says_so(tmp_path: Path) -> None:
    running = Running(write_chain(tmp_path))
    before = running.serial()
    whole = (tmp_path / "key.pem").read_bytes()
    (tmp_path / "key.pem").write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))
    await running.watch.look()
    assert running.serial() == before
    note = running.readiness.notes["signing-chain"]
    assert "key.pem is not the key of the first certificate" in note
    assert before in note
    assert "sluice_signing_chain_refused" in running.metrics.text().decode()
    (tmp_path / "key.pem").write_bytes(whole)
    await running.watch.look()
    assert running.readiness.notes == {}


async def test_an_expired_successor_is_not_taken_into_use(tmp_path: Path) -> None:
    running = Running(write_chain(tmp_path))
    before = running.serial()
    write_chain(tmp_path, begins=NOW - dt.timedelta(days=3), leaf_days=1)
    await running.watch.look()
    assert running.serial() == before
    assert "expired at" in running.readiness.notes["signing-chain"]


async def test_what_is_told_of_a_chain_has_nothing_of_its_key(tmp_path: Path) -> None:
    """The digest that metrics carry is that of the certificates."""
    running = Running(write_chain(tmp_path))
    digest = running.ring.version.digest
    other = tmp_path / "key.pem"
    other.write_bytes(other.read_bytes() + b"\n")
    await running.watch.look()
    assert running.ring.version.digest == digest
