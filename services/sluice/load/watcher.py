"""Watches what comes out, on a thread: decisions, signed pictures, dead letters."""

import threading
import time
from contextlib import ExitStack
from typing import Final, Self

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from google.protobuf.message import DecodeError

from sluice.attempt import Unforeseen, attempt_alone
from sluice.bus.clients import log_reader
from sluice.bus.ends import log_ends
from sluice.bus.problems import is_end_of_partition
from sluice.errors import RetryableError
from sluice.load.clock import Clock
from sluice.load.road import Road
from sluice.load.stages import Stages
from sluice.load.tally import Tally
from sluice.settings import KafkaSettings
from sluice.v1.dead_letter_pb2 import DeadLetter
from sluice.v1.decision_pb2 import Decision

_CALL_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 0.1
_BATCH: Final = 500


class Watcher:
    """Tells a tally what becomes of its requests. Belongs to no group, commits nothing, reads what is committed.

    An answer counts from when it was read here, as a caller would have it: on a machine without time to spare, that
    is later than the broker had it.
    """

    def __init__(self, reader: Consumer, road: Road, tally: Tally) -> None:
        self.stages = Stages()
        self._reader = reader
        self._road = road
        self._tally = tally
        self._clock = Clock()
        self._stop = threading.Event()
        self._failed = ""
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    @classmethod
    def open(cls, kafka: KafkaSettings, road: Road, tally: Tally) -> Self:
        """Finds the ends of the topics and reads up to them, so that nothing of what is sent from now on is missed,
        and no first answer waits for connections. RetryableError where the broker does not answer."""
        with ExitStack() as undo:
            reader = log_reader(kafka)
            undo.callback(reader.close)
            places = _ends(reader, kafka, (road.decisions, road.signed, road.dead_letters))
            reader.assign(places)
            _read_to_ends(reader, places, kafka)
            undo.pop_all()
        return cls(reader, road, tally)

    def start(self, clock: Clock) -> None:
        """Begins. `clock`: the run's."""
        self._clock = clock
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._reader.close()

    def check(self) -> None:
        """RetryableError where it could not go on: what was not seen from then on is not unanswered."""
        if self._failed:
            raise RetryableError(f"answers cannot be read any more: {self._failed}")

    def _run(self) -> None:
        ended = attempt_alone(self._watch)
        if isinstance(ended, Unforeseen):
            self._failed = f"{ended.kind} at {ended.place}"

    def _watch(self) -> None:
        try:
            while not self._stop.is_set():
                self._read()
        except KafkaException as error:
            self._failed = error.args[0].str()

    def _read(self) -> None:
        # `consume` alone would wait for its whole batch; one record at a time would cost more than it need.
        first = self._reader.poll(_POLL_SECONDS)
        if first is None:
            return
        now = self._clock.now()
        for message in (first, *self._reader.consume(_BATCH, 0)):
            if message.error() is None:
                self._take(message, now)

    def _take(self, message: Message, now: float) -> None:
        key, value = message.key(), message.value()
        if not isinstance(value, bytes):
            return
        topic = message.topic()
        if topic == self._road.dead_letters:
            self._bury(value)
            return
        place = self._tally.place(key) if isinstance(key, bytes) else None
        if place is None:
            return
        if topic == self._road.signed:
            self._tally.sign(place, now)
            return
        try:
            decision = Decision.FromString(value)
        except DecodeError:
            # No decision of ours: the request stays unanswered, which is what a caller would see.
            return
        first = self._tally.decide(place, now, decision.action, decision.complete)
        if first and self._tally.schedule.due[place] >= self._tally.schedule.warm_up:
            due_ms, read_ms = self._clock.to_ms(float(self._tally.schedule.due[place])), self._clock.to_ms(now)
            self.stages.add(decision, due_ms, message.timestamp()[1], read_ms)

    def _bury(self, value: bytes) -> None:
        try:
            letter = DeadLetter.FromString(value)
        except DecodeError:
            return
        if self._tally.place(letter.request_id.encode()) is not None:
            self._tally.bury()


def _ends(reader: Consumer, kafka: KafkaSettings, topics: tuple[str, ...]) -> list[TopicPartition]:
    places: list[TopicPartition] = []
    try:
        for topic in topics:
            found = reader.list_topics(topic, timeout=_CALL_SECONDS).topics[topic].partitions
            if not found:
                raise RetryableError(f"{kafka.bootstrap} has no topic {topic}: `sluice topics create` makes it")
            places += [
                TopicPartition(topic, number, log_ends(reader, topic, number, _CALL_SECONDS)[1]) for number in found
            ]
    except KafkaException as error:
        raise RetryableError(f"no Kafka broker answers at {kafka.bootstrap}: {error.args[0].str()}") from error
    return places


def _read_to_ends(reader: Consumer, places: list[TopicPartition], kafka: KafkaSettings) -> None:
    """What comes meanwhile is somebody else's: we have sent nothing yet."""
    left = {(place.topic, place.partition) for place in places}
    give_up = time.monotonic() + _CALL_SECONDS
    while left:
        for message in reader.consume(_BATCH, _POLL_SECONDS):
            problem = message.error()
            if problem is not None and is_end_of_partition(problem):
                left.discard((message.topic(), message.partition()))
        if time.monotonic() > give_up:
            raise RetryableError(f"no answer from {kafka.bootstrap} within {_CALL_SECONDS:.0f} s")
