"""The gateway's follower when its broker goes away: it says so, comes back by itself, and has missed nothing."""

import asyncio
import io
import os
import signal
import uuid
from pathlib import Path

from gateway.follower import Follower
from gateway.follower_settings import FollowerSettings
from gateway.follower_watch import CONDITION, Behind, watch_logs
from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.host.readiness import Readiness
from sluice.ids import partition_for
from sluice.local.cluster import Cluster
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1.decision_pb2 import Decision
from tests.chaos.topics import create_topics

PARTITIONS = 2
SECONDS = 120.0


def decide(kafka: KafkaSettings) -> str:
    """A decision; its request's id."""
    request_id = str(uuid.uuid4())
    producer = plain_producer(kafka)
    value = Decision(request_id=request_id, tenant="studio").SerializeToString()
    place = partition_for(request_id, PARTITIONS)
    producer.produce(Topic.DECISIONS, value, key=request_id.encode(), partition=place)
    assert producer.flush(30) == 0
    return request_id


async def until_found(follower: Follower, request_id: str) -> None:
    async with asyncio.timeout(SECONDS):
        while follower.find(request_id) is None:
            await asyncio.sleep(0.05)


async def until_ready(readiness: Readiness, ready: bool) -> None:
    async with asyncio.timeout(SECONDS):
        while (CONDITION not in readiness.conditions) != ready:
            await asyncio.sleep(0.05)


async def test_a_broker_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, 1, os.environ, lambda _: None)
    told = Log("gateway", stream=io.StringIO())
    watching: asyncio.Task[None] | None = None
    follower: Follower | None = None
    try:
        await asyncio.to_thread(cluster.start)
        await asyncio.to_thread(create_topics, cluster, PARTITIONS)
        before = await asyncio.to_thread(decide, cluster.kafka)
        metrics = Metrics("gateway")
        follower = Follower(cluster.kafka, FollowerSettings(), told, metrics, now_ms)
        await follower.start()
        readiness = Readiness("gateway", told)
        watching = asyncio.create_task(watch_logs(follower.tails, readiness, Behind(metrics), every=0.2))
        await asyncio.sleep(0)
        assert CONDITION in readiness.conditions
        await until_ready(readiness, ready=True)
        await until_found(follower, before)
        (node,) = cluster.nodes
        node.send(signal.SIGKILL)
        assert node.process is not None
        assert await asyncio.to_thread(node.process.wait, 20)
        await until_ready(readiness, ready=False)
        node.start()
        await asyncio.to_thread(cluster.wait_whole, 60)
        await until_ready(readiness, ready=True)
        await until_found(follower, await asyncio.to_thread(decide, cluster.kafka))
        assert len(follower.newest("studio")) == 2
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if follower is not None:
            await follower.close()
        await asyncio.to_thread(cluster.stop)
