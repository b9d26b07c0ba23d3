"""A refusal that has passed ends although nobody writes the topic: the client is made to tell its ends again."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from sluice.bus import tail
from sluice.bus.clients import group_consumer, log_reader, plain_producer
from sluice.bus.consumer import GroupReader
from sluice.bus.member import GroupMember
from sluice.bus.producer import AsyncProducer
from sluice.bus.read_again import can_see, can_use_group, read_again
from sluice.bus.record import Outgoing, Record
from sluice.bus.tail import LogTail
from sluice.deadline import Deadline
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from tests.unit.mock_broker import mock_broker

REFUSED = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
GROUP = KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED)


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():
            await asyncio.sleep(0.05)


class Reads:
    """A member of a group, and what it was handed."""

    def __init__(self, kafka: KafkaSettings, *topics: str) -> None:
        self.offsets: list[tuple[str, int]] = []
        self.member = GroupReader(
            group_consumer(kafka, "group", "0"), topics, self._take, 100, Log("test", stream=io.StringIO())
        )
        self.member.start()

    def _take(self, record: Record) -> None:
        self.offsets.append((record.topic, record.offset))
        self.member.done(record)


@asynccontextmanager
async def reading(monkeypatch: pytest.MonkeyPatch, kafka: KafkaSettings, *topics: str) -> AsyncIterator[Reads]:
    monkeypatch.setattr(GroupMember, "again_seconds", 0.2)
    found = Reads(kafka, *topics)
    try:
        await until(lambda: not found.member.trouble())
        yield found
    finally:
        await found.member.close()


async def test_a_member_that_is_let_in_again_is_ready_without_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_broker("quiet") as kafka:
        async with reading(monkeypatch, kafka, "quiet") as found:
            # Each end has been told, and will not be again by itself.
            await until(lambda: len(found.member._ends) == 4)
            found.member._refused.note(REFUSED, "quiet")
            assert "quiet: TOPIC_AUTHORIZATION_FAILED" in found.member.trouble()
            await until(lambda: not found.member.trouble())


async def test_nothing_is_read_twice_or_left_out_by_looking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_broker("busy") as kafka:
        producer = AsyncProducer(plain_producer(kafka, {"log_level": 0}))
        async with reading(monkeypatch, kafka, "busy") as found:
            sent = []
            for number in range(60):
                found.member._refused.note(REFUSED, "busy")
                sent.append(("busy", await producer.send(Outgoing("busy", 1, b"k", f"{number}".encode(), ()))))
                await asyncio.sleep(0.02)
            await until(lambda: len(found.offsets) >= len(sent))
            assert found.offsets == sent
        await producer.close(1)


async def test_a_topic_whose_partitions_others_hold_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_broker("mine") as kafka:
        async with reading(monkeypatch, kafka, "mine") as found:
            found.member._refused.note(REFUSED, "theirs")
            await until(lambda: not found.member.trouble())
            found.member._refused.note(GROUP)
            await until(lambda: not found.member.trouble())


async def test_a_tail_that_is_let_in_again_is_ready_without_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "AGAIN_SECONDS", 0.2)
    with mock_broker("quiet") as kafka:
        found = LogTail[int](kafka, "quiet", lambda record: record.offset, Log("test", stream=io.StringIO()))
        await found.start()
        await until(lambda: len(found._positions) == 4)
        found._refused.note(REFUSED, "quiet")
        await until(lambda: not found.refused)
        await found.caught_up(Deadline.after(10))
        await found.close()


class Silent:
    """A client whose broker refuses the group, or does not answer, and that stands nowhere yet."""

    def __init__(self) -> None:
        self.sought: list[tuple[int, int]] = []

    def position(self, asked: list[TopicPartition]) -> list[TopicPartition]:
        if asked[0].partition == 3:
            raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
        return [TopicPartition("t", asked[0].partition, [-1001, 5, 7][asked[0].partition])]

    def seek(self, at: TopicPartition) -> None:
        self.sought.append((at.partition, at.offset))

    def committed(self, *_: Any, **__: Any) -> list[TopicPartition]:
        raise KafkaException(GROUP)

    def list_topics(self, *_: Any, **__: Any) -> Any:
        raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))


def test_what_stands_nowhere_is_left_where_it_is() -> None:
    """To begin again at the beginning would be to read all of it twice."""
    client = Silent()
    read_again(cast("Consumer", client), [("t", number) for number in (3, 0, 1, 2)], {("t", 1): 6, ("t", 2): 4})
    assert client.sought == [(1, 6), (2, 7)]


def test_what_is_not_answered_is_still_refused() -> None:
    client = cast("Consumer", Silent())
    assert not can_see(client, "t")
    assert not can_use_group(client, "t")


def test_a_topic_that_is_there_is_seen() -> None:
    with mock_broker("there") as kafka:
        client = log_reader(kafka)
        assert can_see(client, "there")
        client.close()
