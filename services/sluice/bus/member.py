"""A consumer group member on a thread of its own, handing records to an event loop that may be slower.

The thread polls, so that the broker never takes a busy worker for a dead one; the loop works. What is in hand is
bounded by count and by bytes: what is over the limit is paused, and stays in the log.
"""

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from sluice.bus.assignment import Assignment, Key
from sluice.bus.in_hand import InHand
from sluice.bus.lag import Lag, find_begin, marks_of, unread
from sluice.bus.leaving import leave
from sluice.bus.problems import is_end_of_partition, is_fatal, is_refusal, words
from sluice.bus.read_again import AGAIN_SECONDS, can_see, can_use_group, read_again
from sluice.bus.record import Outgoing, Record
from sluice.bus.refusals import Refusals
from sluice.bus.stalls import LOOK_SECONDS, Stalls, find_ends
from sluice.errors import FatalError
from sluice.telemetry.logging import Log

Deliver = Callable[[Record], None]
MOST_BYTES = 64 << 20
"""Of one topic in hand, where nothing else is said."""
NO_PARTITIONS = "waiting for partitions"
"""What a member says that has not joined its group."""

_BATCH = 100
_POLL_SECONDS = 0.05
_CLOSE_SECONDS = 10.0


class GroupMember(ABC):
    """Reads topics for a group; records come to `deliver` on the event loop, `done` gives each back."""

    look_seconds: ClassVar[float] = LOOK_SECONDS
    """How often it looks whether reading goes on."""
    again_seconds: ClassVar[float] = AGAIN_SECONDS
    """How often it looks whether what was refused still is."""

    def __init__(
        self,
        consumer: Consumer,
        topics: Sequence[str],
        deliver: Deliver,
        most: int,
        log: Log,
        most_bytes: int = MOST_BYTES,
        ends: Consumer | None = None,
    ) -> None:
        """`topics`: the most urgent first. `most`, `most_bytes`: records of one topic in hand, and bytes of them.
        `ends`: another client, for looking where the logs end; without it nobody looks whether reading goes on.
        """
        self._consumer = consumer
        self._looker = ends
        self._topics = list(topics)
        self._deliver = deliver
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._in_hand = InHand(self._topics, most, most_bytes)
        self._hands: dict[int, tuple[Record, Assignment]] = {}
        self._assignment: Assignment | None = None
        self._ahead: dict[Key, list[Record]] = {}
        self._paused: set[Key] = set()
        self._stalls = Stalls(self.look_seconds)
        self._ends: dict[Key, int] = {}
        self._lag = Lag()
        self._refused = Refusals()
        self._asked_again = 0.0
        self._given = 0
        self._leaving = False
        self._stopping = threading.Event()
        self._draining = threading.Event()
        self.failed: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="group-member", daemon=True)

    def start(self) -> None:
        """Joins the group."""
        self._thread.start()

    def trouble(self) -> str:
        """Why it cannot do its work now; empty where it can."""
        return self._refused.text() or ("" if self._assignment is not None else NO_PARTITIONS)

    def in_hand(self, topic: str) -> int:
        """Records of a topic that are read and not let go."""
        with self._lock:
            return self._in_hand.count(topic)

    def lag(self, topic: str) -> int:
        """Records of a topic behind the end, over the partitions that it holds; a second old at most."""
        return self._lag.of(topic)

    def holds(self, record: Record) -> bool:
        """Whether a record in hand is still this member's to work off."""
        with self._lock:
            held = self._hands.get(id(record))
        return held is not None and held[1] is self._assignment

    def done(self, record: Record, outgoing: Sequence[Outgoing] = ()) -> None:
        """The record has been worked off, or is not held any more. `outgoing`: what is left to publish for it."""
        with self._lock:
            held = self._hands.pop(id(record), None)
        if held is not None:
            self._finished(record, outgoing, held[1])

    def drain(self) -> None:
        """Takes nothing more; what is in hand can still be finished."""
        self._draining.set()

    async def close(self, seconds: float = _CLOSE_SECONDS, leave: bool = True) -> None:
        """Commits what was finished, within so many seconds, and ends.

        `leave`: hands its partitions to the others at once, if all of that was committed. Otherwise it is missed when
        its session is over, and finds them again if it is back before.
        """
        self._draining.set()
        self._leaving = leave
        await asyncio.to_thread(self._settle, seconds)
        self._stopping.set()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)

    @abstractmethod
    def _begin(self) -> bool:
        """Before the group is joined; False where it was told to stop meanwhile."""

    @abstractmethod
    def _assigned(self, partitions: list[TopicPartition]) -> Assignment:
        """Takes partitions over: calls `_assign`."""

    @abstractmethod
    def _turn(self) -> None:
        """Once in each turn of the thread."""

    @abstractmethod
    def _finished(self, record: Record, outgoing: Sequence[Outgoing], assignment: Assignment) -> None:
        """On the event loop: a record has been worked off."""

    @abstractmethod
    def _settle(self, seconds: float) -> None:
        """Commits what is finished, on another thread: this member's goes on polling. Nothing is finished later."""

    @abstractmethod
    def _end(self) -> bool:
        """Whether all that is finished is committed and nothing is under way: the group may be left."""

    @abstractmethod
    def _before_revocation(self) -> None:
        """The partitions are still ours, but not for long."""

    def _release(self, record: Record, outgoing: Iterable[Outgoing] = ()) -> None:
        """Gives back the room that a record took, with what it caused."""
        with self._lock:
            self._in_hand.give(record.topic, size_of(record) + sum(map(size_of, outgoing)))

    def _run(self) -> None:
        close = self._consumer.close
        try:
            if self._begin():
                self._consumer.subscribe(
                    self._topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
                )
                while not self._stopping.is_set():
                    self._steer()
                    self._read()
                    self._turn()
                    self._look()
                    self._look_again()
                if self._end() and self._leaving:
                    leave(self._consumer, self._topics, self._given, self._log)
        except KafkaException as error:
            self._fail(error.args[0])
        except FatalError as error:
            close = threading.Thread(target=close, name="closing", daemon=True).start
            self._loop.call_soon_threadsafe(_break, self.failed, str(error))
        finally:
            # A client that does not read on may never return from this.
            close()
            if self._looker is not None:
                self._looker.close()
            if not self._draining.is_set():
                self._loop.call_soon_threadsafe(_break, self.failed, "the reader ended")

    def _read(self) -> None:
        """What there is, one by one: whatever is over the limit must stay in the log."""
        seconds = _POLL_SECONDS
        for _ in range(_BATCH):
            message = self._consumer.poll(seconds)
            if message is None:
                return
            error = message.error()
            if error is not None:
                topic = message.topic() or ""
                if is_end_of_partition(error):
                    self._ends[topic, message.partition() or 0] = message.offset() or 0
                    self._refused.clear(topic)
                else:
                    self._on_error(error, topic)
            elif not self._take(Record.of(message)):
                return
            seconds = 0.0

    def _look(self) -> None:
        """FatalError where a partition is not read on."""
        now = time.monotonic()
        assignment = self._assignment
        if assignment is None:
            return
        if self._lag.due(now):
            self._lag.count(self._consumer, marks_of(assignment, self._ends))
        if self._looker is None or not self._stalls.due(now):
            return
        positions = {
            key: max(found.offset, self._ends.get(key, -1))
            for found in assignment.positions()
            if (key := (found.topic, found.partition)) not in self._paused
        }
        # Of what is paused nothing is fetched, so nothing else says where it ends.
        ends = find_ends(self._looker, [*positions, *self._paused])
        unknown = unread(marks_of(assignment, self._ends))
        self._lag.looked(ends, find_begin(self._consumer, self._looker, unknown))
        if stalled := self._stalls.see(now, positions, ends):
            topic, number = stalled[0]
            raise FatalError(f"{topic}[{number}] is not read on although it goes on")

    def _look_again(self) -> None:
        """While something is refused: a grant must show although nothing new is written."""
        assignment, now = self._assignment, time.monotonic()
        if not self._refused or assignment is None or now - self._asked_again < self.again_seconds:
            return
        self._asked_again = now
        keys = assignment.keys()
        for topic in self._refused.about():
            if held := [key for key in keys if key[0] == topic]:
                # What is paused or held back is read on later, and shows it then.
                read_again(self._consumer, (key for key in held if key not in self._paused), self._ends)
            elif not topic:
                if can_use_group(self._consumer, self._topics[0]):
                    self._refused.clear()
            elif self._looker is None or can_see(self._looker, topic):
                # Others hold all of its partitions: there is nothing of it to read here.
                self._refused.clear(topic)

    def _take(self, record: Record) -> bool:
        """Takes a record in hand; whether there is room for more of its kind."""
        assignment = self._assignment
        if assignment is None or self._draining.is_set():
            return False
        if self._refused:
            self._refused.clear(record.topic)
        key = record.topic, record.partition
        if key in self._ahead or not assignment.reachable(record):
            self._ahead.setdefault(key, []).append(record)
            return False
        if not assignment.start(record):
            return True
        with self._lock:
            self._in_hand.take(record.topic, size_of(record))
            self._hands[id(record)] = record, assignment
            full = self._in_hand.full(record.topic)
        self._loop.call_soon_threadsafe(self._deliver, record)
        return not full

    def _steer(self) -> None:
        """Pauses what is over its limit, and reads on what has room again."""
        assignment = self._assignment
        if assignment is None:
            return
        with self._lock:
            full = self._in_hand.paused()
        keys = assignment.keys()
        draining = self._draining.is_set()
        for key in [key for key in self._ahead if key[0] not in full]:
            self._catch_up(key)
        wanted = {key for key in keys if draining or key[0] in full or key in self._ahead}
        if pause := wanted - self._paused:
            self._consumer.pause([TopicPartition(*key) for key in pause])
        if resume := self._paused - wanted:
            self._consumer.resume([TopicPartition(*key) for key in resume])
        self._paused = wanted

    def _catch_up(self, key: Key) -> None:
        """Takes in hand what was read of a partition too far ahead of its mark, as soon as it is not any more."""
        assert self._assignment is not None
        waiting = self._ahead[key]
        if not self._assignment.reachable(waiting[0]):
            return
        del self._ahead[key]
        for record in waiting:
            self._take(record)

    def _assign(self, positions: list[TopicPartition]) -> None:
        self._restart()
        self._consumer.assign(positions)
        # The client remembers a pause beyond the assignment that it was for.
        self._consumer.resume(positions)

    def _restart(self) -> None:
        """What was read and is not in hand will be read again, and nothing is paused: positions are set anew."""
        self._ahead = {}
        self._paused = set()
        self._ends = {}

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._given = len(partitions)
        self._assignment = self._assigned(partitions)
        self._refused.clear()
        self._log.info("partitions assigned", count=len(partitions))

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if not self._stopping.is_set():
            self._before_revocation()
        self._given = 0
        self._assignment = None
        self._lag.forget()
        self._restart()
        consumer.unassign()
        self._log.info("partitions revoked", count=len(partitions))

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._given = 0
        self._assignment = None
        self._lag.forget()
        self._restart()
        consumer.unassign()
        self._log.warning("partitions lost", count=len(partitions))

    def _on_error(self, error: KafkaError, topic: str) -> None:
        if is_fatal(error):
            raise KafkaException(error)
        if self._refused.note(error, topic):
            self._log.error("the broker refuses", topic=topic, error=error.name(), detail=error.str())
        else:
            self._log.warning("broker trouble", error=error.name())

    def _fail(self, error: KafkaError) -> None:
        # The client's own words name the group and the cause, never content.
        self._log.error("consumer failed", error=error.name(), detail=error.str())
        mend = "if a restart does not mend it, another process has the same SLUICE_INSTANCE"
        reason = words(error) if is_refusal(error) else f"{error.str()}; {mend}"
        self._loop.call_soon_threadsafe(_break, self.failed, reason)


def size_of(one: Record | Outgoing) -> int:
    """Bytes of a record's key and value."""
    return len(one.key) + len(one.value)


def _break(future: "asyncio.Future[None]", reason: str) -> None:
    if not future.done():
        future.set_exception(FatalError(f"the consumer cannot go on: {reason}"))
