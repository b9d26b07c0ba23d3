"""The orchestrator's transactions: what failed is ended by another producer, and the first is not used again."""

import threading
from typing import cast

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from orchestrator.clock import BrokerClock
from orchestrator.publish import Publisher
from orchestrator.told import Told
from sluice.bus.record import Headers, Record
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import headers_of, of_request, parse
from tests.unit.build import REQUEST_ID

OFFSETS = [TopicPartition("moderation.contents", 0, 7)]


class Twin:
    """A producer without a broker. `errors`: what its calls answer, in turn."""

    def __init__(self, *errors: KafkaError) -> None:
        self.calls: list[str] = []
        self.produced: list[Headers] = []
        self._errors = list(errors)

    def init_transactions(self, _: float) -> None:
        self._answer("init")

    def begin_transaction(self) -> None:
        self.calls.append("begin")

    def produce(self, *_: object, headers: Headers = (), **__: object) -> None:
        self.produced.append(headers)

    def send_offsets_to_transaction(self, *_: object) -> None:
        self.calls.append("send")

    def commit_transaction(self, _: float) -> None:
        self._answer("commit")

    def _answer(self, call: str) -> None:
        self.calls.append(call)
        error = self._errors.pop(0) if self._errors else KafkaError(KafkaError.NO_ERROR)
        if error.code() != KafkaError.NO_ERROR:
            raise KafkaException(error)


def good() -> KafkaError:
    return KafkaError(KafkaError.NO_ERROR)


def later() -> KafkaError:
    return KafkaError(KafkaError._TIMED_OUT, "later", False, True, False)


def never() -> KafkaError:
    return KafkaError(KafkaError.UNKNOWN_MEMBER_ID, "gone", False, False, True)


def publisher(*twins: Twin, stopping: bool = False, spans: KeptSpans | None = None) -> Publisher:
    made = iter(twins)
    end = threading.Event()
    told = Told("sluice-orchestrator", spans)
    found = Publisher(lambda: cast("Producer", next(made)), BrokerClock(), end, told)
    found.init()
    if stopping:
        end.set()
    return found


def test_a_transaction_is_begun_and_committed_again_and_again_by_one_producer() -> None:
    twin = Twin(good(), later(), good())
    found = publisher(twin)
    for _ in range(2):
        found.commit(OFFSETS, "group")
    assert twin.calls == ["init", "begin", "send", "commit", "commit", "begin", "send", "commit"]


def test_what_failed_is_ended_by_another_producer() -> None:
    first, second = Twin(good(), never()), Twin(later())
    found = publisher(first, second)
    with pytest.raises(KafkaException):
        found.commit(OFFSETS, "group")
    found.abort()
    assert found.open_seconds() is None
    before = list(first.calls)
    found.commit(OFFSETS, "group")
    assert first.calls == before
    assert second.calls == ["init", "init", "begin", "send", "commit"]


def test_a_producer_that_never_finds_the_coordinator_is_replaced() -> None:
    lost, other = Twin(*[later()] * 1000), Twin()
    publisher(lost, other).commit(OFFSETS, "group")
    assert set(lost.calls) == {"init"}
    assert other.calls == ["init", "begin", "send", "commit"]


def test_a_commit_that_is_asked_for_for_too_long_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    class Slow(Twin):
        def commit_transaction(self, seconds: float) -> None:
            monkeypatch.setattr("orchestrator.publish.STUCK_SECONDS", -1.0)
            seen.append(found.hangs())
            super().commit_transaction(seconds)

    found = publisher(Slow())
    assert not found.hangs()
    found.commit(OFFSETS, "group")
    assert seen == [True]
    assert not found.hangs()


def test_where_nothing_is_open_nothing_is_ended() -> None:
    twin = Twin()
    publisher(twin).abort()
    assert twin.calls == ["init"]


def test_it_does_not_wait_for_a_broker_when_it_is_to_stop() -> None:
    found = publisher(Twin(good(), never()), Twin(later(), later()), stopping=True)
    with pytest.raises(KafkaException):
        found.commit(OFFSETS, "group")
    with pytest.raises(KafkaException):
        found.abort()


CAUSE = Record("moderation.contents", 0, 9, b"", b"no contents", 0, headers_of(of_request(REQUEST_ID, sampled=False)))


def test_what_is_published_is_told_once_it_is_committed() -> None:
    spans, twin = KeptSpans(), Twin()
    found = publisher(twin, spans=spans)
    found.unreadable(CAUSE, "not a message of the contract")
    assert spans.told == []
    found.commit(OFFSETS, "group")
    (span,) = spans.told
    assert (span.name, span.error) == ("process moderation.contents", "INTERNAL")
    assert [parse(headers) for headers in twin.produced] == [span.context]
    found.commit(OFFSETS, "group")
    assert len(spans.told) == 1


def test_what_was_aborted_is_not_told() -> None:
    spans = KeptSpans()
    found = publisher(Twin(good(), never()), Twin(), spans=spans)
    found.unreadable(CAUSE, "not a message of the contract")
    with pytest.raises(KafkaException):
        found.commit(OFFSETS, "group")
    found.abort()
    found.commit(OFFSETS, "group")
    assert spans.told == []
