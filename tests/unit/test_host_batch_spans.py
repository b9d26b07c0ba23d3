"""What is told of an item's way through the queue: its wait, and the batch with its company."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from sluice.check import Result, Status
from sluice.deadline import Deadline
from sluice.host.batching import Batcher
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import KeptSpans, Span
from sluice.telemetry.trace_context import TraceContext, child, of_request
from tests.unit.build import OTHER_ID, REQUEST_ID
from tests.unit.checks import ObedientCheck, item

SOON = 60.0
MINE = child(of_request(REQUEST_ID), "process")
OTHERS = child(of_request(OTHER_ID), "process")


@pytest.fixture
async def check() -> ObedientCheck:
    return ObedientCheck()


@pytest.fixture
def spans() -> KeptSpans:
    return KeptSpans()


@pytest.fixture
async def batcher(check: ObedientCheck, spans: KeptSpans) -> AsyncIterator[Batcher]:
    found = Batcher(check, most=8, log=Log("test", stream=io.StringIO()), spans=spans)
    found.start()
    yield found
    check.gate.set()
    await found.close()


async def ask(
    batcher: Batcher, word: str, above: TraceContext | None, content_id: str = "c0", seconds: float = SOON
) -> Result:
    asked = replace(item(word), content_id=content_id)
    return await batcher.submit(asked, Deadline.after(seconds), above=above)


async def named(spans: KeptSpans, name: str, count: int) -> list[Span]:
    """So many spans of a name, as soon as they are told."""
    async with asyncio.timeout(60):
        while len(found := [span for span in spans.told if span.name == name]) < count:
            await asyncio.sleep(0.002)
    return found


async def test_an_item_waits_and_is_answered_in_a_batch(batcher: Batcher, spans: KeptSpans) -> None:
    await ask(batcher, "fine", MINE)
    (batch,) = await named(spans, "batch", 1)
    (wait,) = await named(spans, "wait", 1)
    assert {span.parent for span in (wait, batch)} == {MINE.span_id}
    assert {span.context.trace_id for span in (wait, batch)} == {MINE.trace_id}
    assert len({MINE.span_id, wait.context.span_id, batch.context.span_id}) == 3
    assert wait.start_ns <= wait.end_ns == batch.start_ns <= batch.end_ns
    assert wait.attributes == {"sluice.check": "obedient", "sluice.content_id": "c0"}
    assert batch.attributes == {"sluice.check": "obedient", "sluice.batch.size": 1, "sluice.models": "obedient"}
    assert (batch.links, batch.error, wait.error) == ((), "", "")


async def test_a_batch_of_several_is_linked_to_all_its_company(batcher: Batcher, spans: KeptSpans) -> None:
    third = child(of_request(OTHER_ID), "another hop")
    await asyncio.gather(
        ask(batcher, "fine", None),
        ask(batcher, "fine", MINE),
        ask(batcher, "fine", OTHERS),
        ask(batcher, "fine", third),
    )
    first, second, last = await named(spans, "batch", 3)
    assert [span.parent for span in (first, second, last)] == [MINE.span_id, OTHERS.span_id, third.span_id]
    assert first.links == (OTHERS, third)
    assert second.links == last.links == (first.context,)
    assert {span.attributes["sluice.batch.size"] for span in (first, second, last)} == {4}


async def test_contents_of_one_request_in_one_batch_are_one_span_of_it(batcher: Batcher, spans: KeptSpans) -> None:
    await asyncio.gather(*(ask(batcher, "fine", MINE, f"c{at}") for at in range(3)))
    await named(spans, "batch", 1)
    waits = await named(spans, "wait", 3)
    assert [wait.attributes["sluice.content_id"] for wait in waits] == ["c0", "c1", "c2"]
    assert len({span.context.span_id for span in spans.told}) == 4


async def test_what_nobody_traces_is_not_told(batcher: Batcher, spans: KeptSpans) -> None:
    await asyncio.gather(ask(batcher, "fine", None), ask(batcher, "well", None))
    await ask(batcher, "fine", MINE)
    await named(spans, "batch", 1)
    assert len(spans.told) == 2


async def test_what_leaves_the_queue_unseen_has_waited_and_no_batch(
    batcher: Batcher, check: ObedientCheck, spans: KeptSpans
) -> None:
    busy = asyncio.create_task(ask(batcher, "held", None))
    while not check.batches:
        await asyncio.sleep(0.001)
    assert (await ask(batcher, "late", MINE, seconds=0.05)).status is Status.TIMEOUT
    assert [(span.name, span.error) for span in spans.told] == [("wait", "TIMEOUT")]
    check.gate.set()
    await busy
    assert len(spans.told) == 1


async def test_what_is_answered_too_late_was_in_a_batch_that_timed_out(
    batcher: Batcher, check: ObedientCheck, spans: KeptSpans
) -> None:
    assert (await ask(batcher, "held", MINE, seconds=0.5)).status is Status.TIMEOUT
    check.gate.set()
    (batch,) = await named(spans, "batch", 1)
    assert batch.parent == MINE.span_id
    assert [span.error for span in spans.told if span.name == "wait"] == [""]


async def test_what_went_wrong_is_told_of_those_it_befell(batcher: Batcher, spans: KeptSpans) -> None:
    await asyncio.gather(ask(batcher, "terminal", MINE), ask(batcher, "fine", OTHERS))
    assert [span.error for span in await named(spans, "batch", 2)] == ["ERROR", ""]


async def test_an_id_that_a_stranger_gave_a_content_is_not_told(batcher: Batcher, spans: KeptSpans) -> None:
    await ask(batcher, "fine", MINE, "a prompt that must not be seen")
    await ask(batcher, "fine", MINE, "c1.2")
    await named(spans, "batch", 2)
    assert [span.attributes.get("sluice.content_id") for span in await named(spans, "wait", 2)] == [None, "c1.2"]
