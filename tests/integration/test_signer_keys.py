"""The signer on a real broker, its key in a service and its timestamps from an authority: one chain ends while it
runs, the next one signs what waited."""

import asyncio
import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from confluent_kafka import Consumer, Producer

from sluice.bus.topics import Topic
from sluice.ids import partition_for
from sluice.local.health import Health, ask_health
from sluice.local.ops import Said, ask_ops
from sluice.local.state import Running, ServiceAt
from sluice.objects import ObjectStore, original_key
from sluice.provenance import State, verify
from sluice.v1.asset_pb2 import ApprovedAsset, SignedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.request_pb2 import ROLE_GENERATED, STAGE_OUTPUT, ObjectReference
from tests.integration.test_stack_local import up
from tests.unit import key_services as services
from tests.unit.key_services import KeyService, serving
from tests.unit.signing import picture
from tests.unit.signing_authority import House, install, new_key, pem
from tests.unit.stamp_authority import Authority, stamping

T = TypeVar("T")
SECONDS = 120.0


def eventually(ask: Callable[[], T | None]) -> T:
    """What it gives once it gives anything."""
    end = time.monotonic() + SECONDS
    while True:
        found = ask()
        if found is not None:
            return found
        assert time.monotonic() < end
        time.sleep(0.2)


class Bench:
    """Approves pictures as the orchestrator would, and reads what was signed."""

    def __init__(self, running: Running) -> None:
        self.store = ObjectStore.open(running.object_store)
        self.producer = Producer({"bootstrap.servers": running.kafka})
        self.consumer = Consumer(
            {
                "bootstrap.servers": running.kafka,
                "group.id": "a test",
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
            }
        )
        self.consumer.subscribe([Topic.SIGNED])
        topic = self.producer.list_topics(Topic.APPROVED, timeout=30).topics[Topic.APPROVED]
        self.partitions = len(topic.partitions or {})
        self.found: dict[str, SignedAsset] = {}

    def approve(self) -> str:
        """A picture; the id of its request."""
        request_id, data = str(uuid.uuid4()), picture()
        digest = hashlib.sha256(data).digest()
        original = asyncio.run(self.store.put(original_key(digest), data, "image/jpeg"))
        decision = Decision(request_id=request_id, stage=STAGE_OUTPUT, action=ACTION_ALLOW, complete=True)
        decision.policy_digest = b"p" * 32
        decision.contents.add(role=ROLE_GENERATED, sha256=digest)
        self._put(Topic.DECISIONS, request_id, decision.SerializeToString())
        self._put(
            Topic.APPROVED, request_id, ApprovedAsset(request_id=request_id, original=original).SerializeToString()
        )
        assert self.producer.flush(30) == 0
        return request_id

    def signed(self, request_id: str, poll: float = 0.2) -> SignedAsset | None:
        """What was signed for a request, once it was."""
        message = self.consumer.poll(poll)
        value = message.value() if message is not None and message.error() is None else None
        if value is not None:
            asset = SignedAsset.FromString(value)
            self.found[asset.request_id] = asset
        return self.found.get(request_id)

    def fetch(self, reference: ObjectReference) -> bytes:
        """A picture."""
        return asyncio.run(self.store.get(reference, 64 << 20))

    def _put(self, topic: str, request_id: str, value: bytes) -> None:
        self.producer.produce(topic, value, request_id.encode(), partition_for(request_id, self.partitions))


def told(at: ServiceAt, wanted: Callable[[Said], bool]) -> Said:
    """What the service says once it is as wanted."""

    def look() -> Said | None:
        found = ask_ops(at.ops)
        return found if wanted(found) else None

    return eventually(look)


def test_a_chain_ends_while_the_signer_runs_and_the_next_one_signs_what_waited(tmp_path: Path) -> None:
    house, authority = House(), Authority()
    first, second = new_key("es256"), new_key("ed25519")
    anchors = pem(house.root, authority.house.root)
    certs = tmp_path / "certs"
    uri = b"hashivault://images"
    install(certs, house.chain(house.leaf(first.public_key())), anchors, key_uri=uri)
    with serving(KeyService(services.vault, first), tmp_path, tls=False) as vault, stamping(authority):
        told_env = {
            "SLUICE_C2PA_CERTS": str(certs),
            "VAULT_ADDR": vault.url,
            "VAULT_TOKEN": services.VAULT_TOKEN,
            "SLUICE_C2PA_TSA": authority.url,
        }
        with up(tmp_path / "home", "c2pa-signer=real", **told_env) as stack:
            stack.wait_until_said("Ctrl-C stops it.")
            running = stack.running()
            at = running.services["c2pa-signer"]
            bench = Bench(running)
            request_id = bench.approve()
            asset = eventually(lambda: bench.signed(request_id))
            found = verify(bench.fetch(asset.signed), "image/jpeg", anchors.decode())
            assert found.state is State.TRUSTED

            # Good when it is taken into use, on a busy machine too, and over soon after.
            soon = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
            short = house.leaf(first.public_key(), begins=soon, lasts=dt.timedelta(minutes=5, seconds=30))
            install(certs, house.chain(short), anchors, key_uri=uri)
            over = told(at, lambda said: "signing-certificate" in said.reasons)
            assert f"signing certificate {short.serial_number:x} expired at" in over.reasons["signing-certificate"]
            assert ask_health(at.address, 30.0) is Health.NOT_SERVING
            waiting = bench.approve()
            for _ in range(10):
                assert bench.signed(waiting) is None

            # The next one, with another key of another kind.
            vault.key = second
            leaf = house.leaf(second.public_key())
            install(certs, house.chain(leaf), anchors, key_uri=uri + b"?version=2")
            asset = eventually(lambda: bench.signed(waiting))
            assert asset.certificate_serial == f"{leaf.serial_number:x}"
            data = bench.fetch(asset.signed)
            assert verify(data, "image/jpeg", anchors.decode()).state is State.TRUSTED
            well = told(at, lambda said: not said.reasons and not said.notes)
            assert well.notes == {}
            assert vault.asked[-1].json()["key_version"] == 2
            assert ask_health(at.address, 30.0) is Health.SERVING
            bench.consumer.close()
            logs = "".join(path.read_text() for path in (tmp_path / "home/logs").glob("c2pa-signer*"))
            assert "signing-chain adopted" in logs
            assert services.VAULT_TOKEN not in logs + stack.said()
            assert stack.stop() == 0
