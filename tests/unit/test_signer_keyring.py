"""A chain that could not be used when it came is looked at again; one whose files are wrong is not."""

import datetime as dt
from pathlib import Path

import pytest

from c2pa_signer import keyring
from c2pa_signer.keyring import Keyring, Place
from sluice.errors import NotReadyError
from sluice.host.file_watch import FileWatch
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.unit.signing import write_chain
from tests.unit.signing_authority import House, install, key_pem, new_key, pem


class Desk:
    """A ring whose clock may be wrong, and what watches its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.late = dt.timedelta()
        self.ring = Keyring(Place(write_chain(folder)), self.clock)
        log = Log("test", "error")
        self.readiness = Readiness("test", log)
        self.watch = FileWatch(self.ring, log, self.readiness, Metrics("test"), settle=0.0)

    def clock(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) - self.late

    def successor(self) -> str:
        """Puts a chain in place that began a minute ago; its serial number."""
        house, key = House(), new_key("es256")
        leaf = house.leaf(key.public_key(), begins=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1))
        install(self.folder, house.chain(leaf), pem(house.root), key_pem=key_pem(key))
        return f"{leaf.serial_number:x}"


async def test_a_certificate_that_had_not_begun_is_taken_into_use_when_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    before = desk.ring.version.name
    desk.late = dt.timedelta(hours=1)
    serial = desk.successor()
    await desk.watch.look()
    assert "is not valid before" in desk.readiness.notes["signing-chain"]
    desk.late = dt.timedelta()
    await desk.watch.look()
    assert desk.ring.version.name == before, "half a minute has not passed"
    monkeypatch.setattr(keyring, "_AGAIN_SECONDS", -1.0)
    await desk.watch.look()
    assert desk.ring.version.name == serial
    assert desk.readiness.notes == {}
    seen = desk.ring.read()
    assert seen.digest == desk.ring.digest, "nothing is left to look at"


async def test_it_is_tried_once_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)
    desk.late = dt.timedelta(hours=1)
    desk.successor()
    tried: list[dt.datetime] = []

    def clock() -> dt.datetime:
        tried.append(desk.clock())
        return tried[-1]

    monkeypatch.setattr(desk.ring, "_clock", clock)
    await desk.watch.look()
    monkeypatch.setattr(keyring, "_AGAIN_SECONDS", -1.0)
    await desk.watch.look()
    monkeypatch.setattr(keyring, "_AGAIN_SECONDS", 60.0)
    for _ in range(3):
        await desk.watch.look()
    assert len(tried) == 2


async def test_files_that_are_wrong_are_not_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)
    monkeypatch.setattr(keyring, "_AGAIN_SECONDS", -1.0)
    whole = (tmp_path / "chain.pem").read_bytes()
    (tmp_path / "chain.pem").write_bytes(b"")
    await desk.watch.look()
    assert "chain.pem cannot be read" in desk.readiness.notes["signing-chain"]
    assert desk.ring.read().digest == desk.ring.read().digest
    (tmp_path / "chain.pem").write_bytes(whole)
    await desk.watch.look()
    assert desk.readiness.notes == {}


def test_a_folder_that_cannot_be_looked_into_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="does not exist, or may not be looked into"):
        Keyring(Place(tmp_path / ("a" * 300)))


def test_a_key_of_a_kind_that_nobody_knows_is_a_reason(tmp_path: Path) -> None:
    write_chain(tmp_path)
    house, key = House(), new_key("ed25519")
    der = key_pem(key).replace(b"MC4CAQAwBQYDK2Vw", b"MC4CAQAwBQYDK2Vj")
    assert der != key_pem(key)
    install(tmp_path, house.chain(house.leaf(key.public_key())), pem(house.root), key_pem=der)
    with pytest.raises(NotReadyError, match=r"key\.pem cannot be read"):
        Keyring(Place(tmp_path))
