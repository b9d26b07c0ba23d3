"""The generator: publishes the traffic, follows the decisions, and says how far it has come. A thread of its own."""

import heapq
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, Message, TopicPartition

from sluice.bus.clients import log_reader, plain_producer
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.settings import KafkaSettings
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import Decision
from sluice.v1.verdict_pb2 import Verdict
from tests.chaos.forgery import forge
from tests.chaos.history import Asked, Place
from tests.chaos.outstanding import Outstanding
from tests.chaos.traffic import Sending, Traffic

FORGED = 0.03
"""Share of verdicts that are copied with another answer."""
_Delivered = Callable[[KafkaError | None, Message], None]
_FOLLOWED = (Topic.DECISIONS, Topic.SIGNED, Topic.VERDICTS)


@dataclass(slots=True)
class Progress:
    """How far it has come. Written by the generator's thread, read by others."""

    sent: int = 0
    """Request ids."""
    records: int = 0
    """Published in all: copies, conflicts, garbage and forged verdicts included."""
    decided: int = 0
    decided_again: int = 0
    last_decision: float = 0.0
    """`time.monotonic()`."""
    longest_pause: float = 0.0
    """Seconds without any decision while something was open."""
    unsigned: int = 0
    """Allowed outputs that wait for their signed picture."""
    complete: bool = False
    """Everything was sent, acknowledged, decided and signed."""


@dataclass(slots=True)
class _Later:
    """Records that are due at a time."""

    heap: list[tuple[float, int, Sending]] = field(default_factory=list)
    count: int = 0

    def put(self, sending: Sending) -> None:
        self.count += 1
        heapq.heappush(self.heap, (time.monotonic() + sending.delay, self.count, sending))

    def due(self) -> Sending | None:
        if self.heap and self.heap[0][0] <= time.monotonic():
            return heapq.heappop(self.heap)[2]
        return None


class Generator(threading.Thread):
    """Start it once; `allow` says how many requests it may have sent by now; `finish` ends it."""

    def __init__(self, kafka: KafkaSettings, partitions: int, traffic: Traffic, seed: int) -> None:
        super().__init__(name="generator", daemon=True)
        self.asked: dict[str, Asked] = {}
        self.poison: list[Place] = []
        self.progress = Progress()
        self._kafka = kafka
        self._partitions = partitions
        self._traffic = traffic
        self._dice = random.Random(f"generator {seed}")
        self._allowed = 0
        self._ending = threading.Event()
        self._outstanding = Outstanding(traffic.sorts)
        self._opened = 0.0
        self._later = _Later()
        self._unacknowledged = 0
        self._producer = plain_producer(kafka, {"message.timeout.ms": 900_000})

    def allow(self, requests: int) -> None:
        """It may send up to so many requests in all."""
        self._allowed = max(self._allowed, requests)

    def finish(self) -> None:
        """Stops it, whatever is open."""
        self._ending.set()
        self.join()

    def run(self) -> None:
        consumer = log_reader(self._kafka)
        consumer.assign([TopicPartition(topic, p, 0) for topic in _FOLLOWED for p in range(self._partitions)])
        while not self._ending.is_set():
            for message in consumer.consume(200, 0.02):
                if message.error() is None:
                    self._follow(Record.of(message))
            while sending := self._later.due():
                self._send(sending)
            self._send_new()
            self._producer.poll(0)
            self._report()
        consumer.close()

    def _send_new(self) -> None:
        for _ in range(50):
            if self.progress.sent >= self._allowed:
                return
            sort = self._outstanding.next()
            if sort is None:
                return
            sendings = self._traffic.draw(sort)
            asked = sendings[0].asked
            if not self._outstanding.open:
                self._opened = time.monotonic()
            if asked is not None:
                self.asked[asked.request_id] = asked
                self._outstanding.sent(asked.request_id, sort)
            self.progress.sent += 1
            for sending in (*sendings, *([poison] if (poison := self._traffic.garbage()) else ())):
                self._later.put(sending)

    def _send(self, sending: Sending) -> None:
        partition = self._dice.randrange(self._partitions)
        asked = sending.asked

        def delivered(error: KafkaError | None, message: Message) -> None:
            self._unacknowledged -= 1
            if error is not None:
                if asked is not None:
                    asked.certain = False
            elif asked is None:
                self.poison.append(Place(sending.topic, partition, message.offset() or 0))
            elif sending.conflict:
                asked.conflicts += 1

        # A stranger's client chooses the partition as it likes.
        self._produce(sending.topic, sending.key, sending.value, partition, delivered)

    def _produce(self, topic: Topic, key: bytes, value: bytes, partition: int, delivered: _Delivered) -> None:
        self._unacknowledged += 1
        self.progress.records += 1
        while True:
            try:
                self._producer.produce(topic, value, key=key, partition=partition, on_delivery=delivered)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def _follow(self, record: Record) -> None:
        if record.topic == Topic.DECISIONS:
            self._decided(Decision.FromString(record.value))
        elif record.topic == Topic.SIGNED:
            self._outstanding.signed(SignedAsset.FromString(record.value).request_id)
        elif self._dice.random() < FORGED:
            self._forge(record)

    def _decided(self, decision: Decision) -> None:
        now = time.monotonic()
        if self.progress.last_decision and self._outstanding.open:
            pause = now - max(self.progress.last_decision, self._opened)
            self.progress.longest_pause = max(self.progress.longest_pause, pause)
        if not self._outstanding.decided(decision):
            self.progress.decided_again += 1
            return
        self.progress.decided += 1
        self.progress.last_decision = now
        self._traffic.decided(decision)
        asked = self.asked.get(decision.request_id)
        if asked is not None and (conflict := self._traffic.conflict(asked)):
            self._later.put(conflict)

    def _forge(self, record: Record) -> None:
        def delivered(_: KafkaError | None, __: Message) -> None:
            self._unacknowledged -= 1

        forged = forge(Verdict.FromString(record.value), self._dice)
        self._produce(Topic.VERDICTS, record.key, forged.SerializeToString(), record.partition, delivered)

    def _report(self) -> None:
        self.progress.unsigned = self._outstanding.unsigned
        self.progress.complete = self._outstanding.settled and not (self._later.heap or self._unacknowledged)
