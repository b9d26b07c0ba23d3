"""The whole service: a process that reads Kafka, fetches, signs, stores and publishes in transactions."""

import asyncio
import os
import sys
from pathlib import Path

from benchmarks.orchestrator.measure import Drained, drain
from benchmarks.orchestrator.sides import Side
from benchmarks.orchestrator.topics import PARTITIONS, Topics
from benchmarks.signing.inputs import Asked, written
from benchmarks.signing.records import approved, stored
from c2pa_signer.service import GROUP
from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.ids import partition_for
from sluice.objects import ObjectStore
from sluice.settings import KafkaSettings


class Bench:
    """One broker, and the service started anew for every picture."""

    def __init__(self, kafka: KafkaSettings, folder: Path) -> None:
        self._kafka = kafka
        self._folder = folder
        self._topics = Topics(kafka)
        self._store = ObjectStore.open((folder / "objects").as_uri())
        self._grouped = False

    def run(self, asked: Asked, count: int) -> Drained:
        """Signs a backlog of `count` pictures; measured from the first that is published to the last."""
        self._topics.renew()
        if self._grouped:
            self._topics.forget_group(GROUP)
        self._grouped = True
        self._fill(asked, count)
        side = self._side(asked)
        with side.running(self._folder) as process:
            return drain(self._kafka, process, Topic.SIGNED, count)

    def _fill(self, asked: Asked, count: int) -> None:
        original = asyncio.run(stored(asked, self._store))
        producer = plain_producer(self._kafka, {"linger.ms": 20})
        for _ in range(count):
            request_id, decision, asset = approved(original)
            partition = partition_for(request_id, PARTITIONS)
            producer.produce(Topic.DECISIONS, decision, request_id, partition)
            producer.produce(Topic.APPROVED, asset, request_id, partition)
            producer.poll(0)
        producer.flush()

    def _side(self, asked: Asked) -> Side:
        env = {
            "KAFKA_BOOTSTRAP_SERVERS": self._kafka.bootstrap,
            "SLUICE_HOME": str(self._folder / "home"),
            "SLUICE_OBJECT_STORE": self._store.url,
            "SLUICE_C2PA_CERTS": str(written(asked.algorithm, self._folder)),
            "SLUICE_LOG_LEVEL": "info",
        }
        own = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "KAFKA_"))}
        return Side("c2pa-signer", Topic.SIGNED, (sys.executable, "-m", "c2pa_signer"), {**own, **env})
