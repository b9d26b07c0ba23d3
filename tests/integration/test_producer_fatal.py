"""A producer that can do nothing any more says so to whoever watches it, and ends the service."""

import asyncio

import grpc.aio
import pytest

from sluice.bus.clients import transactional_producer
from sluice.bus.producer import AsyncProducer
from sluice.bus.record import Outgoing
from sluice.bus.topics import Topic
from sluice.errors import FatalError
from sluice.host.serve import run_with
from sluice.host.service import Context, Service
from sluice.settings import KafkaSettings, Reader


class Waits(Service):
    """Does nothing until it is told to stop."""

    name = "waits"

    def configure(self, reader: Reader, env: object) -> None:
        """Nothing to read."""

    def add_rpc(self, server: grpc.aio.Server) -> None:
        """No door."""

    async def open(self, context: Context) -> None:
        """Nothing to open."""

    async def run(self, stop: asyncio.Event) -> None:
        """Waits."""
        await stop.wait()


def test_a_fenced_producer_ends_the_service(kafka: KafkaSettings) -> None:
    async def run() -> None:
        raw = transactional_producer(kafka, "test-fatal")
        await asyncio.to_thread(raw.init_transactions, 30)
        raw.begin_transaction()
        producer = AsyncProducer(raw)
        running = asyncio.create_task(run_with(producer, Waits(), asyncio.Event()))
        # Somebody else takes the name: the broker refuses everything of the first from now on.
        await asyncio.to_thread(transactional_producer(kafka, "test-fatal").init_transactions, 30)
        record = Outgoing(Topic.REVIEWS, 0, b"fatal", b"")
        sending = []
        while not producer.failed.done():
            sending.append(asyncio.create_task(producer.send(record)))
            await asyncio.sleep(0.2)
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        with pytest.raises(FatalError, match="cannot go on"):
            await asyncio.wait_for(running, 30)
        await producer.close(1)

    asyncio.run(run())


def test_a_service_that_ends_by_itself_is_let_go(kafka: KafkaSettings) -> None:
    async def run() -> None:
        producer = AsyncProducer(transactional_producer(kafka, "test-fatal-2"))
        stop = asyncio.Event()
        running = asyncio.create_task(run_with(producer, Waits(), stop))
        await asyncio.sleep(0.1)
        assert not running.done()
        stop.set()
        await asyncio.wait_for(running, 10)
        await producer.close(1)

    asyncio.run(run())
