"""The reporter alone on a real broker, with a simulator of the tip line beside it: both are processes."""

import hashlib
import json
import os
import urllib.request
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_END, KafkaError, KafkaException, TopicPartition

from sluice.bus.clients import admin_client, plain_producer
from sluice.bus.topics import Topic
from sluice.ids import new_request_id, partition_for
from sluice.local.health import Health
from sluice.local.simulators import Simulator, ask_simulator, reporter_told
from sluice.local.vault_key import ensure_vault_key
from sluice.objects import ObjectStore, original_key
from sluice.settings import KafkaSettings
from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.reporter_pb2 import (
    ConfirmIncidentRequest,
    GetIncidentRequest,
    IncidentRecord,
    ListIncidentsRequest,
)
from sluice.v1.reporter_pb2_grpc import ReporterStub
from sluice.v1.request_pb2 import ROLE_UPLOAD, STAGE_PROMPT, ObjectReference
from sluice.v1.verdict_pb2 import ListMatch
from sluice.vault.opened import open_vault
from sluice.vault.settings import VaultSettings
from sluice.vault.store import Vault
from tests.integration.orchestrator_alone import PARTITIONS
from tests.integration.service_alone import SECONDS, Alone, ended, until

ROOT = Path(__file__).parents[2]


class Place:
    """A SLUICE_HOME with an object store and a key of the vault, and a log."""

    def __init__(self, home: Path, kafka: KafkaSettings) -> None:
        self.home = home
        self.kafka = kafka
        self.objects = ObjectStore.open((home / "objects").as_uri())
        ensure_vault_key(home)

    def picture(self, data: bytes) -> ObjectReference:
        """Harmless bytes, stored as ingest stores an original."""
        return self.objects.put_now(original_key(hashlib.sha256(data).digest()), data, "image/png")

    def incident(self, data: bytes, account: str = "a-canary-account", test: bool = True) -> Incident:
        """What the orchestrator would say of a match with these bytes."""
        match = ListMatch(list="test-bank", entry="e1", kind="csam", method="sha256", test=test)
        content = IncidentContent(
            content_id="c0",
            role=ROLE_UPLOAD,
            original=self.picture(data),
            md5=hashlib.md5(data, usedforsecurity=False).digest(),
            sha1=hashlib.sha1(data, usedforsecurity=False).digest(),
            matches=[match],
        )
        return Incident(
            id=str(uuid.uuid4()),
            request_id=new_request_id(),
            account_id=account,
            tenant="a-canary-tenant",
            stage=STAGE_PROMPT,
            rule="known-csam",
            contents=[content],
            requested_at_ms=1_795_000_000_000,
            test=test,
        )

    def publish(self, *incidents: Incident) -> None:
        """As the orchestrator does."""
        self.publish_bytes(*((one.request_id, one.SerializeToString()) for one in incidents))

    def publish_bytes(self, *records: tuple[str, bytes]) -> None:
        """Request id and value of each."""
        producer = plain_producer(self.kafka)
        for request_id, value in records:
            partition = partition_for(request_id, PARTITIONS)
            producer.produce(Topic.INCIDENTS, value, key=request_id.encode(), partition=partition)
        assert producer.flush(30) == 0

    def empty_log(self) -> None:
        """Nothing of earlier tests: a ledger that has no place in the log reads all of it."""
        admin = admin_client(self.kafka)
        ends = [TopicPartition(Topic.INCIDENTS, partition, OFFSET_END) for partition in range(PARTITIONS)]

        def emptied() -> bool:
            try:
                return bool([each.result(SECONDS) for each in admin.delete_records(ends).values()])
            except KafkaException as error:
                # A broker that has just begun does not lead everything yet.
                if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION:
                    raise
                return False

        until(emptied, "the log cannot be emptied")

    def vault(self) -> Vault:
        """The vault, as a person opens it."""
        keys = (self.home / "vault.keys").as_uri()
        return open_vault(VaultSettings((self.home / "vault").as_uri(), keys, self.home / "audit.head", None))

    def reported(self, evidence: str) -> Collection[str]:
        """The incidents about which the vault knows that they were reported."""
        found = self.vault().find(evidence)
        return found.standing.reports if found is not None else ()


class Tipline:
    """A running simulator, and what it says of itself."""

    def __init__(self, address: str) -> None:
        self.address = address

    def settings(self, **more: str) -> dict[str, str]:
        """What a reporter is told of it: nothing waits for anything."""
        return reporter_told(self.address, {"SLUICE_REPORTER_GATHER_SECONDS": "0", **more})

    def reports(self) -> Sequence[Mapping[str, Any]]:
        """All there are."""
        found = self._ask("reports")
        assert isinstance(found, list)
        return found

    def finished(self) -> Sequence[Mapping[str, Any]]:
        """Those that were filed."""
        return [each for each in self.reports() if each["state"] == "finished"]

    def spoil(self, **fault: Any) -> None:
        """What goes wrong next; see docs/cybertipline.md."""
        self._ask("faults", json.dumps(fault).encode())

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        with urllib.request.urlopen(f"{self.address}/_simulator/{path}", body, timeout=SECONDS) as reply:
            return json.load(reply)


@contextmanager
def simulating(folder: Path) -> Iterator[Tipline]:
    """A simulator of its own."""
    simulator = Simulator(ROOT, os.environ, folder / "cybertipline.log")
    try:
        until(lambda: ask_simulator(simulator.at.address) is Health.SERVING, "the simulator does not answer")
        yield Tipline(simulator.at.address)
    finally:
        simulator.stop()


class Service(Alone):
    """One process of the reporter."""

    def __init__(self, place: Place, settings: Mapping[str, str], instance: int = 0) -> None:
        super().__init__("reporter", place.home, place.kafka, instance, **settings)
        self.rpc = ReporterStub(self.channel)

    def get(self, incident: Incident) -> IncidentRecord:
        """What became of it."""
        return self.rpc.GetIncident(GetIncidentRequest(incident_id=incident.id), timeout=SECONDS).incident

    def states(self) -> dict[str, int]:
        """Id -> state, of all that there are."""
        found = self.rpc.ListIncidents(ListIncidentsRequest(limit=1000), timeout=SECONDS).incidents
        return {one.incident.id: one.state for one in found}

    def wait_for(self, state: int, *incidents: Incident) -> None:
        """Until they all stand so."""
        ids = {one.id for one in incidents}
        until(
            lambda: ids <= {one for one, now in self.states().items() if now == state},
            f"{self.states()}\n{self.log.read_text()[-2000:]}",
        )

    def confirm(self, incident: Incident) -> IncidentRecord:
        """As a person does."""
        request = ConfirmIncidentRequest(incident_id=incident.id, who="a.canary.person", why="a canary reason")
        return self.rpc.ConfirmIncident(request, timeout=SECONDS).incident


@contextmanager
def serving(place: Place, settings: Mapping[str, str], instance: int = 0) -> Iterator[Service]:
    """A process that is ready, ended in order: it must drain and exit with 0."""
    with ended(Service(place, settings, instance)) as service:
        yield service
