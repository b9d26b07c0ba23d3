"""A log's tail whose client reads no more, as where its threads have locked each other out."""

import asyncio
import io
from typing import Any, cast

import pytest
from confluent_kafka import OFFSET_END, Consumer, Message, TopicPartition

from sluice.bus import tail
from sluice.bus.tail import LogTail
from sluice.deadline import Deadline
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log

END = 3


class Found:
    """A record as the client hands it over."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def error(self) -> None:
        """None: it is a record."""

    def topic(self) -> str:
        return "topic"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes:
        return f"{self._offset}".encode()

    def value(self) -> bytes:
        return b""

    def timestamp(self) -> tuple[int, int]:
        return 0, 0

    def headers(self) -> None:
        """None: it has none."""


class Reader:
    """A client that reads up to a place and then falls silent."""

    def __init__(self, silent_at: int) -> None:
        self._silent_at = silent_at
        self._position = 0
        self.began_at: list[int] = []

    def assign(self, places: list[TopicPartition]) -> None:
        self._position = places[0].offset
        self.began_at.append(self._position)

    def poll(self, _: float) -> Message | None:
        if self._position >= self._silent_at:
            return None
        self._position += 1
        return cast("Message", Found(self._position - 1))

    def consume(self, *_: Any) -> list[Message]:
        return []

    def list_topics(self, *_: Any, **__: Any) -> Any:
        topic = type("Topic", (), {"partitions": {0: None}, "error": None})
        return type("Topics", (), {"topics": {"topic": topic}})

    def get_watermark_offsets(self, *_: Any) -> tuple[int, int]:
        return 0, END

    def offsets_for_times(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        """Each record has its offset for a time."""
        (place,) = places
        return [TopicPartition("topic", place.partition, place.offset if place.offset < END else OFFSET_END)]

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[Reader]:
    """The clients in turn: one that tells ends, one that falls silent, one that reads on."""
    made = [Reader(0), Reader(2), Reader(END)]
    left = iter(made)
    monkeypatch.setattr(tail, "log_reader", lambda *_, **__: cast("Consumer", next(left)))
    monkeypatch.setattr(tail, "QUIET_SECONDS", 0.05)
    return made


async def test_another_client_reads_on_where_one_fell_silent(readers: list[Reader]) -> None:
    told = io.StringIO()
    found = LogTail[int](KafkaSettings({}), "topic", lambda record: record.offset, Log("test", stream=told))
    await found.start()
    await found.caught_up(Deadline.after(10))
    assert [found.get(f"{offset}") for offset in range(END)] == [0, 1, 2]
    assert [reader.began_at for reader in readers] == [[], [0], [2]]
    assert told.getvalue().count("another client takes over") == 1
    # All is read: nobody is replaced for having nothing to do.
    await asyncio.sleep(0.3)
    await found.close()
    assert told.getvalue().count("another client takes over") == 1


@pytest.mark.parametrize(
    ("reach", "since_ms", "begin"),
    [(100, 0, 0), (1, 0, END - 2), (100, 2, 2), (1, 2, 2), (1, 1, END - 2), (100, END, END), (100, 10**9, END)],
)
async def test_what_is_too_old_or_too_far_back_is_not_read(
    monkeypatch: pytest.MonkeyPatch, reach: int, since_ms: int, begin: int
) -> None:
    made = [Reader(0), Reader(END)]
    left = iter(made)
    monkeypatch.setattr(tail, "log_reader", lambda *_, **__: cast("Consumer", next(left)))
    told = Log("test", stream=io.StringIO())
    found = LogTail[int](KafkaSettings({}), "topic", lambda _: None, told, most=1, reach=reach, since_ms=since_ms)
    await found.start()
    async with asyncio.timeout(20):
        while not made[1].began_at:
            await asyncio.sleep(0.005)
    await found.close()
    assert made[1].began_at == [begin]
