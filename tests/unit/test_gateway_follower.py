"""What the gateway knows of the log."""

import asyncio
import io
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from gateway.follower import Follower
from gateway.follower_places import Places
from gateway.follower_read import read_decision, read_signed, read_verdicts
from gateway.follower_settings import FollowerSettings, read_follower_settings
from sluice.bus import scan
from sluice.bus.topics import Topic
from sluice.deadline import Deadline, now_ms
from sluice.errors import RetryableError
from sluice.ids import partition_for
from sluice.settings import KafkaSettings, Reader
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.request_pb2 import Stage
from tests.unit.gateway_log import PARTITIONS, LogOf, a_log, heard

ALL = FollowerSettings(keep_ms=2**62)
"""The stand-in does not find offsets by time."""
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
A, B = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


@pytest.fixture
def log() -> Iterator[LogOf]:
    with a_log() as found:
        yield found


@asynccontextmanager
async def following(
    kafka: KafkaSettings, settings: FollowerSettings = ALL, now: Callable[[], int] = now_ms
) -> AsyncIterator[Follower]:
    told = Log("test", stream=io.StringIO())
    follower = Follower(kafka, settings, told, Metrics("gateway"), now)
    try:
        await follower.start()
        for tail in follower.tails:
            await tail.caught_up(Deadline.after(20))
        yield follower
    finally:
        await follower.close()


def blocked(request_id: str, tenant: str = "studio") -> Decision:
    return Decision(request_id=request_id, tenant=tenant, action=Action.ACTION_BLOCK, stage=Stage.STAGE_PROMPT)


async def test_places_of_what_was_there_and_of_what_comes(log: LogOf) -> None:
    first = log.verdict(A, "text")
    async with following(log.kafka) as follower:
        found = follower.find(A)
        assert found is not None
        assert (found.partition, found.decision, found.verdicts) == (partition_for(A, PARTITIONS), None, (first,))
        with follower.heard(A) as bell:
            assert not bell.is_set()
            second = log.verdict(A, "image")
            decided = log.decision(blocked(A))
            signed = log.signed(A)
            for topic in (Topic.VERDICTS, Topic.DECISIONS, Topic.SIGNED):
                await follower.settled(topic, A, Deadline.after(20))
            await asyncio.wait_for(bell.wait(), 20)
        found = follower.find(A)
        assert found is not None
        assert (found.decision, found.signed, found.verdicts) == (decided, signed, (first, second))
        assert follower.find(B) is None
        assert [row.request_id for row in follower.newest("studio")] == [A]
        assert not follower.newest("other")


async def test_records_are_read_where_they_lie(log: LogOf) -> None:
    offsets = [log.verdict(A, "text"), log.verdict(A, "image")]
    decision = blocked(A)
    decision.inputs.extend([heard("text", offsets[0])])
    log.put(Topic.DECISIONS, A, decision, [("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01".encode())])
    log.signed(A)
    async with following(log.kafka) as follower:
        places = follower.find(A)
        assert places is not None
        decided = await read_decision(follower.find_record, A, places)
        assert decided is not None
        assert (decided.decision, decided.tenant) == (decision, "studio")
        assert decided.trace_id == TRACE
        signed = await read_signed(follower.find_record, A, places)
        assert signed is not None
        assert signed.asset.manifest_label == "urn:c2pa:1"
        verdicts = await read_verdicts(follower.find_record, A, places.partition, places.verdicts)
        assert [(each.verdict.check, each.offset) for each in verdicts] == [
            ("text", offsets[0]),
            ("image", offsets[1]),
        ]
        # Another request's record lies there: the topic was made anew.
        assert await read_decision(follower.find_record, B, places) is None
        assert await read_signed(follower.find_record, A, Places(places.partition, 0)) is None


async def test_a_record_that_is_no_decision_is_passed_over(log: LogOf) -> None:
    log.producer.produce(Topic.DECISIONS, b"\xff\xff", key=A.encode(), partition=0)
    log.decision(blocked(B))
    async with following(log.kafka) as follower:
        assert [row.request_id for row in follower.newest("studio")] == [B]


async def test_what_is_too_old_is_not_found(log: LogOf) -> None:
    log.decision(blocked(A))
    now = [now_ms()]
    async with following(log.kafka, ALL, lambda: now[0]) as follower:
        assert follower.find(A) is not None
        now[0] += 2**62 + 60_000
        assert follower.find(A) is None


async def test_a_tenants_listener_hears_of_its_decisions_alone(log: LogOf) -> None:
    async with following(log.kafka) as follower:
        with follower.heard_tenant("studio") as ours, follower.heard_tenant("other") as theirs:
            log.decision(blocked(A))
            await asyncio.wait_for(ours.wait(), 20)
            assert not theirs.is_set()


async def test_without_a_broker_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "CALL_SECONDS", 0.3)
    with pytest.raises(RetryableError):
        async with following(KafkaSettings({"bootstrap.servers": "127.0.0.1:1"})):
            pytest.fail("it started")


def test_settings() -> None:
    reader = Reader({"SLUICE_GATEWAY_KEEP_HOURS": "2", "SLUICE_GATEWAY_KEEP_REQUESTS": "5000"})
    assert read_follower_settings(reader) == FollowerSettings(7_200_000, 5000)
    reader.finish()
    assert read_follower_settings(Reader({})) == FollowerSettings(24 * 3_600_000, 200_000)
