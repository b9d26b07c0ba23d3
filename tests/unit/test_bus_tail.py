"""A log's tail whose client reads no more, as where its threads have locked each other out."""

import asyncio
import io
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

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
