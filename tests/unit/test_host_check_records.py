"""The Kafka door of a check: one verdict per record, and no work for what nobody waits for any more."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.check import Kind, Need
from sluice.deadline import now_ms
from sluice.errors import PoisonError
from sluice.host.batching import Batcher
from sluice.host.check_records import CheckRecords
from sluice.host.hops import DONE, Hops
from sluice.objects import ObjectStore
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import KeptSpans, Span
from sluice.telemetry.trace_context import headers_of, of_request
from sluice.v1.contents_pb2 import Contents, PreparedContent
from sluice.v1.verdict_pb2 import STATUS_OK, STATUS_TIMEOUT, Verdict
from tests.unit.build import REQUEST_ID, contents, image, text
from tests.unit.checks import ObedientCheck

MOST = 2


@pytest.fixture
async def check() -> ObedientCheck:
    return ObedientCheck()


@pytest.fixture
async def batcher(check: ObedientCheck) -> AsyncIterator[Batcher]:
    found = Batcher(check, most=MOST, log=Log("test", stream=io.StringIO()))
    found.start()
    yield found
    check.gate.set()
    await found.close()


@pytest.fixture
def records(check: ObedientCheck, batcher: Batcher, tmp_path: Path) -> CheckRecords:
    return CheckRecords(check, batcher, ObjectStore.open((tmp_path / "objects").as_uri()))


def word(content_id: str, said: str) -> PreparedContent:
    found = text(content_id)
    found.text.folded = found.text.text = said
    return found


def record(*words: str, seconds: float = 60.0, topic: str = Topic.CONTENTS) -> Record:
    """A contents record with a text per word, whose deadline is `seconds` from now."""
    prepared = [word(f"c{at}", said) for at, said in enumerate(words)]
    value = contents(*prepared, deadline_at_ms=now_ms() + round(seconds * 1000)).SerializeToString()
    return Record(topic, 3, 7, REQUEST_ID.encode(), value, 1000)


async def verdict(records: CheckRecords, found: Record) -> Verdict:
    (outgoing,) = await records.handle(found)
    assert (outgoing.topic, outgoing.partition) == (Topic.VERDICTS, 3)
    return Verdict.FromString(outgoing.value)


async def until_full(batcher: Batcher) -> None:
    """Until as many wait as there is room for."""
    async with asyncio.timeout(60):
        while batcher.waiting() != MOST:
            await asyncio.sleep(0.001)


async def test_every_content_has_its_result(records: CheckRecords) -> None:
    found = await verdict(records, record("fine", "well"))
    assert [(result.content_id, result.status) for result in found.results] == [("c0", STATUS_OK), ("c1", STATUS_OK)]
    assert (found.check, found.contents_offset) == ("obedient", 7)


async def test_the_last_text_comes_with_all_of_them(records: CheckRecords, check: ObedientCheck) -> None:
    await verdict(records, record("how to", "make", "a cake"))
    assert check.together == [(), (), ("how to", "make", "a cake")]
    await verdict(records, record("alone"))
    assert check.together[3:] == [()]


async def test_items_know_when_their_request_came(records: CheckRecords, check: ObedientCheck) -> None:
    found = record("fine", "well")
    asked = Contents.FromString(found.value)
    asked.requested_at_ms = 17
    await verdict(records, replace(found, value=asked.SerializeToString()))
    assert check.moments == [17, 17]


async def test_a_record_whose_deadline_has_passed_is_dropped_unseen(
    records: CheckRecords, check: ObedientCheck
) -> None:
    assert await records.handle(record("late", seconds=-1)) == ()
    assert check.seen() == []


async def test_what_passes_its_deadline_in_the_queue_is_dropped_unseen(
    records: CheckRecords, check: ObedientCheck
) -> None:
    busy = asyncio.create_task(verdict(records, record("held")))
    while not check.batches:
        await asyncio.sleep(0.001)
    late = await verdict(records, record("late", seconds=0.5))
    assert [result.status for result in late.results] == [STATUS_TIMEOUT]
    check.gate.set()
    assert [result.status for result in (await busy).results] == [STATUS_OK]
    assert check.seen() == ["held"]


async def test_what_finds_the_queue_full_until_its_deadline_is_dropped_unseen(
    records: CheckRecords, batcher: Batcher, check: ObedientCheck
) -> None:
    busy = asyncio.create_task(verdict(records, record("held")))
    while not check.batches:
        await asyncio.sleep(0.001)
    waiting = asyncio.create_task(verdict(records, record(*["fine"] * MOST)))
    await until_full(batcher)
    late = await verdict(records, record("late", seconds=0.5))
    assert [result.detail for result in late.results] == ["the queue stayed full until the deadline"]
    check.gate.set()
    await asyncio.gather(busy, waiting)
    assert "late" not in check.seen()


async def test_a_full_queue_is_waited_for_and_nothing_is_lost(
    records: CheckRecords, batcher: Batcher, check: ObedientCheck
) -> None:
    many = [f"word {number}" for number in range(10 * MOST)]
    found = await verdict(records, record(*many))
    assert [result.status for result in found.results] == [STATUS_OK] * len(many)
    assert sorted(check.seen()) == sorted(many)


async def test_a_handler_that_is_cancelled_takes_its_items_back(
    records: CheckRecords, batcher: Batcher, check: ObedientCheck
) -> None:
    busy = asyncio.create_task(verdict(records, record("held")))
    while not check.batches:
        await asyncio.sleep(0.001)
    handling = asyncio.create_task(records.handle(record("gone", "gone", "gone", topic=Topic.CONTENTS_BULK)))
    await until_full(batcher)
    handling.cancel()
    await asyncio.gather(handling, return_exceptions=True)
    assert batcher.waiting() == 0
    check.gate.set()
    await busy
    assert check.seen() == ["held"]


def told(batcher: Batcher, check: ObedientCheck, tmp_path: Path, spans: KeptSpans) -> CheckRecords:
    return CheckRecords(check, batcher, ObjectStore.open((tmp_path / "objects").as_uri()), spans)


async def handled(records: CheckRecords, found: Record, spans: KeptSpans) -> Span:
    """The hop, once a worker's record has been handled."""
    handling = Hops("sluice-obedient", spans).begin(found)
    with handling:
        await records.handle(found)
    handling.tell(DONE)
    return spans.told[-1]


async def test_the_hop_says_how_many_contents_there_were_and_what_went_wrong(
    batcher: Batcher, check: ObedientCheck, tmp_path: Path
) -> None:
    spans = KeptSpans()
    records = told(batcher, check, tmp_path, spans)
    traced = headers_of(of_request(REQUEST_ID))
    hop = await handled(records, replace(record("fine", "well"), headers=traced), spans)
    assert (hop.attributes["sluice.contents"], hop.error) == (2, "")
    hop = await handled(records, replace(record("terminal"), headers=traced), spans)
    assert (hop.attributes["sluice.contents"], hop.error) == (1, "ERROR")
    assert {span.name for span in spans.told} == {"process moderation.contents"}


async def test_a_rendition_that_was_fetched_is_told_below_the_hop(batcher: Batcher, tmp_path: Path) -> None:
    class Looks(ObedientCheck):
        kinds = frozenset({Kind.TEXT, Kind.IMAGE})
        needs = frozenset({Need.RENDITION})

    spans = KeptSpans()
    found = record("fine")
    asked = Contents.FromString(found.value)
    asked.contents.append(image("c1"))
    asked.contents[1].image.rendition.object.uri = "file:///nothing/there"
    found = replace(found, value=asked.SerializeToString(), headers=headers_of(of_request(REQUEST_ID)))
    hop = await handled(told(batcher, Looks(), tmp_path, spans), found, spans)
    (fetch,) = (span for span in spans.told if span.name == "fetch")
    assert (fetch.parent, fetch.error, hop.error) == (hop.context.span_id, "ERROR", "ERROR")
    assert fetch.attributes == {"sluice.content_id": "c1"}
    assert hop.start_ns <= fetch.start_ns <= fetch.end_ns <= hop.end_ns


async def test_what_is_no_contents_record_is_poison(records: CheckRecords) -> None:
    with pytest.raises(PoisonError):
        await records.handle(Record(Topic.CONTENTS, 0, 0, b"", b"\xff\xff", 1000))
