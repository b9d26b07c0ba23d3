"""What a partition's new owner must know before it reads on: the committed marks, and what is decided already.

In this order, and why:

1. The group's committed offsets, read_committed: the broker answers once no open transaction can change them.
2. Only then the end of the decisions log, through a read_uncommitted client: it includes what a predecessor's
   transaction may still be about to make visible.
3. The decisions from the marks' position up to that end, read_committed. Reaching the end waits for every open
   transaction below it; a dead predecessor's was ended by `init_transactions` before.

It runs beside the loop, on a thread and with clients of its own: a partition that must wait (for an open transaction,
for a broker) does not hold up the others, and the group's member goes on polling meanwhile.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from google.protobuf.message import DecodeError

from orchestrator.beats import Beats
from orchestrator.marks import TOPICS, from_offsets, read_back_from
from orchestrator.pending import Marks, Partition
from orchestrator.recovery_clients import STUCK_SECONDS, Renewed
from sluice.bus.ends import log_ends
from sluice.bus.problems import is_end_of_partition
from sluice.bus.record import Record
from sluice.bus.refusals import Refusals
from sluice.bus.topics import Topic
from sluice.errors import FatalError
from sluice.policy.model import Policy
from sluice.refreshed import Current
from sluice.telemetry.logging import Log
from sluice.v1.decision_pb2 import Decision

_ALL_SECONDS = 5.0
_ONE_SECONDS = 1.0
_PAUSE_SECONDS = 0.1
_IDLE_SECONDS = 5.0


@dataclass(slots=True)
class _Job:
    """A partition on its way."""

    number: int
    begun: float
    marks: Marks | None = None
    partition: Partition | None = None
    position: int = 0
    end: int = 0
    told: bool = False
    furthest: int = -1
    """The furthest position that was ever reached, also by earlier clients; -1: not even the marks are known."""

    def again(self) -> None:
        """From the beginning."""
        self.marks = self.partition = None
        self.position = self.end = 0


@dataclass(slots=True)
class _Wish:
    """What the loop asked for last."""

    generation: int = 0
    numbers: Sequence[int] = ()
    taken: bool = True


class Recovery:
    """Rebuilds partitions from the log, each as soon as it can be."""

    def __init__(
        self,
        clients: Renewed,
        policy: Current[Policy],
        remember: int,
        log: Log,
    ) -> None:
        """`clients`: closed by `close`. `remember`: decisions of each partition that are known at least."""
        self._renewed = clients
        self._jobs: dict[int, _Job] = {}
        self.beats = Beats()
        self._policy = policy
        self._remember = remember
        self._log = log
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._wish = _Wish()
        self._ready: list[Partition] = []
        self._numbers: list[int] = []
        self._late: frozenset[int] = frozenset()
        self._ended = False
        self._refused = Refusals()
        self._thread = threading.Thread(target=self._run, name="recovery", daemon=True)

    def start(self) -> None:
        """Begins to work on wishes."""
        self._thread.start()

    def want(self, numbers: Sequence[int]) -> None:
        """From now on these partitions are wanted, from the log as it is now, and no others."""
        with self._lock:
            self._wish = _Wish(self._wish.generation + 1, tuple(numbers), taken=False)
            self._ready, self._numbers = [], []
            self._late = frozenset()
        self._changed.set()

    def take(self) -> Sequence[tuple[int, Partition]]:
        """Wanted partitions that are ready to read on from their marks, each once. FatalError: it works no more."""
        if not self._ready:
            if self._ended:
                raise FatalError(f"recovery ended; {self._refused.text()}" if self._refused else "recovery ended")
            return ()
        with self._lock:
            found = list(zip(self._numbers, self._ready, strict=True))
            self._ready, self._numbers = [], []
        return found

    def late(self) -> frozenset[int]:
        """Wanted partitions that take longer than anything which ends by itself."""
        return self._late

    def close(self) -> None:
        """Stops, and closes the clients."""
        self._stopping.set()
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join()
        self._renewed.now.close()

    def _run(self) -> None:
        try:
            self._serve()
        finally:
            self._ended = True

    def _serve(self) -> None:
        jobs = self._jobs
        generation = 0
        while not self._stopping.is_set():
            self.beats.beat()
            with self._lock:
                wish, self._wish.taken = self._wish, True
            if wish.generation != generation:
                generation = wish.generation
                now = time.monotonic()
                jobs.clear()
                jobs.update({number: _Job(number, now) for number in wish.numbers})
                self._renewed.now.decisions.unassign()
            if not jobs:
                self._changed.wait(_IDLE_SECONDS)
                self._changed.clear()
                continue
            self._find_marks()
            self._read_back()
            self._hand_over(generation)
            self._tell()
            self._renew(generation)

    def _find_marks(self) -> None:
        """Steps 1 and 2, for every partition that has not been through them."""
        waiting = [job for job in self._jobs.values() if job.partition is None]
        if not waiting:
            return
        before = len(waiting)
        if before == len(self._jobs):
            self._ask_marks(waiting, _ALL_SECONDS)
        # One that cannot be had makes the whole answer wait; so each is asked for by itself.
        for job in waiting:
            if job.marks is None and not self._interrupted():
                self._ask_marks([job], _ONE_SECONDS)
        begun = [self._begin(job, job.marks) for job in waiting if job.marks is not None]
        if any(begun):
            self._assign()
        if not all(begun) or len(begun) < len(waiting):
            self._stopping.wait(_PAUSE_SECONDS)

    def _assign(self) -> None:
        """Reads the decisions of the partitions that are still behind, and of no others."""
        behind = [job for job in self._jobs.values() if job.partition is not None and job.position < job.end]
        self._renewed.now.decisions.assign(
            [TopicPartition(Topic.DECISIONS, job.number, job.position) for job in behind]
        )

    def _ask_marks(self, jobs: Sequence[_Job], seconds: float) -> None:
        self.beats.beat()
        wanted = [TopicPartition(topic, job.number) for job in jobs for topic in TOPICS]
        try:
            found = self._renewed.now.group.committed(wanted, seconds)
        except KafkaException as error:
            self._check(error.args[0])
            self._log.debug("waiting for stable offsets", error=error.args[0].name())
            return
        for job in jobs:
            mine = [one for one in found if one.partition == job.number]
            if not any(one.error for one in mine):
                job.marks = from_offsets(mine)

    def _begin(self, job: _Job, marks: Marks) -> bool:
        """Whether the end of the decisions is known, and reading back can begin."""
        self.beats.beat()
        try:
            low, high = log_ends(self._renewed.now.ends, Topic.DECISIONS, job.number, _ALL_SECONDS)
        except KafkaException as error:
            self._check(error.args[0], Topic.DECISIONS)
            self._log.debug("waiting for the end of the decisions", error=error.args[0].name())
            return False
        # What is read again must not be decided again, however much was decided since the marks.
        partition = Partition(self._policy.value, marks, self._remember + max(0, high - marks.decisions))
        partition.decisions_end = high
        job.partition = partition
        job.position = read_back_from(marks, low, high, self._remember)
        job.end = high
        return True

    def _read_back(self) -> None:
        """A part of step 3."""
        jobs = self._jobs
        if not any(job.partition is not None and job.position < job.end for job in jobs.values()):
            return
        for message in self._renewed.now.decisions.consume(1000, 0.05):
            job = jobs.get(message.partition() or 0)
            error = message.error()
            if job is None or job.partition is None:
                continue
            if error is None:
                _recall(job.partition, message)
                job.position = (message.offset() or 0) + 1
            elif is_end_of_partition(error):
                job.position = max(job.position, message.offset() or 0)
            else:
                self._check(error, Topic.DECISIONS)
                self._log.warning("broker trouble", error=error.name())

    def _check(self, error: KafkaError, topic: str = "") -> None:
        """A refusal ends the recovery, and whoever waits for it."""
        if self._refused.note(error, topic):
            self._log.error("the broker refuses", topic=topic, error=error.name(), detail=error.str())
            self._stopping.set()

    def _hand_over(self, generation: int) -> None:
        jobs = self._jobs
        done = [job for job in jobs.values() if job.partition is not None and job.position >= job.end]
        if not done:
            return
        for job in done:
            del jobs[job.number]
            with self._lock:
                if self._wish.generation == generation and job.partition is not None:
                    self._ready.append(job.partition)
                    self._numbers.append(job.number)
            if job.told:
                self._log.warning(
                    "recovered at last", partition=job.number, seconds=round(time.monotonic() - job.begun)
                )
        self._assign()

    def _tell(self) -> None:
        now = time.monotonic()
        late = [job for job in self._jobs.values() if now - job.begun > STUCK_SECONDS]
        self._late = frozenset(job.number for job in late)
        for job in late:
            if not job.told:
                job.told = True
                self._log.error(
                    "hanging transaction suspected",
                    partition=job.number,
                    seconds=round(now - job.begun),
                    detail="recovery waits for committed offsets or decisions; run: sluice repair --check",
                )

    def _renew(self, generation: int) -> None:
        """Begins anew, with other clients, where these get nowhere; what was an end may no longer be one."""
        now = time.monotonic()
        for job in self._jobs.values():
            job.furthest = max(job.furthest, -1 if job.marks is None else job.position)
        steps = frozenset((job.number, job.furthest) for job in self._jobs.values())
        if self._jobs and self._renewed.stands(now, (generation, steps)):
            self._log.warning("recovery stands still: it begins anew, with new clients", count=len(self._jobs))
            self._renewed.renew(now)
            for job in self._jobs.values():
                job.again()

    def _interrupted(self) -> bool:
        return self._stopping.is_set() or not self._wish.taken


def _recall(partition: Partition, message: Message) -> None:
    try:
        decision = Decision.FromString(message.value() or b"")
    except DecodeError:
        # Whatever it says, its id is decided: whoever uses it again gets a conflict, not a second decision.
        partition.remember(Record.of(message).key.decode(errors="replace"), b"")
    else:
        partition.recall(decision)
