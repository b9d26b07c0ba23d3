"""Publishing from asyncio: a record is published when the broker has said so."""

import asyncio
import threading

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from sluice.bus.problems import is_fatal, words
from sluice.bus.record import Outgoing
from sluice.bus.refusals import Refusals
from sluice.errors import FatalError, NotGrantedError, RetryableError, TerminalError


class AsyncProducer:
    """Wraps a producer, whose deliveries are reported on a thread, for one event loop."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._loop = asyncio.get_running_loop()
        self._closing = threading.Event()
        self.refused = Refusals()
        """Which topics it may not write."""
        self.failed: asyncio.Future[None] = self._loop.create_future()
        """Has a FatalError once this producer can do nothing any more."""
        self._thread = threading.Thread(target=self._serve, name="producer", daemon=True)
        self._thread.start()

    async def send(self, outgoing: Outgoing) -> int:
        """The record's offset, once the broker has it. RetryableError, or TerminalError where it never will be."""
        future: asyncio.Future[int] = self._loop.create_future()

        def delivered(error: KafkaError | None, message: Message) -> None:
            self._loop.call_soon_threadsafe(self._settle, future, error, outgoing.topic, message.offset())

        while True:
            try:
                self._producer.produce(
                    outgoing.topic,
                    value=outgoing.value,
                    key=outgoing.key,
                    partition=outgoing.partition,
                    headers=list(outgoing.headers),
                    on_delivery=delivered,
                )
                return await future
            except BufferError:
                # The local queue is full: the back-pressure that a slow broker puts on everything before it.
                await asyncio.sleep(0.01)
            except KafkaException as error:
                raise self._translate(error.args[0], outgoing.topic) from error

    async def close(self, seconds: float) -> None:
        """Waits for what is under way."""
        await asyncio.to_thread(self._producer.flush, seconds)
        self._closing.set()
        await asyncio.to_thread(self._thread.join)
        if self.failed.done():
            # Whoever waits for it has been told; nobody else needs to be.
            self.failed.exception()
        else:
            self.failed.cancel()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                self._producer.poll(0.1)
            except KafkaException as error:
                self._loop.call_soon_threadsafe(self._translate, error.args[0])
                self._closing.wait(0.1)

    def _settle(self, future: asyncio.Future[int], error: KafkaError | None, topic: str, offset: int | None) -> None:
        problem = None if error is None else self._translate(error, topic)
        if problem is None and self.refused:
            self.refused.clear(topic)
        if future.done():
            return
        if problem is not None:
            future.set_exception(problem)
        else:
            future.set_result(-1 if offset is None else offset)

    def _translate(self, error: KafkaError, topic: str = "") -> RetryableError | TerminalError | FatalError:
        if is_fatal(error):
            # The client is of no use any more: the process must end, and a new one goes on.
            problem = FatalError(f"the producer cannot go on: {words(error, topic)}")
            if not self.failed.done():
                self.failed.set_exception(problem)
            return problem
        # A right that is missing is not the record's fault: it is waited for. A size is.
        if self.refused.note(error, topic):
            return NotGrantedError(f"the broker did not take the record: {words(error, topic)}")
        if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            return TerminalError(f"the broker refused the record: {error.name()}")
        return RetryableError(f"the broker did not take the record: {error.name()}")
