"""A key that takes its time holds up nobody: as many signatures are under way as the signer has threads."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from c2pa_signer import sign
from c2pa_signer.key import Algorithm, PrivateKey
from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.keys import Identity
from c2pa_signer.manifest import plan
from c2pa_signer.settings import CONCURRENCY, read_signer_settings
from c2pa_signer.sign import Signer
from sluice.provenance import State, verify
from sluice.refreshed import Current
from sluice.settings import Reader
from tests.unit import key_services as services
from tests.unit.key_services import KeyService, serving
from tests.unit.signing import FACTS, picture, write_chain
from tests.unit.signing_authority import House, install, new_key, pem

JPEG = "image/jpeg"
THREADS = 16


class FarKey:
    """A key that answers once `THREADS` signatures are asked for at the same time; alone, none would ever come."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.algorithm: Algorithm = key.algorithm
        self.chain_pem = key.chain_pem
        self.meeting = threading.Barrier(THREADS)
        self._lock = threading.Lock()
        self.now = 0
        self.most = 0

    def sign(self, data: bytes) -> bytes:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.meeting.wait(60)
        with self._lock:
            self.now -= 1
        return self._key.sign(data)

    def close(self) -> None:
        """Nothing."""


async def test_as_many_signatures_are_under_way_as_there_are_threads(tmp_path: Path) -> None:
    near = Keyring(Place(write_chain(tmp_path))).value
    assert isinstance(near.key, PrivateKey)
    far = FarKey(near.key)
    signer = Signer(Current(Identity(near.certificates, far)))
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(THREADS) as pool:
        work = [
            loop.run_in_executor(pool, signer.sign, picture(), JPEG, plan(FACTS, JPEG)) for _ in range(2 * THREADS)
        ]
        signed = await asyncio.gather(*work)
    assert far.most == THREADS
    anchors = near.certificates.anchors_pem
    assert {verify(each.data, JPEG, anchors).state for each in signed} == {State.TRUSTED}
    assert len({each.manifest_label for each in signed}) == 2 * THREADS


def test_a_service_over_https_is_asked_by_all_threads_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the client's connections nor the C2PA library stand in line."""
    house, key = House(), new_key("es256")
    folder = install(
        tmp_path / "certs",
        house.chain(house.leaf(key.public_key())),
        pem(house.root),
        key_uri=b"hashivault://images",
    )
    with serving(KeyService(services.vault, key), tmp_path) as service:
        services.trust(tmp_path, monkeypatch)
        ring = Keyring(Place(folder, env={"VAULT_ADDR": service.url, "VAULT_TOKEN": services.VAULT_TOKEN}))
        signer = Signer(ring)
        service.meeting = threading.Barrier(THREADS)
        with ThreadPoolExecutor(THREADS) as pool:
            work = [pool.submit(signer.sign, picture(), JPEG, plan(FACTS, JPEG)) for _ in range(THREADS)]
            assert all(each.result().data for each in work)
        assert service.most == THREADS
        ring.value.key.close()


def test_the_number_is_a_setting(tmp_path: Path) -> None:
    assert read_signer_settings(Reader({}), tmp_path).concurrency == CONCURRENCY
    assert read_signer_settings(Reader({"SLUICE_C2PA_CONCURRENCY": "5"}), tmp_path).concurrency == 5


def test_a_signature_that_does_not_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of PKCS#11 may wait for ever; nothing fails then, and nothing is signed."""
    near = Keyring(Place(write_chain(tmp_path))).value
    assert isinstance(near.key, PrivateKey)
    asked, answer = threading.Event(), threading.Event()

    class HangingKey(FarKey):
        def sign(self, data: bytes) -> bytes:
            asked.set()
            answer.wait(60)
            return self._key.sign(data)

    signer = Signer(Current(Identity(near.certificates, HangingKey(near.key))))
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(signer.sign, picture(), JPEG, plan(FACTS, JPEG))
        assert asked.wait(60)
        assert signer.trouble == ""
        monkeypatch.setattr(sign, "_LONG_SECONDS", 0.0)
        assert "the key does not answer" in signer.trouble
        answer.set()
        assert under_way.result(60).data
    assert signer.trouble == ""
