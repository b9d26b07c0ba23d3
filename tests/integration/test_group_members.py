"""What a group member reads, and when, on a real broker: nothing too much, nothing passed over."""

import asyncio
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import TopicPartition

from sluice.bus.clients import group_consumer, log_reader, plain_producer, transactional_producer
from sluice.bus.consumer import GroupReader
from sluice.bus.create_topics import create
from sluice.bus.exactly_once import TransactionalReader
from sluice.bus.member import GroupMember
from sluice.bus.offsets import MOST_AHEAD
from sluice.bus.record import Record
from sluice.bus.topics import MIB, Topic
from sluice.errors import FatalError
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from tests.integration.quick_start import quick_broker

KIB = 1024


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    broker = quick_broker(tmp_path_factory.mktemp("kafka"))
    create(broker.kafka, 2, 1)
    yield broker.kafka
    broker.stop()


async def produce(kafka: KafkaSettings, topic: Topic, sizes: list[int], partitions: int) -> None:
    """Records of these sizes; the key is the number."""
    producer = plain_producer(kafka)
    for number, size in enumerate(sizes):
        producer.produce(topic, os.urandom(size), key=f"{number}".encode(), partition=number % partitions)
        producer.poll(0)
    assert await asyncio.to_thread(producer.flush, 30) == 0


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not reached():
            await asyncio.sleep(0.05)


async def test_what_is_in_hand_is_bounded_by_bytes_and_nothing_is_passed_over(kafka: KafkaSettings) -> None:
    """Records of 300 KiB against a bound of 1 MiB, and one of 2 MiB, which is let in where there is room."""
    sizes = [300 * KIB] * 30 + [2 * MIB] + [300 * KIB] * 10
    await produce(kafka, Topic.REQUESTS_BULK, sizes, 2)
    held: list[Record] = []
    seen: list[bytes] = []
    in_hand: list[int] = []

    def deliver(record: Record) -> None:
        held.append(record)
        seen.append(record.key)
        in_hand.append(sum(len(one.value) for one in held))

    consumer = group_consumer(kafka, "bytes", "0")
    reader = GroupReader(consumer, (Topic.REQUESTS_BULK,), deliver, 1000, Log("test", stream=io.StringIO()), MIB)
    reader.start()
    async with asyncio.timeout(60):
        while len(seen) < len(sizes):
            # Long enough for whatever is not held back to come.
            await asyncio.sleep(0.2)
            while held:
                reader.done(held.pop())
    await reader.close()
    assert sorted(seen) == sorted(f"{number}".encode() for number in range(len(sizes)))
    assert max(in_hand) <= MIB + 2 * MIB
    assert sum(size > MIB + 300 * KIB for size in in_hand) <= 1


async def test_one_record_that_takes_for_ever_is_not_outrun_and_what_waits_for_it_comes_in_order(
    kafka: KafkaSettings,
) -> None:
    count = MOST_AHEAD + 2000
    await produce(kafka, Topic.RELEASES, [1] * count, 1)
    seen: list[int] = []
    slow: list[Record] = []

    def deliver(record: Record) -> None:
        seen.append(record.offset)
        if record.offset == 0:
            slow.append(record)
        else:
            reader.done(record)

    consumer = group_consumer(kafka, "ahead", "0")
    reader = GroupReader(consumer, (Topic.RELEASES,), deliver, 10 * count, Log("test", stream=io.StringIO()))
    reader.start()
    await until(lambda: len(seen) >= MOST_AHEAD)
    await asyncio.sleep(0.5)
    assert seen == list(range(MOST_AHEAD))
    reader.done(slow[0])
    await until(lambda: len(seen) >= count)
    assert seen == list(range(count))
    await reader.close()


async def test_a_partition_whose_offsets_hang_in_a_transaction_waits_alone(kafka: KafkaSettings) -> None:
    """What a member died over is not read before it is known what became of it; the rest is."""
    await produce(kafka, Topic.REQUESTS, [10] * 40, 2)
    # Its transaction is to outlast the test on a slow machine: the broker ends one that is over its time.
    dead = plain_producer(kafka, {"transactional.id": "dead", "transaction.timeout.ms": 55_000})
    await asyncio.to_thread(dead.init_transactions, 30)
    dead.begin_transaction()
    outside = group_consumer(kafka, "hanging", "outside").consumer_group_metadata()
    stuck = TopicPartition(str(Topic.REQUESTS), 1, 15)
    await asyncio.to_thread(dead.send_offsets_to_transaction, [stuck], outside, 30)

    seen: Counter[int] = Counter()

    def deliver(record: Record) -> None:
        seen[record.partition] += 1
        reader.done(record)

    reader = TransactionalReader(
        group_consumer(kafka, "hanging", "0"),
        lambda: transactional_producer(kafka, "hanging-0"),
        (Topic.REQUESTS,),
        deliver,
        lambda _, reason: pytest.fail(reason),
        100,
        Log("test", stream=io.StringIO()),
    )
    reader.start()
    await until(lambda: seen[0] == 20)
    assert (seen[1], reader.trouble()) == (0, "1 partitions wait for an open transaction to end")
    await asyncio.to_thread(dead.commit_transaction, 30)
    await until(lambda: seen[1] == 5)
    assert reader.trouble() == ""
    await reader.close()
    assert seen == {0: 20, 1: 5}


def member(kafka: KafkaSettings, group: str, name: str, seen: Counter[bytes], log: Log, exact: bool) -> GroupMember:
    """One of two, who counts what it works off. `exact`: in transactions."""

    def deliver(record: Record) -> None:
        seen[record.key] += 1
        found.done(record)

    topics, consumer = (Topic.SIGNED if exact else Topic.APPROVED,), group_consumer(kafka, group, name)
    found: GroupMember
    if exact:
        found = TransactionalReader(
            consumer,
            lambda: transactional_producer(kafka, f"{group}-{name}"),
            topics,
            deliver,
            lambda _, reason: pytest.fail(reason),
            100,
            log,
        )
    else:
        found = GroupReader(consumer, topics, deliver, 100, log)
    return found


@pytest.mark.parametrize("exact", [False, True])
async def test_a_member_that_closes_leaves_and_the_other_goes_on_where_it_was(
    kafka: KafkaSettings, exact: bool
) -> None:
    """All that it finished is committed before: nothing is worked twice, nothing passed over."""
    topic = Topic.SIGNED if exact else Topic.APPROVED
    group, seen, told = f"leaving-{exact}", Counter[bytes](), io.StringIO()
    log = Log("test", stream=told)
    first, second = (member(kafka, group, name, seen, log, exact) for name in "01")
    first.start()
    await until(lambda: first.trouble() == "")
    second.start()
    await until(lambda: told.getvalue().count('"partitions assigned", "service": "test", "count": 1}') >= 2)
    await produce(kafka, topic, [10] * 200, 2)
    await until(lambda: len(seen) == 200)
    await first.close()
    assert told.getvalue().count("left the group") == 1
    await until(lambda: told.getvalue().count('"partitions assigned", "service": "test", "count": 2}') >= 2)
    await produce(kafka, topic, [10] * 200, 2)
    await until(lambda: sum(seen.values()) >= 400)
    await second.close()
    assert set(seen.values()) == {2}
    # The last one keeps its place: there is nobody to leave to.
    assert told.getvalue().count("left the group") == 1


async def test_a_member_that_is_told_not_to_leave_keeps_its_place(kafka: KafkaSettings) -> None:
    told = io.StringIO()
    first, second = (member(kafka, "staying", name, Counter(), Log("test", stream=told), False) for name in "01")
    first.start()
    second.start()
    await until(lambda: told.getvalue().count('"partitions assigned", "service": "test", "count": 1}') >= 2)
    await first.close(leave=False)
    assert "left the group" not in told.getvalue()
    await second.close(leave=False)


class Watchful(GroupReader):
    """One that looks often."""

    look_seconds = 2.0


async def test_a_client_that_reads_no_further_ends_its_member(kafka: KafkaSettings) -> None:
    """Its partitions are paused behind the member's back: nothing comes any more, and nothing says so."""
    seen: list[bytes] = []
    log = Log("test", stream=io.StringIO())
    consumer = group_consumer(kafka, "stalls", "0")

    def deliver(record: Record) -> None:
        seen.append(record.key)
        reader.done(record)

    reader = Watchful(consumer, (Topic.REVIEWS,), deliver, 1000, log, MIB, log_reader(kafka))
    reader.start()
    await produce(kafka, Topic.REVIEWS, [KIB] * 10, 2)
    await until(lambda: len(seen) == 10)
    await asyncio.sleep(7)
    # It stands at the ends of its logs, which is in order.
    assert not reader.failed.done()
    consumer.pause([TopicPartition(Topic.REVIEWS, number) for number in range(2)])
    await produce(kafka, Topic.REVIEWS, [KIB] * 10, 2)
    with pytest.raises(FatalError, match="is not read on although it goes on"):
        await asyncio.wait_for(reader.failed, 30)
    await asyncio.wait_for(reader.close(), 30)
