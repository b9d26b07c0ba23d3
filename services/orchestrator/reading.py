"""Where the loop reads: of each partition number both lanes of contents and the verdicts; and whether it goes on."""

import time
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from orchestrator.clock import BrokerClock
from orchestrator.flow import OPEN, Flow
from orchestrator.marks import LANES
from orchestrator.pending import Partition
from sluice.bus.ends import log_ends
from sluice.bus.lag import Lag
from sluice.bus.problems import is_refusal, words
from sluice.bus.stalls import Key, Stalls, find_ends
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.errors import FatalError

_IDLE_SECONDS = 0.1
_END_SECONDS = 2.0


def positions(partitions: Mapping[int, Partition], flows: Mapping[int, Flow]) -> dict[Key, int]:
    """The next offset of everything that is to be read now."""
    found: dict[Key, int] = {}
    for number, partition in partitions.items():
        reads = flows[number]
        for topic, lane in LANES.items():
            if lane in reads.lanes:
                found[topic, number] = partition.next_contents(lane)
        if reads.verdicts:
            found[Topic.VERDICTS, number] = partition.next_verdict
    return found


def patience(partitions: Iterable[Partition], clock: BrokerClock) -> float:
    """Seconds to wait for a record: no longer than to the next deadline."""
    deadlines = [deadline for one in partitions if (deadline := one.next_deadline()) is not None]
    if not deadlines:
        return _IDLE_SECONDS
    return min(_IDLE_SECONDS, max(0.005, (min(deadlines) - clock.now(now_ms())) / 1000))


def check_readable(message: Message) -> None:
    """FatalError where the broker refuses the topic or the group: started again, a process looks anew."""
    error = message.error()
    if error is not None and is_refusal(error):
        raise FatalError(f"the decision loop cannot go on: {words(error, message.topic() or '')}")


def steer(consumer: Consumer, number: int, before: Flow, after: Flow) -> None:
    """Pauses what is read no more, and resumes what is read again."""
    reads = {topic: (lane in before.lanes, lane in after.lanes) for topic, lane in LANES.items()}
    reads[Topic.VERDICTS] = (before.verdicts, after.verdicts)
    for topic, (did, does) in reads.items():
        if did and not does:
            consumer.pause([TopicPartition(topic, number)])
        elif does and not did:
            consumer.resume([TopicPartition(topic, number)])


def verdicts_end(consumer: Consumer, number: int) -> int | None:
    """Where a partition's verdicts end now; None where the broker does not say."""
    try:
        return log_ends(consumer, Topic.VERDICTS, number, _END_SECONDS)[1]
    except KafkaException:
        return None


class ReadingOn:
    """Sees to it that everything that is to be read is."""

    def __init__(self, ends: Consumer, reader: Consumer) -> None:
        """`ends`: a client that nobody else uses; the one that reads, `reader`, may be what is broken."""
        self._looker = ends
        self._reader = reader
        self._lag = Lag()
        self._stalls = Stalls()
        self._ends: dict[Key, int] = {}

    def at_end(self, topic: str, number: int, offset: int) -> None:
        """The reader stands at the end of a log."""
        self._ends[topic, number] = offset

    def forget(self) -> None:
        """Other partitions are read from now on, or from other offsets."""
        self._ends.clear()
        self._lag.forget()

    def lag(self, topic: str) -> int:
        """Records of a topic that are not read yet, over the partitions in hand; a second old at most."""
        return self._lag.of(topic)

    def check(self, partitions: Mapping[int, Partition], flows: Mapping[int, Flow]) -> None:
        """Looks, where it is time to. FatalError where a partition is not read on."""
        now = time.monotonic()
        if self._lag.due(now):
            self._lag.count(self._reader, self._reached(partitions, dict.fromkeys(partitions, OPEN)))
        if not self._stalls.due(now):
            return
        # Of what is not read now nothing else says where it ends.
        ends = find_ends(self._looker, positions(partitions, dict.fromkeys(partitions, OPEN)))
        self._lag.looked(ends, {})
        if stalled := self._stalls.see(now, self._reached(partitions, flows), ends):
            topic, number = stalled[0]
            raise FatalError(f"{topic}[{number}] is not read on although it goes on; a restart recovers")

    def _reached(self, partitions: Mapping[int, Partition], flows: Mapping[int, Flow]) -> dict[Key, int]:
        return {key: max(at, self._ends.get(key, 0)) for key, at in positions(partitions, flows).items()}

    def close(self) -> None:
        """Looks no more."""
        self._looker.close()
