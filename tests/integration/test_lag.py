"""How far a group member says that it is behind, against a real broker: also of what it does not read for now."""

import asyncio
import io
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import TopicPartition

from sluice.bus.clients import group_consumer, log_reader, transactional_producer
from sluice.bus.consumer import GroupReader
from sluice.bus.create_topics import create
from sluice.bus.exactly_once import TransactionalReader
from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from tests.integration.quick_start import quick_broker
from tests.integration.test_group_members import produce

MOST = 4


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    broker = quick_broker(tmp_path_factory.mktemp("kafka"))
    create(broker.kafka, 2, 1)
    yield broker.kafka
    broker.stop()


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not reached():
            await asyncio.sleep(0.05)


class Watchful(GroupReader):
    """Looks where logs end more often."""

    look_seconds = 1.0


class Unlucky(Watchful):
    """Is full before a word of partition 1 has come."""

    def _assign(self, positions: list[TopicPartition]) -> None:
        super()._assign(positions)
        self._consumer.pause([one for one in positions if one.partition == 1])


async def test_what_is_in_hand_and_what_is_not_read_for_now_is_behind(kafka: KafkaSettings) -> None:
    topic = Topic.REQUESTS_BULK
    await produce(kafka, topic, [10] * 20, 2)
    held: list[Record] = []
    open_wide = False

    def deliver(record: Record) -> None:
        if open_wide:
            reader.done(record)
        else:
            held.append(record)

    log = Log("test", stream=io.StringIO())
    reader = Watchful(group_consumer(kafka, "lag", "0"), (topic,), deliver, MOST, log, ends=log_reader(kafka))
    reader.start()
    await until(lambda: reader.lag(topic) == 20)
    assert reader.in_hand(topic) == len(held) == MOST
    # It is full, so reading pauses: what comes now is not fetched.
    await produce(kafka, topic, [10] * 7, 2)
    await until(lambda: reader.lag(topic) == 27)
    assert reader.in_hand(topic) == MOST
    open_wide = True
    for record in held:
        reader.done(record)
    await until(lambda: reader.lag(topic) == 0 and reader.in_hand(topic) == 0)
    await produce(kafka, topic, [10], 1)
    await asyncio.sleep(2.5)
    assert reader.lag(topic) == 0
    await reader.close()


@pytest.mark.parametrize(("committed", "expected"), [(0, 20), (3, 17)])
async def test_what_was_never_read_is_behind_too(kafka: KafkaSettings, committed: int, expected: int) -> None:
    """It is full from the first partition: how far it is in the other one, only the broker can say."""
    topic = (Topic.DECISIONS, Topic.VERDICTS)[committed > 0]
    group = f"lag-unread-{committed}"
    await produce(kafka, topic, [10] * 20, 2)
    if committed:
        before = group_consumer(kafka, group, "before")
        before.commit(offsets=[TopicPartition(topic, 1, committed)], asynchronous=False)
        before.close()
    held: list[Record] = []
    log = Log("test", stream=io.StringIO())
    reader = Unlucky(group_consumer(kafka, group, "0"), (topic,), held.append, MOST, log, ends=log_reader(kafka))
    reader.start()
    await until(lambda: len(held) == MOST)
    await until(lambda: reader.lag(topic) == expected)
    assert {record.partition for record in held} == {0}
    await asyncio.sleep(2.5)
    assert reader.lag(topic) == expected
    await reader.close()


async def test_marks_of_transactions_are_no_records(kafka: KafkaSettings) -> None:
    """A group that publishes into a topic that another one reads: each transaction ends with a mark in the log."""
    await produce(kafka, Topic.REQUESTS, [10] * 6, 2)

    def carry(record: Record) -> None:
        carrying.done(record, (Outgoing(Topic.CONTENTS, record.partition, record.key, record.value),))

    log = Log("test", stream=io.StringIO())
    carrying = TransactionalReader(
        group_consumer(kafka, "lag-carrying", "0"),
        lambda: transactional_producer(kafka, "lag-carrying-0"),
        (Topic.REQUESTS,),
        carry,
        lambda _, reason: pytest.fail(reason),
        MOST,
        log,
    )
    seen: list[Record] = []

    def take(record: Record) -> None:
        seen.append(record)
        reader.done(record)

    reader = GroupReader(group_consumer(kafka, "lag-reading", "0"), (Topic.CONTENTS,), take, MOST, log)
    carrying.start()
    reader.start()
    await until(lambda: len(seen) == 6)
    await until(lambda: carrying.in_hand(Topic.REQUESTS) == 0)
    await asyncio.sleep(2.5)
    assert carrying.lag(Topic.REQUESTS) == reader.lag(Topic.CONTENTS) == 0
    await carrying.close()
    await reader.close()
