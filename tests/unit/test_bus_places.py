"""A group reads on where whoever keeps what was read says, whatever the broker has heard before."""

import asyncio
import io
from collections.abc import Callable, Collection, Mapping

import pytest

from sluice.bus.assignment import Key
from sluice.bus.clients import group_consumer, plain_producer
from sluice.bus.consumer import GroupReader
from sluice.bus.places import first_offset
from sluice.bus.record import Record
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from tests.unit.mock_broker import mock_broker

TOPIC = "topic"


@pytest.mark.parametrize(("place", "first"), [(None, 3), (3, 3), (5, 5), (9, 9), (10, 3), (2, 3), (0, 3)])
def test_a_place_that_is_not_in_the_log_is_none(place: int | None, first: int) -> None:
    assert first_offset(place, 3, 9) == first


class Kept:
    """Places in memory. `away`: how often it does not answer."""

    def __init__(self, away: int = 0, **places: int) -> None:
        self.kept: dict[Key, int] = {(topic, 0): place for topic, place in places.items()}
        self.away = away
        self.writes_fail = False

    async def places(self, keys: Collection[Key]) -> Mapping[Key, int]:
        if self.away:
            self.away -= 1
            raise RetryableError("it does not answer")
        return {key: self.kept[key] for key in keys if key in self.kept}

    async def keep_places(self, places: Mapping[Key, int]) -> None:
        if self.writes_fail:
            raise RetryableError("it does not answer")
        self.kept.update(places)


class Reads:
    """A member of a group, and what it was handed. `holds`: offsets that it does not let go."""

    def __init__(self, kafka: KafkaSettings, places: Kept, holds: Collection[int] = ()) -> None:
        self.offsets: list[int] = []
        self.log = io.StringIO()
        self._holds = holds
        consumer = group_consumer(kafka, "group", "0")
        self.member = GroupReader(consumer, (TOPIC,), self._take, 100, Log("test", stream=self.log), places=places)
        self.member.start()

    def _take(self, record: Record) -> None:
        self.offsets.append(record.offset)
        if record.offset not in self._holds:
            self.member.done(record)


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():
            await asyncio.sleep(0.05)


def written(kafka: KafkaSettings, count: int) -> None:
    producer = plain_producer(kafka)
    for at in range(count):
        producer.produce(TOPIC, str(at).encode(), partition=0)
    assert producer.flush(30) == 0


async def read(kafka: KafkaSettings, places: Kept, count: int, holds: Collection[int] = ()) -> Reads:
    """By a member that was handed so many, and was closed then."""
    found = Reads(kafka, places, holds)
    await until(lambda: len(found.offsets) >= count)
    await found.member.close()
    return found


async def test_the_place_is_that_of_the_keeper_whatever_was_committed() -> None:
    with mock_broker(TOPIC) as kafka:
        written(kafka, 4)
        places = Kept()
        assert (await read(kafka, places, 4)).offsets == [0, 1, 2, 3]
        assert places.kept == {(TOPIC, 0): 4}
        # It is lost; then it is an old copy.
        for old, again in ((Kept(), [0, 1, 2, 3]), (Kept(topic=2), [2, 3])):
            assert (await read(kafka, old, len(again))).offsets == again
            assert old.kept == {(TOPIC, 0): 4}


async def test_nothing_is_passed_over_that_is_still_worked_at() -> None:
    with mock_broker(TOPIC) as kafka:
        written(kafka, 4)
        places = Kept()
        await read(kafka, places, 4, holds=[1])
        assert places.kept == {(TOPIC, 0): 1}
        assert (await read(kafka, places, 3)).offsets == [1, 2, 3]


async def test_a_log_that_was_made_anew_is_read_from_its_beginning() -> None:
    with mock_broker(TOPIC) as kafka:
        written(kafka, 2)
        places = Kept(topic=9)
        found = await read(kafka, places, 2)
        assert found.offsets == [0, 1]
        assert "reading all of it" in found.log.getvalue()
        assert places.kept == {(TOPIC, 0): 2}


async def test_a_keeper_that_does_not_answer_is_asked_again() -> None:
    with mock_broker(TOPIC) as kafka:
        written(kafka, 2)
        assert (await read(kafka, Kept(away=2, topic=1), 1)).offsets == [1]


async def test_a_place_that_cannot_be_kept_now_is_kept_later() -> None:
    with mock_broker(TOPIC) as kafka:
        written(kafka, 2)
        places = Kept()
        places.writes_fail = True
        found = Reads(kafka, places)
        await until(lambda: "is not kept" in found.log.getvalue())
        places.writes_fail = False
        await until(lambda: places.kept == {(TOPIC, 0): 2})
        await found.member.close()


async def test_a_member_that_waits_for_its_places_can_be_ended() -> None:
    with mock_broker(TOPIC) as kafka:
        found = Reads(kafka, Kept(away=10_000))
        await until(lambda: "where to read on" in found.log.getvalue())
        await found.member.close()
        assert found.offsets == []
