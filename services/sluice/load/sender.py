"""Sends each request when it is due, and never waits for an answer."""

from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from sluice.bus.clients import plain_producer
from sluice.errors import RetryableError
from sluice.load.clock import Clock, Stopping
from sluice.load.tally import Tally
from sluice.settings import KafkaSettings

_LOOK_SECONDS: Final = 0.25
"""How often deliveries are heard of and progress is told while nothing is due."""
_FULL_SECONDS: Final = 0.002

Make = Callable[[int], tuple[bytes, bytes]]
"""Key and value of the request at a place of the schedule."""


def open_producer(kafka: KafkaSettings, limit: float) -> Producer:
    """A producer that gives a record up after `limit` seconds: nobody counts an answer to it any more."""
    return plain_producer(kafka, {"message.timeout.ms": int(limit * 1000)})


class Sender:
    """Works off one schedule.

    A broker that takes records too slowly fills the client's queue; the sender then has to hold the next one back. It
    goes on as soon as it can, without leaving out what has become due meanwhile, and how late each was shows in the
    tally. Latency counts from when a request was due, so it includes that wait.
    """

    def __init__(self, producer: Producer, topic: str, make: Make, tally: Tally) -> None:
        self._producer = producer
        self._topic = topic
        self._make = make
        self._tally = tally
        self._look: Callable[[], None] = lambda: None
        self._looked = 0.0
        self.bytes = 0
        """Of keys and values that were handed over."""

    def send_all(self, clock: Clock, stopping: Stopping, look: Callable[[], None] = lambda: None) -> None:
        """Returns when the last is handed over, or soon after `stopping.sending`. `look` is called now and then."""
        self._look = look
        for place, due in enumerate(self._tally.schedule.due):
            self._wait(float(due), clock, stopping)
            if stopping.sending.is_set():
                return
            self._hand_over(place, clock, stopping)
            self._producer.poll(0)
            self._look_at_times(clock)

    def hear(self, seconds: float) -> None:
        """Hears, for so long, which records the broker has taken and which were given up."""
        self._producer.flush(seconds)

    def _wait(self, due: float, clock: Clock, stopping: Stopping) -> None:
        while (left := due - clock.now()) > 0 and not stopping.sending.wait(min(left, _LOOK_SECONDS)):
            if due - clock.now() > _FULL_SECONDS:
                self._producer.poll(0)
                self._look_at_times(clock)

    def _look_at_times(self, clock: Clock) -> None:
        if clock.now() - self._looked >= _LOOK_SECONDS:
            self._looked = clock.now()
            self._look()

    def _hand_over(self, place: int, clock: Clock, stopping: Stopping) -> None:
        key, value = self._make(place)

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                self._tally.refuse(place)

        while not stopping.sending.is_set():
            try:
                self._producer.produce(self._topic, value=value, key=key, on_delivery=delivered)
            except BufferError:
                self._producer.poll(_FULL_SECONDS)
                continue
            except KafkaException as error:
                raise RetryableError(f"{self._topic}: {error.args[0].str()}") from error
            self._tally.send(place, clock.now())
            self.bytes += len(key) + len(value)
            return
