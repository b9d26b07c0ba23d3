"""Writes contents and verdicts: a backlog as fast as it goes, or a stream at a given pace (a process of its own).

python -m benchmarks.orchestrator.backlog BOOTSTRAP KIND RATE SECONDS
"""

import sys
import time
from collections import deque
from itertools import islice

from confluent_kafka import Producer

from benchmarks.orchestrator.records import CHECKS, TRACE, Asked, requests
from benchmarks.orchestrator.topics import PARTITIONS, Topics
from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.ids import partition_for
from sluice.settings import KafkaSettings

_DEADLINE_MS = 3_600_000
_BEHIND = 300
"""In a backlog, verdicts lie this many requests behind their contents."""
_TICK_SECONDS = 0.002
_THINKING_SECONDS = 0.02
"""In a stream, checks answer this long after the contents."""


class Writer:
    """Writes requests of one kind. It is the only writer, so it knows the offsets that its records get."""

    def __init__(self, kafka: KafkaSettings, kind: str, linger_ms: int) -> None:
        self._producer: Producer = plain_producer(
            kafka, {"linger.ms": linger_ms, "queue.buffering.max.messages": 1_000_000}
        )
        self._next = list(Topics(kafka).ends(Topic.CONTENTS))
        self._checks = len(CHECKS[kind])
        self._requests = requests(kind, now_ms(), _DEADLINE_MS)

    def ask(self) -> tuple[Asked, list[bytes], int]:
        """Writes a contents record; returns the request, its verdicts and its partition."""
        asked = next(self._requests)
        partition = partition_for(asked.request_id, PARTITIONS)
        offset = self._next[partition]
        self._next[partition] += 1
        self._put(Topic.CONTENTS, asked.contents, asked.request_id, partition)
        return asked, [asked.verdict(number, offset) for number in range(self._checks)], partition

    def answer(self, asked: tuple[Asked, list[bytes], int]) -> None:
        """Writes a request's verdicts."""
        request, verdicts, partition = asked
        for verdict in verdicts:
            self._put(Topic.VERDICTS, verdict, request.request_id, partition)

    def flush(self) -> None:
        """Waits until all is written."""
        self._producer.flush()

    def _put(self, topic: Topic, value: bytes, request_id: str, partition: int) -> None:
        while True:
            try:
                self._producer.produce(topic, value, request_id, partition, headers=TRACE)
                self._producer.poll(0)
            except BufferError:
                self._producer.poll(0.05)
            else:
                return


def fill(kafka: KafkaSettings, kind: str, count: int) -> None:
    """A backlog of `count` requests."""
    writer = Writer(kafka, kind, linger_ms=20)
    waiting: deque[tuple[Asked, list[bytes], int]] = deque()
    for _ in range(count):
        waiting.append(writer.ask())
        if len(waiting) > _BEHIND:
            writer.answer(waiting.popleft())
    for asked in waiting:
        writer.answer(asked)
    writer.flush()


def stream(kafka: KafkaSettings, kind: str, rate: float, seconds: float) -> int:
    """An open loop: `rate` requests a second, however slow the answers; returns how many.

    Requests of one tick go out together, as they do from a broker's client.
    """
    writer = Writer(kafka, kind, linger_ms=2)
    waiting: deque[tuple[float, tuple[Asked, list[bytes], int]]] = deque()
    begun = time.monotonic()
    sent, total = 0, int(rate * seconds)
    while sent < total or waiting:
        now = time.monotonic()
        due = min(total, int((now - begun) * rate))
        for _ in range(due - sent):
            waiting.append((now + _THINKING_SECONDS, writer.ask()))
        sent = max(sent, due)
        ready = sum(1 for at, _ in islice(waiting, 4 * int(rate * _TICK_SECONDS) + 4) if at <= now)
        for _ in range(ready):
            writer.answer(waiting.popleft()[1])
        time.sleep(max(0.0, _TICK_SECONDS - (time.monotonic() - now)))
    writer.flush()
    return total


if __name__ == "__main__":
    stream(KafkaSettings({"bootstrap.servers": sys.argv[1]}), sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
