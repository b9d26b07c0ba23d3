"""A worker that does next to nothing, exactly once: `toy_worker.py INSTANCE [DEATH]`.

It copies records from two topics to a third. A value that is a number is copied after so many milliseconds; `poison`
cannot be handled; `huge N` causes a record of N bytes. DEATH is `before|after:CALL:N:SIGNAL`: the process sends the
signal to itself at its Nth call of that method of its producer.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from confluent_kafka import Producer

from sluice.bus.clients import group_consumer, transactional_producer
from sluice.bus.exactly_once import TransactionalReader
from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.errors import FatalError, PoisonError
from sluice.host.worker import Worker
from sluice.objects import ObjectStore
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_MALFORMED

IN, IN_BULK, OUT = Topic.REQUESTS, Topic.REQUESTS_BULK, Topic.CONTENTS
GROUP = "toy"


class Mortal:
    """A producer that ends its process at a line."""

    def __init__(self, producer: Producer, death: str) -> None:
        self._producer = producer
        self._when, self._call, number, name = death.split(":")
        self._left = int(number)
        self._signal = signal.Signals[name]

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._producer, name)
        return self._mortal(found) if name == self._call else found

    def _mortal(self, call: Callable[..., object]) -> Callable[..., object]:
        def called(*arguments: object) -> object:
            self._left -= 1
            if self._left == 0 and self._when == "before":
                os.kill(os.getpid(), self._signal)
            answer = call(*arguments)
            if self._left == 0 and self._when == "after":
                os.kill(os.getpid(), self._signal)
            return answer

        return called


async def handle(record: Record) -> Sequence[Outgoing]:
    """What the record's value says."""
    word, _, rest = record.value.decode().partition(" ")
    if word == "poison":
        raise PoisonError(DEAD_LETTER_REASON_MALFORMED, "not ours")
    if word == "huge":
        return (Outgoing(OUT, record.partition, record.key, os.urandom(int(rest))),)
    await asyncio.sleep(int(word) / 1000)
    return (Outgoing(OUT, record.partition, record.key, record.value),)


async def main(instance: str, death: str) -> None:
    """Works until SIGTERM."""
    kafka = KafkaSettings({"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"]})
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    log = Log("toy")
    store = ObjectStore.open(Path(os.environ["SLUICE_HOME"]).as_uri())

    def producer() -> Producer:
        found = transactional_producer(kafka, f"{GROUP}-{instance}")
        return cast("Producer", Mortal(found, death)) if death else found

    worker = Worker("toy", (IN, IN_BULK), handle, None, store, log, 32)
    consumer = group_consumer(kafka, GROUP, instance)
    reader = TransactionalReader(
        consumer, producer, (IN, IN_BULK), worker.deliver, worker.refuse, 2000, log, most_bytes=4 << 20
    )
    await worker.run(reader, stop, 5)


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
    except FatalError as error:
        sys.exit(str(error))
