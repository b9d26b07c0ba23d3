"""What a partition's new owner must know before it reads on: the committed marks, and what is decided already.

In this order, and why:

1. The group's committed offsets, read_committed: the broker answers once no open transaction can change them.
2. Only then the end of the decisions log, through a read_uncommitted client: it includes what a predecessor's
   transaction may still be about to make visible.
3. The decisions from the marks' position up to that end, read_committed. Reaching the end waits for every open
   transaction below it; a dead predecessor's was ended by `init_transactions` before.
"""

from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from orchestrator.marks import TOPICS, from_offsets
from orchestrator.pending import Partition
from sluice.bus.problems import is_end_of_partition
from sluice.bus.topics import Topic
from sluice.policy.model import Policy
from sluice.telemetry.logging import Log
from sluice.v1.decision_pb2 import Decision

_CALL_SECONDS = 10.0


class Stopped(Exception):  # noqa: N818 - not an error: the service was told to stop while it waited
    """The service was told to stop."""


class Recovery:
    """Rebuilds partitions from the log."""

    def __init__(
        self,
        group: Consumer,
        decisions: Consumer,
        ends: Consumer,
        policy: Policy,
        remember: int,
        stopping: Callable[[], bool],
        log: Log,
    ) -> None:
        """`decisions` reads committed records, `ends` uncommitted ones; both belong to no group."""
        self._group = group
        self._decisions = decisions
        self._ends = ends
        self._policy = policy
        self._remember = remember
        self._stopping = stopping
        self._log = log

    def recover(self, numbers: Sequence[int]) -> Mapping[int, Partition]:
        """The partitions, ready to read on from their marks."""
        committed = self._committed(numbers)
        partitions: dict[int, Partition] = {}
        ends: dict[int, int] = {}
        starts: list[TopicPartition] = []
        for number in numbers:
            marks = from_offsets([found for found in committed if found.partition == number])
            low, high = self._watermarks(number)
            # What is read again must not be decided again, however much was decided since the marks.
            partition = Partition(self._policy, marks, self._remember + max(0, high - marks.decisions))
            partition.decisions_end = high
            partitions[number] = partition
            # A transaction's marker takes an offset too: at one decision each, every other one.
            start = max(low, min(marks.decisions, high - 2 * self._remember))
            if start < high:
                starts.append(TopicPartition(Topic.DECISIONS, number, start))
                ends[number] = high
        self._read_back(partitions, starts, ends)
        return partitions

    def _committed(self, numbers: Sequence[int]) -> list[TopicPartition]:
        wanted = [TopicPartition(topic, number) for number in numbers for topic in TOPICS]
        while not self._stopping():
            try:
                found = self._group.committed(wanted, _CALL_SECONDS)
            except KafkaException as error:
                self._log.warning("waiting for stable offsets", error=error.args[0].name())
                continue
            if not any(one.error for one in found):
                return found
        raise Stopped

    def _watermarks(self, number: int) -> tuple[int, int]:
        while not self._stopping():
            try:
                low, high = self._ends.get_watermark_offsets(TopicPartition(Topic.DECISIONS, number), _CALL_SECONDS)
            except KafkaException as error:
                self._log.warning("waiting for the end of the decisions", error=error.args[0].name())
            else:
                return int(low), int(high)
        raise Stopped

    def _read_back(
        self, partitions: Mapping[int, Partition], starts: list[TopicPartition], ends: dict[int, int]
    ) -> None:
        if not starts:
            return
        self._decisions.assign(starts)
        count = 0
        try:
            while ends:
                if self._stopping():
                    raise Stopped
                for message in self._decisions.consume(1000, 0.05):
                    error = message.error()
                    number = message.partition()
                    assert number is not None
                    if error is None:
                        decision = Decision.FromString(message.value() or b"")
                        partitions[number].remember(decision.request_id, decision.content_digest)
                        count += 1
                    elif is_end_of_partition(error):
                        if (message.offset() or 0) >= ends.get(number, 0):
                            ends.pop(number, None)
                    else:
                        self._log.warning("broker trouble", error=error.name())
        finally:
            self._decisions.unassign()
        self._log.info("decisions read back", count=count)
