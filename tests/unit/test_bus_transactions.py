"""Results in transactions: whatever the broker answers, each is published once, or is its next owner's to work."""

import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from sluice.bus import transactions
from sluice.bus.assignment import Assignment
from sluice.bus.offsets import OffsetTracker
from sluice.bus.record import Outgoing, Record
from sluice.bus.transactions import Callbacks, Finished, Transactions
from sluice.telemetry.logging import Log

IN, OUT = "in", "out"
SECONDS = 10.0

Delivered = Callable[[KafkaError | None, object], None]


def retriable() -> KafkaException:
    return KafkaException(KafkaError(KafkaError._TIMED_OUT, "later", False, True, False))


def abortable(code: int = KafkaError.UNKNOWN_MEMBER_ID) -> KafkaException:
    return KafkaException(KafkaError(code, "not so", False, False, True))


def fatal() -> KafkaException:
    return KafkaException(KafkaError(KafkaError._FENCED, "a newer one", True, False, False))


class MemoryBroker:
    """A transactional producer's twin, and what became of its transactions. `answers`: errors, per call in turn."""

    def __init__(self, **answers: Sequence[KafkaException | None]) -> None:
        self._answers = {name: list(found) for name, found in answers.items()}
        self._open: list[Outgoing] = []
        self._offsets: list[TopicPartition] = []
        self._broken: KafkaError | None = None
        self._is_open = False
        self.log: list[bytes] = []
        self.offsets: dict[int, int] = {}
        self.aborted = 0
        self.began = 0
        self.hangs = threading.Event()
        self.hangs.set()

    def init_transactions(self, seconds: float) -> None:
        self._answer("init")
        self.aborted += self._is_open
        self._is_open = False

    def poll(self, seconds: float) -> None:
        """Whatever there is to tell was told at once."""

    def begin_transaction(self) -> None:
        assert not self._is_open
        self._is_open = True
        self.began += 1
        self._open, self._offsets, self._broken = [], [], None

    def produce(self, topic: str, value: bytes, on_delivery: Delivered, **_: object) -> None:
        if value == b"too large":
            self._broken = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE, "too large", False, False, True)
            on_delivery(self._broken, None)
        self._open.append(Outgoing(topic, 0, b"", value))

    def send_offsets_to_transaction(self, offsets: list[TopicPartition], group: object, seconds: float) -> None:
        assert group == "member"
        self.hangs.wait()
        self._answer("send")
        self._offsets = offsets

    def commit_transaction(self, seconds: float) -> None:
        self._answer("commit")
        if self._broken is not None:
            raise KafkaException(self._broken)
        self._is_open = False
        self.log += [one.value for one in self._open]
        self.offsets |= {one.partition: one.offset for one in self._offsets}

    def _answer(self, call: str) -> None:
        waiting = self._answers.get(call)
        error = waiting.pop(0) if waiting else None
        if error is not None:
            raise error


class Member:
    """What stands around the transactions."""

    def __init__(self) -> None:
        self.assignment: Assignment | None = self.assign()
        self.settled: list[bytes] = []
        self.refused: list[tuple[bytes, str]] = []
        self.failed: list[str] = []
        self._running: list[Transactions] = []

    @staticmethod
    def assign() -> Assignment:
        found = Assignment("member")
        found.adopt(IN, 0, OffsetTracker())
        return found

    def transactions(
        self, broker: MemoryBroker, first: Sequence[Finished] = (), then: MemoryBroker | None = None
    ) -> Transactions:
        """On one broker's producers, or on those of `then` after the first."""
        producers = chain([broker], repeat(then or broker))
        callbacks = Callbacks(
            lambda: self.assignment,
            lambda found: self.settled.extend(one.record.value for one in found),
            lambda one, why: self.refused.append((one.record.value, why)),
            lambda error: self.failed.append(error.name()),
        )
        found = Transactions(
            lambda: cast("Producer", next(producers)), callbacks, Log("test", stream=io.StringIO()), first
        )
        self._running.append(found)
        found.start()
        return found

    def finished(self, offset: int, value: bytes | None = None) -> Finished:
        assert self.assignment is not None
        name = f"{offset}".encode()
        record = Record(IN, 0, offset, b"", name, 0)
        assert self.assignment.start(record)
        return Finished(record, [Outgoing(OUT, 0, b"", name if value is None else value)], self.assignment)

    def close(self) -> None:
        for one in self._running:
            one.close(0)


@pytest.fixture
def member() -> Iterator[Member]:
    found = Member()
    yield found
    found.close()


def values(count: int) -> list[bytes]:
    return [f"{offset}".encode() for offset in range(count)]


@pytest.mark.parametrize(
    "broker",
    [
        MemoryBroker(),
        MemoryBroker(init=[retriable(), retriable()]),
        MemoryBroker(send=[retriable()], commit=[retriable(), retriable()]),
        MemoryBroker(send=[abortable(), None, abortable()]),
        MemoryBroker(commit=[abortable(), abortable()], init=[None, retriable()]),
    ],
    ids=["good", "slow-start", "retriable", "offsets-refused", "commits-refused"],
)
def test_whatever_passes_every_result_is_published_once_with_its_offset(member: Member, broker: MemoryBroker) -> None:
    found = member.transactions(broker)
    for offset in range(20):
        found.add(member.finished(offset))
    assert found.flush(SECONDS)
    assert sorted(broker.log) == sorted(values(20))
    assert sorted(member.settled) == sorted(values(20))
    assert broker.offsets == {0: 20}
    assert found.trouble() == ""


def test_what_finishes_together_is_one_transaction(member: Member) -> None:
    broker = MemoryBroker()
    first = [member.finished(offset) for offset in range(transactions.MOST_RECORDS + 10)]
    found = member.transactions(broker, first)
    assert found.flush(SECONDS)
    assert (broker.began, len(broker.log)) == (2, len(first))


def test_results_of_a_lost_assignment_are_dropped(member: Member) -> None:
    broker = MemoryBroker()
    old = member.finished(0)
    member.assignment = member.assign()
    found = member.transactions(broker, [old, member.finished(1)])
    assert found.flush(SECONDS)
    assert broker.log == [b"1"]
    assert sorted(member.settled) == [b"0", b"1"]


def test_after_a_failed_transaction_another_producer_goes_on(member: Member) -> None:
    first, second = MemoryBroker(commit=[abortable()]), MemoryBroker(init=[retriable()])
    found = member.transactions(first, [member.finished(0)], second)
    assert found.flush(SECONDS)
    assert (first.log, first.began) == ([], 1)
    assert (second.log, second.began, second.offsets) == ([b"0"], 1, {0: 1})


def test_a_producer_that_never_finds_the_coordinator_is_replaced(member: Member) -> None:
    lost, other = MemoryBroker(init=[retriable()] * 1000), MemoryBroker()
    found = member.transactions(lost, [member.finished(0)], other)
    assert found.flush(SECONDS)
    assert (lost.log, other.log) == ([], [b"0"])


def test_results_of_partitions_lost_while_a_transaction_failed_are_dropped(member: Member) -> None:
    broker = MemoryBroker(send=[abortable()])
    first = [member.finished(0)]
    real = broker.init_transactions

    def lose(seconds: float) -> None:
        if broker.began:
            member.assignment = None
        real(seconds)

    broker.init_transactions = lose  # type: ignore[method-assign]
    assert member.transactions(broker, first).flush(SECONDS)
    assert (broker.log, member.settled) == ([], [b"0"])


def test_what_the_broker_will_never_take_goes_back_and_the_others_are_published(member: Member) -> None:
    broker = MemoryBroker()
    first = [member.finished(0), member.finished(1, b"too large"), member.finished(2)]
    found = member.transactions(broker, first)
    assert found.flush(SECONDS)
    assert broker.log == [b"0", b"2"]
    assert member.refused == [(b"1", "MSG_SIZE_TOO_LARGE")]
    assert broker.offsets == {0: 1}
    # It is a dead letter then, and its offset moves on.
    letter = Finished(first[1].record, [Outgoing("dead", 0, b"", b"letter")], first[1].assignment)
    found.add(letter)
    assert found.flush(SECONDS)
    assert (broker.log[-1], broker.offsets) == (b"letter", {0: 3})


@pytest.mark.parametrize(
    "broker",
    [
        MemoryBroker(init=[fatal()]),
        MemoryBroker(commit=[fatal()]),
        MemoryBroker(send=[abortable()], init=[None, fatal()]),
    ],
    ids=["at-once", "in-a-commit", "in-an-abort"],
)
def test_a_producer_that_cannot_go_on_says_so_and_publishes_nothing_more(
    member: Member, broker: MemoryBroker
) -> None:
    found = member.transactions(broker, [member.finished(0)])
    assert found.ended.wait(SECONDS)
    assert member.failed == ["_FENCED"]
    assert not found.over
    assert (broker.log, member.settled) == ([], [])


def test_what_has_finished_is_published_before_the_end_and_no_longer_tried_after_it(member: Member) -> None:
    broker = MemoryBroker()
    found = member.transactions(broker, [member.finished(0)])
    found.close(SECONDS)
    assert (broker.log, found.over) == ([b"0"], True)
    away = MemoryBroker(commit=[retriable()] * 10_000_000)
    found = member.transactions(away, [member.finished(1)])
    found.close(0.1)
    assert found.ended.is_set()
    assert (away.log, member.failed, found.over) == ([], [], False)


def test_a_call_that_does_not_return_is_given_up_and_nothing_is_published_twice(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "STUCK_SECONDS", 0.05)
    stuck, fresh = MemoryBroker(), MemoryBroker()
    stuck.hangs.clear()
    found = member.transactions(stuck, [member.finished(0)])
    left: Any = None
    until = time.monotonic() + SECONDS
    while left is None and time.monotonic() < until:
        left = found.abandon()
        time.sleep(0.01)
    successor = member.transactions(fresh, left)
    assert successor.flush(SECONDS)
    stuck.hangs.set()
    assert found.ended.wait(SECONDS)
    assert (stuck.log, fresh.log, member.settled) == ([], [b"0"], [b"0"])
    assert successor.abandon() is None
