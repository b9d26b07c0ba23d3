"""One record of the log, by where it lies."""

import asyncio
from collections.abc import Iterator

import pytest

from sluice.bus.clients import plain_producer
from sluice.bus.find import Find, KeptFinder, finder
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings
from tests.unit.mock_broker import mock_broker

TOPIC = "records"


@pytest.fixture
def kafka() -> Iterator[KafkaSettings]:
    """A log with ten records on partition 1."""
    with mock_broker(TOPIC) as found:
        producer = plain_producer(found)
        for number in range(10):
            producer.produce(TOPIC, f"value {number}".encode(), key=f"{number}".encode(), partition=1)
        assert producer.flush(20) == 0
        yield found


async def values(find: Find, *offsets: int) -> list[bytes | None]:
    found = [await find(TOPIC, 1, offset) for offset in offsets]
    return [None if record is None else record.value for record in found]


async def test_a_record_is_found_by_its_place(kafka: KafkaSettings) -> None:
    kept = KeptFinder(kafka, 2)
    for find in (finder(kafka), kept.find):
        # Forwards, backwards and again; behind the end there is none.
        assert await values(find, 3, 9, 0, 0) == [b"value 3", b"value 9", b"value 0", b"value 0"]
        assert await find(TOPIC, 2, 0) is None
    await kept.close()


async def test_connections_are_kept_and_shared(kafka: KafkaSettings) -> None:
    kept = KeptFinder(kafka, 2)
    found = await asyncio.gather(*(kept.find(TOPIC, 1, offset) for offset in range(10)))
    assert [record and record.value for record in found] == [f"value {number}".encode() for number in range(10)]
    assert 1 <= len(kept._idle) <= 2
    await kept.close()
    assert not kept._idle


async def test_nobody_answers() -> None:
    kept = KeptFinder(KafkaSettings({"bootstrap.servers": "127.0.0.1:1"}), 1, seconds=0.3)
    with pytest.raises(RetryableError, match="could not be read in time"):
        await kept.find(TOPIC, 0, 0)
    # What failed is not used again.
    assert not kept._idle
    await kept.close()


async def test_who_gives_up_leaves_nothing_behind(kafka: KafkaSettings) -> None:
    kept = KeptFinder(kafka, 1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.0001):
            await kept.find(TOPIC, 1, 4)
    assert await values(kept.find, 4, 5) == [b"value 4", b"value 5"]
    await kept.close()
