"""Results and offsets in transactions: what finished records caused is seen with their offsets, or not at all.

A thread takes what has finished, a few milliseconds' worth at a time, and publishes it in one transaction, while the
next batch gathers. The transaction carries, for each partition that it has results of, the offset that the group goes
on from; by the membership sent with it the broker refuses it from a member that has lost its partitions. One that
fails is aborted, and what is still ours goes into the next, which a new producer makes (ADR 10).
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from sluice.bus.assignment import Assignment
from sluice.bus.clients import TRANSACTION_TIMEOUT_MS
from sluice.bus.problems import is_fatal, is_refusal, words
from sluice.bus.record import Outgoing, Record
from sluice.bus.refusals import Refusals
from sluice.telemetry.logging import Log

LINGER_SECONDS = 0.005
MOST_RECORDS = 500
"""Finished records in one transaction."""
STUCK_SECONDS = TRANSACTION_TIMEOUT_MS / 1000 + 5
"""After this long the broker has given the transaction up, whatever became of the call."""

_CALL_SECONDS = 1.0
_TRIES = 15
"""After so many calls of that length that had no answer, another producer asks."""
_LONGEST_PAUSE = 2.0
_NEVER = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD})
"""What is wrong with a record itself: no other try would help."""


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A record that was worked off, what it caused, and the assignment that it was read in."""

    record: Record
    outgoing: Sequence[Outgoing]
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What `Transactions` asks and tells, on its own thread."""

    current: Callable[[], Assignment | None]
    """The assignment now. What finished in another one is dropped: its new owner works it again."""
    settled: Callable[[Sequence[Finished]], None]
    """These were published, or dropped."""
    refused: Callable[[Finished, str], None]
    """The broker will never take a result of this one; why."""
    failed: Callable[[KafkaError], None]
    """The producer cannot go on, nor can this process."""


class _AbandonedError(Exception):
    """Another thread goes on with what this one had."""


class Transactions:
    """Publishes for one group member, on a thread of its own."""

    def __init__(
        self, make: Callable[[], Producer], callbacks: Callbacks, log: Log, first: Sequence[Finished] = ()
    ) -> None:
        """`make` makes transactional producers, all with the same id. `first`: what finished before."""
        self._make = make
        self._producer = make()
        self._tell = callbacks
        self._log = log
        self._changed = threading.Condition()
        self._queue = list(first)
        self._batch: list[Finished] = []
        self._sending_since: float | None = None
        self._abandoned = False
        self._flushing = False
        self._until: float | None = None
        self._pause = 0.0
        self._faulty: dict[int, tuple[Finished, str]] = {}
        self._thread = threading.Thread(target=self._run, name="transactions", daemon=True)
        self.ready = threading.Event()
        self.ended = threading.Event()
        self.over = False
        """It has ended in order: what could be published was, and no transaction is open."""
        self._trouble = ""
        self._refused = Refusals()

    def start(self) -> None:
        """Ends what a predecessor with the same id left open, and fences it off; `ready` is set once that is done."""
        self._thread.start()

    def add(self, finished: Finished) -> None:
        """Publishes it with one of the next transactions."""
        with self._changed:
            self._queue.append(finished)
            if len(self._queue) in {1, MOST_RECORDS}:
                self._changed.notify_all()

    def trouble(self) -> str:
        """Why results do not get into the log at the moment; empty where they do."""
        since = self._sending_since
        if since is not None and time.monotonic() - since > 5 * _CALL_SECONDS:
            return "results cannot be published: the group's coordinator does not answer"
        if not self._trouble and not self.ready.is_set():
            return "waiting for the transaction coordinator"
        return self._trouble

    def flush(self, seconds: float) -> bool:
        """Waits until everything added so far is settled, so long at most; whether it is."""
        with self._changed:
            self._flushing = True
            self._changed.notify_all()
            settled = self._changed.wait_for(self._idle, seconds)
            self._flushing = False
        return settled

    def close(self, seconds: float) -> None:
        """Publishes what has finished, within so many seconds and a call, and ends the thread."""
        with self._changed:
            self._until = time.monotonic() + seconds
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(seconds + 2 * _CALL_SECONDS)

    def abandon(self) -> list[Finished] | None:
        """What is not published, where a call has not returned for STUCK_SECONDS and no transaction can come of it.

        librdkafka's `send_offsets_to_transaction` does not keep its time limit: where the group's coordinator went
        away at the wrong moment it never returns (librdkafka issues 5456 and 5511). A new producer with the same id
        ends the transaction. None: it is not stuck.
        """
        with self._changed:
            if self._sending_since is None or time.monotonic() - self._sending_since < STUCK_SECONDS:
                return None
            self._abandoned = True
            return [*self._batch, *self._queue]

    def _idle(self) -> bool:
        return (not self._queue and not self._batch) or self.ended.is_set()

    def _run(self) -> None:
        try:
            if self._begin():
                while self._gather():
                    self._work()
                self.over = True
        except _AbandonedError:
            self._log.info("a call returned after all")
        except KafkaException as error:
            if self._late():
                self._log.warning("results not published before the end", error=error.args[0].name())
            else:
                self._tell.failed(error.args[0])
        finally:
            self.ended.set()
            with self._changed:
                self._changed.notify_all()

    def _begin(self) -> bool:
        begun = self._init(lambda: self._until is not None)
        if begun:
            self.ready.set()
        return begun

    def _init(self, over: Callable[[], bool]) -> bool:
        """Ends what another producer with this id left open, and fences it off; False: it was `over` before.

        A client may not see that its coordinator is back (ADR 11), so a new one asks now and then.
        """
        for tries in count(1):
            if over():
                break
            try:
                self._producer.init_transactions(_CALL_SECONDS)
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise
                self._wait_for(error.args[0])
                if tries % _TRIES == 0:
                    self._producer = self._make()
            else:
                self._trouble = ""
                return True
        return False

    def _gather(self) -> bool:
        """Takes the next batch; False at the end."""
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._queue or self._until is not None)
            if self._pause:
                self._changed.wait_for(lambda: self._until is not None, self._pause)
            self._changed.wait_for(
                lambda: len(self._queue) >= MOST_RECORDS or self._flushing or self._until is not None, LINGER_SECONDS
            )
            if self._until is not None and (not self._queue or self._late()):
                return False
            self._batch, self._queue = self._queue[:MOST_RECORDS], self._queue[MOST_RECORDS:]
            return True

    def _work(self) -> None:
        current = self._tell.current()
        gone = [one for one in self._batch if one.assignment is not current]
        if gone:
            self._log.info("results of lost partitions dropped", count=len(gone))
            self._batch = [one for one in self._batch if one.assignment is current]
            self._tell.settled(gone)
        if not self._batch or current is None:
            return
        self._faulty = {}
        self._refused = Refusals()
        try:
            self._publish(current)
        except KafkaException as error:
            self._abort(error.args[0])
            self._put_back()
        else:
            self._pause = 0.0
            self._trouble = ""
            current.done([one.record for one in self._batch])
            self._tell.settled(self._batch)
        self._batch = []

    def _publish(self, current: Assignment) -> None:
        offsets = current.after([one.record for one in self._batch])
        self._producer.begin_transaction()
        # Offsets first: the orchestrator's publisher says why.
        self._again(self._send_offsets, offsets, current.group)
        for one in self._batch:
            for outgoing in one.outgoing:
                self._produce(one, outgoing)
        self._again(self._producer.commit_transaction, _CALL_SECONDS)

    def _produce(self, cause: Finished, outgoing: Outgoing) -> None:
        while True:
            try:
                self._producer.produce(
                    outgoing.topic,
                    value=outgoing.value,
                    key=outgoing.key,
                    partition=outgoing.partition,
                    headers=list(outgoing.headers),
                    on_delivery=partial(self._delivered, cause),
                )
            except BufferError:
                # The local queue is full: the broker is slow. Its own time limit ends this.
                self._producer.poll(0.05)
            except KafkaException as error:
                self._delivered(cause, error.args[0], None)
                raise
            else:
                return

    def _delivered(self, cause: Finished, error: KafkaError | None, message: Message | None) -> None:
        if error is None:
            return
        if error.code() in _NEVER:
            self._faulty[id(cause)] = (cause, error.name())
        elif message is not None:
            # A topic that is not even described: the transaction's own error says nothing of it.
            self._refused.note(error, message.topic() or "")

    def _send_offsets(self, offsets: list[TopicPartition], group: object) -> None:
        with self._changed:
            self._sending_since = time.monotonic()
        try:
            self._producer.send_offsets_to_transaction(offsets, group, _CALL_SECONDS)
        finally:
            with self._changed:
                self._sending_since = None
                if self._abandoned:
                    raise _AbandonedError

    def _abort(self, error: KafkaError) -> None:
        if is_fatal(error) or self._late():
            raise KafkaException(error)
        self._log.warning("transaction aborted", error=error.name())
        self._renew(error)
        if self._faulty:
            # Without the records that it failed for, the next one goes through.
            return
        self._pause = min(max(0.05, self._pause * 2), _LONGEST_PAUSE)
        self._wait_for(error)

    def _renew(self, error: KafkaError) -> None:
        """Aborts with a producer of its own epoch.

        Whoever aborts with librdkafka and goes on uses sequence numbers again that records of the aborted transaction
        may have been appended with. The broker takes what comes then for those: it is acknowledged and not there.
        """
        # Tells what became of its records.
        self._producer.poll(0)
        self._producer = self._make()
        if not self._init(self._late):
            raise KafkaException(error)

    def _put_back(self) -> None:
        with self._changed:
            self._queue[:0] = [one for one in self._batch if id(one) not in self._faulty]
        for one, reason in self._faulty.values():
            self._tell.refused(one, reason)

    def _again(self, call: Callable[..., object], *arguments: object) -> None:
        """A transactional call, repeated as long as the client says that it may be: it goes on where it was."""
        while True:
            try:
                call(*arguments)
            except KafkaException as error:
                problem = error.args[0]
                if not problem.retriable() or problem.txn_requires_abort() or self._late():
                    raise
                self._wait_for(problem)
            else:
                return

    def _wait_for(self, problem: KafkaError) -> None:
        why = words(problem, self._topics()) if is_refusal(problem) else self._refused.text() or problem.name()
        trouble = f"results cannot be published: {why}"
        if trouble != self._trouble:
            # The client's own words name the broker and the cause, never content.
            self._log.warning("results wait", error=problem.name(), detail=problem.str())
        self._trouble = trouble

    def _topics(self) -> str:
        """Where the batch goes: the error of a transaction that is refused a topic does not say which."""
        return ", ".join(sorted({str(outgoing.topic) for one in self._batch for outgoing in one.outgoing}))

    def _late(self) -> bool:
        return self._until is not None and time.monotonic() > self._until
