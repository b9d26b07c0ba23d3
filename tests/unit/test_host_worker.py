"""The Kafka door: what becomes of a record whatever the handler does with it."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from sluice.bus.member import GroupMember
from sluice.bus.producer import AsyncProducer
from sluice.bus.record import Outgoing, Record
from sluice.errors import FatalError, PoisonError, RetryableError, TerminalError
from sluice.host.hops import Hops
from sluice.host.worker import Worker
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import headers_of, of_request, parse
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL, DEAD_LETTER_REASON_MALFORMED, DeadLetter
from sluice.v1.request_pb2 import ObjectReference
from tests.unit.build import REQUEST_ID

FAST, SLOW = "fast", "slow"


class MemoryReader:
    """A group reader's twin: hands over records that it is given and notes which come back."""

    def __init__(self, lost: Sequence[int] = ()) -> None:
        """`lost`: offsets whose partition has gone to another member."""
        self.finished: list[int] = []
        self.results: list[Outgoing] = []
        self.lost = set(lost)
        self.draining = False
        self.left: bool | None = None
        loop = asyncio.get_running_loop()
        self.failed: asyncio.Future[None] = loop.create_future()

    def start(self) -> None:
        return

    def holds(self, record: Record) -> bool:
        return record.offset not in self.lost

    def done(self, record: Record, outgoing: Sequence[Outgoing] = ()) -> None:
        self.finished.append(record.offset)
        self.results += outgoing

    def drain(self) -> None:
        self.draining = True

    async def close(self, seconds: float, leave: bool) -> None:
        self.left = leave


class MemoryProducer:
    """A producer's twin. `refusals`: how many sends fail before one works."""

    def __init__(self, refusals: int = 0, fatal: bool = False) -> None:
        self.sent: list[Outgoing] = []
        self.refusals = refusals
        self.fatal = fatal

    async def send(self, outgoing: Outgoing) -> int:
        if self.fatal:
            raise FatalError("the producer cannot go on")
        if outgoing.value == b"too large":
            raise TerminalError("the broker refused the record")
        if self.refusals:
            self.refusals -= 1
            raise RetryableError("not now")
        self.sent.append(outgoing)
        return len(self.sent)


class MemoryStore:
    """An object store's twin."""

    async def put(self, key: str, data: bytes, media_type: str) -> ObjectReference:
        return ObjectReference(uri=f"memory://{key}", size_bytes=len(data), media_type=media_type)


def record(offset: int, value: bytes = b"fine", topic: str = FAST) -> Record:
    return Record(topic, 0, offset, REQUEST_ID.encode(), value, 1000, (("traceparent", b"00-1-1-01"), ("x", b"y")))


class Handler:
    """Does what the record's value says."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.failures = 2

    async def __call__(self, found: Record) -> Sequence[Outgoing]:
        self.seen.append(found.value)
        if found.value == b"poison":
            raise PoisonError(DEAD_LETTER_REASON_MALFORMED, "not ours")
        if found.value == b"terminal":
            raise TerminalError("never")
        if found.value == b"bug":
            raise KeyError("a prompt that must not be seen")
        if found.value == b"flaky" and self.failures:
            self.failures -= 1
            raise RetryableError("not now")
        if found.value == b"nothing":
            return ()
        return (Outgoing("out", found.partition, found.key, found.value, found.trace()),)


async def work(
    records: Sequence[Record],
    producer: MemoryProducer | None = None,
    until: int | None = None,
    spans: KeptSpans | None = None,
    metrics: Metrics | None = None,
    log: Log | None = None,
) -> tuple[Handler, MemoryProducer, MemoryReader]:
    """Runs a worker of one task over the records until that many are done."""
    handler, found, reader = Handler(), producer or MemoryProducer(), MemoryReader()
    stop = asyncio.Event()
    hops = Hops("sluice-test", spans)
    written = log or Log("test", stream=io.StringIO())
    sender = cast("AsyncProducer", found)
    worker = Worker("test", (FAST, SLOW), handler, sender, MemoryStore(), written, 1, hops, metrics)
    for one in records:
        worker.deliver(one)
    running = asyncio.create_task(worker.run(cast("GroupMember", reader), stop, drain_seconds=5))
    async with asyncio.timeout(60):
        while len(reader.finished) < (len(records) if until is None else until) and not running.done():
            await asyncio.sleep(0.01)
    stop.set()
    await running
    return handler, found, reader


async def test_what_the_handler_gives_is_published_with_the_trace_and_nothing_else() -> None:
    _, producer, reader = await work([record(0)])
    assert producer.sent == [Outgoing("out", 0, REQUEST_ID.encode(), b"fine", (("traceparent", b"00-1-1-01"),))]
    assert reader.finished == [0]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"poison", DEAD_LETTER_REASON_MALFORMED),
        (b"terminal", DEAD_LETTER_REASON_INTERNAL),
        (b"bug", DEAD_LETTER_REASON_INTERNAL),
    ],
)
async def test_what_cannot_be_handled_is_one_dead_letter_and_the_next_goes_on(value: bytes, reason: int) -> None:
    _, producer, reader = await work([record(0, value), record(1)])
    letters = [DeadLetter.FromString(out.value) for out in producer.sent if out.topic == "moderation.dead-letters"]
    assert [letter.reason for letter in letters] == [reason]
    assert (letters[0].offset, letters[0].request_id, letters[0].size_bytes) == (0, REQUEST_ID, len(value))
    assert letters[0].value.uri.startswith("memory://dead-letters/")
    assert "prompt" not in letters[0].detail
    assert reader.finished == [0, 1]


async def test_what_may_work_later_is_tried_again() -> None:
    handler, producer, _ = await work([record(0, b"flaky")])
    assert handler.seen == [b"flaky"] * 3
    assert len(producer.sent) == 1


async def test_a_broker_that_refuses_is_tried_again_and_nothing_is_lost() -> None:
    _, producer, reader = await work([record(0)], MemoryProducer(refusals=2))
    assert len(producer.sent) == 1
    assert reader.finished == [0]


async def test_the_first_lane_goes_first() -> None:
    handler, _, _ = await work([record(0, b"bulk", SLOW), record(1, b"bulk", SLOW), record(0, b"person", FAST)])
    assert handler.seen[0] == b"person"


async def test_a_record_that_causes_nothing_is_done() -> None:
    _, producer, reader = await work([record(0, b"nothing")])
    assert (producer.sent, reader.finished) == ([], [0])


async def test_a_consumer_that_failed_ends_the_worker() -> None:
    reader = MemoryReader()
    producer: Any = MemoryProducer()
    log = Log("test", stream=io.StringIO())
    worker = Worker("test", (FAST,), Handler(), producer, MemoryStore(), log, concurrency=1)
    reader.failed.set_exception(RuntimeError("fenced"))
    with pytest.raises(RuntimeError, match="fenced"):
        await worker.run(cast("GroupMember", reader), asyncio.Event(), drain_seconds=1)
    assert (reader.draining, reader.left) == (True, False)


async def test_a_worker_that_is_told_to_stop_leaves_its_group() -> None:
    _, _, reader = await work([record(0)])
    assert reader.left is True


async def test_a_worker_that_breaks_while_it_stops_keeps_its_place() -> None:
    reader = MemoryReader()
    producer: Any = MemoryProducer()
    log = Log("test", stream=io.StringIO())
    worker = Worker("test", (FAST,), Handler(), producer, MemoryStore(), log, concurrency=1)
    stop = asyncio.Event()
    stop.set()
    reader.failed.set_exception(RuntimeError("fenced"))
    with pytest.raises(RuntimeError, match="fenced"):
        await worker.run(cast("GroupMember", reader), stop, drain_seconds=1)
    assert reader.left is False


async def test_a_record_that_the_broker_will_never_take_is_a_dead_letter() -> None:
    _, producer, reader = await work([record(0, b"too large"), record(1)])
    assert [out.topic for out in producer.sent] == ["moderation.dead-letters", "out"]
    assert reader.finished == [0, 1]


async def test_a_producer_that_cannot_go_on_ends_the_worker() -> None:
    with pytest.raises(FatalError, match="cannot go on"):
        await work([record(0)], MemoryProducer(fatal=True), until=99)


@pytest.mark.parametrize(
    ("value", "outcome", "error"),
    [
        (b"fine", "done", ""),
        (b"nothing", "nothing", ""),
        (b"poison", "dead_letter", "MALFORMED"),
        (b"terminal", "dead_letter", "INTERNAL"),
        (b"bug", "dead_letter", "KeyError"),
        (b"too large", "dead_letter", "INTERNAL"),
    ],
)
async def test_every_record_is_told_once_with_its_outcome(value: bytes, outcome: str, error: str) -> None:
    spans = KeptSpans()
    found = replace(record(0, value), headers=headers_of(of_request(REQUEST_ID)))
    _, producer, _ = await work([found], spans=spans)
    *sends, span = spans.told
    # Of what could not be read, the key says nothing.
    known = "" if error == "MALFORMED" else REQUEST_ID
    assert (span.attributes["sluice.outcome"], span.error, span.attributes.get("sluice.request_id", "")) == (
        outcome,
        error,
        known,
    )
    assert [(send.name, send.parent) for send in sends] == [
        (f"send {out.topic}", span.context.span_id) for out in producer.sent
    ]
    assert [parse(out.headers) for out in producer.sent] == [span.context] * len(producer.sent)


async def test_a_record_that_was_tried_again_is_told_once_with_its_attempts() -> None:
    spans = KeptSpans()
    found = replace(record(0, b"flaky"), headers=headers_of(of_request(REQUEST_ID)))
    await work([found], spans=spans)
    _, span = spans.told
    assert (span.attributes["sluice.attempts"], span.error) == (3, "")


async def test_a_record_that_was_not_sampled_is_told_only_as_a_dead_letter() -> None:
    spans = KeptSpans()
    headers = headers_of(of_request(REQUEST_ID, sampled=False))
    found = [replace(record(at, value), headers=headers) for at, value in enumerate((b"fine", b"poison", b"nothing"))]
    _, producer, _ = await work(found, spans=spans)
    assert [span.attributes.get("messaging.kafka.offset") for span in spans.told] == [None, 1]
    assert producer.sent[0].headers == headers


async def test_a_record_whose_partition_has_gone_is_not_told() -> None:
    spans = KeptSpans()
    reader = MemoryReader(lost=[0])
    hops, log = Hops("sluice-test", spans), Log("test", stream=io.StringIO())
    producer: Any = MemoryProducer()
    worker = Worker("test", (FAST,), Handler(), producer, MemoryStore(), log, 1, hops)
    worker.deliver(replace(record(0), headers=headers_of(of_request(REQUEST_ID))))
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(cast("GroupMember", reader), stop, drain_seconds=5))
    async with asyncio.timeout(60):
        while not reader.finished:
            await asyncio.sleep(0.01)
    stop.set()
    await running
    assert spans.told == []
