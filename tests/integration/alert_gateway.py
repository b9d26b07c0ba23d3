"""A gateway that is asked over HTTP, and a log whose end does not come, for the story of the alerts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from gateway.keys import new_secret
from sluice.bus.clients import plain_producer
from sluice.local.ports import LOOPBACK, free_ports
from sluice.settings import KafkaSettings

BODY = {"input": "a lighthouse at dusk"}
_SECONDS = 20.0
_TRANSACTION_MS = 50_000
"""Longer than an alert may take, and no longer than brokers allow."""


class AskedGateway:
    """Where it listens, and the key that it takes."""

    def __init__(self) -> None:
        (port,) = free_ports(1)
        self.address = f"{LOOPBACK}:{port}"
        self.key = new_secret()

    def told(self, orchestrator: str, ingest: str) -> dict[str, str]:
        """Its variables. `orchestrator`, `ingest`: host:port of those whom it asks."""
        return {
            "SLUICE_GATEWAY_ADDRESS": self.address,
            "SLUICE_ORCHESTRATOR_ADDRESS": orchestrator,
            "SLUICE_INGEST_ADDRESS": ingest,
            "SLUICE_API_KEY": self.key,
            # The story stops checks, and asks all the same.
            "SLUICE_GATEWAY_READY_CHECKS": "0",
        }

    def ask(self, key: str = "") -> int:
        """The status of one moderation."""
        headers = {"authorization": f"Bearer {key or self.key}"}
        return httpx2.post(
            f"http://{self.address}/v1/moderations", json=BODY, headers=headers, timeout=_SECONDS
        ).status_code

    @contextmanager
    def asking(self, key: str = "", callers: int = 1, expects: int = 503) -> Iterator[None]:
        """Asks again and again, meanwhile; some answer must have had this status, and none may be a pass."""
        ended, seen = threading.Event(), set[int]()

        def ask() -> None:
            while not ended.is_set():
                seen.add(self.ask(key))
                ended.wait(0.02)

        threads = [threading.Thread(target=ask) for _ in range(callers)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()
        assert expects in seen
        assert 200 not in seen


@contextmanager
def hanging(kafka: KafkaSettings, topic: str) -> Iterator[None]:
    """Somebody has begun a transaction on the first partition, and does not end it."""
    own: dict[str, str | int] = {"transactional.id": "left-open", "transaction.timeout.ms": _TRANSACTION_MS}
    producer = plain_producer(kafka, own)
    producer.init_transactions(_SECONDS)
    producer.begin_transaction()
    producer.produce(topic, b"", key=b"left-open", partition=0)
    assert producer.flush(_SECONDS) == 0
    try:
        yield
    finally:
        producer.abort_transaction(_SECONDS)
