"""The gRPC door of a check, over a real connection: who hangs up is never inferred, a flood is told to wait."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import grpc.aio
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from sluice.host.batching import Batcher
from sluice.host.check_rpc import CheckRpc, add_check_rpc
from sluice.host.refusal import DETAILS, PUSHBACKS
from sluice.objects import ObjectStore
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import headers_of, of_request
from sluice.v1.contents_pb2 import PreparedContent
from sluice.v1.text_classifier_pb2 import (
    TextClassifierClassifyRequest,
    TextClassifierClassifyResponse,
    TextClassifierClassifyStreamRequest,
)
from sluice.v1.text_classifier_pb2_grpc import TextClassifierStub
from sluice.v1.verdict_pb2 import STATUS_ERROR, STATUS_OK, STATUS_TIMEOUT
from tests.unit.build import REQUEST_ID, image, text
from tests.unit.checks import ObedientCheck
from tests.unit.grpc_door import serving

if TYPE_CHECKING:  # the types of the stubs know this name, the stubs do not
    from sluice.v1.text_classifier_pb2_grpc import TextClassifierAsyncStub

MOST = 4


@dataclass(frozen=True)
class Door:
    """A check behind its door."""

    check: ObedientCheck
    batcher: Batcher
    stub: "TextClassifierAsyncStub"

    async def ask(self, word: str, seconds: float | None = 10.0) -> TextClassifierClassifyResponse:
        """One call."""
        return await self.stub.Classify(TextClassifierClassifyRequest(content=content(word)), timeout=seconds)

    async def stream(self, *words: str, seconds: float | None = 10.0) -> dict[str, int]:
        """Tag -> status; the words are the tags."""

        def asked() -> Iterator[TextClassifierClassifyStreamRequest]:
            for word in words:
                yield TextClassifierClassifyStreamRequest(tag=word, content=content(word))

        answers = self.stub.ClassifyStream(asked(), timeout=seconds)
        return {answer.tag: answer.result.status async for answer in answers}

    async def busy(self) -> "asyncio.Task[TextClassifierClassifyResponse]":
        """Keeps the check at work until its gate opens."""
        task = asyncio.create_task(self.ask("held", None))
        await until(lambda: bool(self.check.batches))
        return task


def content(word: str) -> PreparedContent:
    found = text()
    found.text.folded = found.text.text = word
    return found


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.002)


@pytest.fixture
def spans() -> KeptSpans:
    return KeptSpans()


@pytest.fixture
async def door(tmp_path: Path, spans: KeptSpans) -> AsyncIterator[Door]:
    check, log = ObedientCheck(), Log("test", stream=io.StringIO())
    batcher = Batcher(check, MOST, log, spans)
    batcher.start()
    rpc = CheckRpc(check, batcher, ObjectStore.open((tmp_path / "objects").as_uri()), 2 * MOST, log, spans)
    async with serving(lambda server: add_check_rpc(server, "TextClassifier", lambda: rpc), spans=spans) as channel:
        yield Door(check, batcher, TextClassifierStub(channel))
        check.gate.set()
    await batcher.close()


async def test_who_hangs_up_frees_the_place_and_is_never_inferred(door: Door) -> None:
    busy = await door.busy()
    waiting = [asyncio.create_task(door.ask("gone")) for _ in range(MOST)]
    await until(lambda: door.batcher.waiting() == MOST)
    for task in waiting:
        task.cancel()
    await until(lambda: door.batcher.waiting() == 0)
    door.check.gate.set()
    assert (await busy).result.status == STATUS_OK
    assert (await door.ask("fine")).result.status == STATUS_OK
    assert door.check.seen() == ["held", "fine"]


async def test_whose_deadline_passes_frees_the_place_and_is_never_inferred(door: Door) -> None:
    busy = await door.busy()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await door.ask("late", 0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: door.batcher.waiting() == 0)
    door.check.gate.set()
    await busy
    assert door.check.seen() == ["held"]


async def test_a_stream_that_is_hung_up_takes_all_its_items_back(door: Door) -> None:
    busy = await door.busy()
    streaming = asyncio.create_task(door.stream(*(f"gone {number}" for number in range(50))))
    await until(lambda: door.batcher.waiting() == MOST)
    streaming.cancel()
    await until(lambda: door.batcher.waiting() == 0)
    before = len(asyncio.all_tasks())
    door.check.gate.set()
    await busy
    assert (await door.ask("fine")).result.status == STATUS_OK
    assert door.check.seen() == ["held", "fine"]
    assert len(asyncio.all_tasks()) <= before


async def test_a_stream_whose_deadline_passes_takes_all_its_items_back(door: Door) -> None:
    busy = await door.busy()
    words = [f"late {number}" for number in range(50)]
    (ended,) = await asyncio.gather(door.stream(*words, seconds=0.3), return_exceptions=True)
    # Whichever side is first to see that time is up says so.
    late = ended.code() if isinstance(ended, grpc.aio.AioRpcError) else ended
    assert late in (grpc.StatusCode.DEADLINE_EXCEEDED, dict.fromkeys(words, STATUS_TIMEOUT))
    await until(lambda: door.batcher.waiting() == 0)
    door.check.gate.set()
    await busy
    assert door.check.seen() == ["held"]


async def test_a_full_queue_is_exhausted_and_says_when_to_come_back(door: Door) -> None:
    busy = await door.busy()
    waiting = [asyncio.create_task(door.ask("fine")) for _ in range(MOST)]
    await until(lambda: door.batcher.waiting() == MOST)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await door.ask("one too many")
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    trailers = dict(caught.value.trailing_metadata())
    told = RetryInfo()
    details = trailers[DETAILS]
    assert isinstance(details, bytes)
    assert Status.FromString(details).details[0].Unpack(told)
    assert 100 <= told.retry_delay.ToMilliseconds() <= 200
    assert [trailers[name] for name in PUSHBACKS] == [str(told.retry_delay.ToMilliseconds())] * 2
    door.check.gate.set()
    await asyncio.gather(busy, *waiting)
    assert "one too many" not in door.check.seen()


async def test_a_stream_goes_on_through_a_full_queue_and_loses_nothing(door: Door) -> None:
    words = [f"word {number}" for number in range(200)]
    assert await door.stream(*words) == dict.fromkeys(words, STATUS_OK)


async def test_an_item_that_finds_no_room_in_time_is_a_timeout_and_never_an_answer(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = await door.busy()
    waiting = [asyncio.create_task(door.ask("fine")) for _ in range(MOST)]
    await until(lambda: door.batcher.waiting() == MOST)
    monkeypatch.setattr("sluice.host.check_rpc.DEFAULT_SECONDS", 0.1)
    assert await door.stream("late", "later", seconds=None) == {"late": STATUS_TIMEOUT, "later": STATUS_TIMEOUT}
    door.check.gate.set()
    await asyncio.gather(busy, *waiting)
    assert door.check.seen() == ["held"] + ["fine"] * MOST


async def test_a_bug_over_one_item_of_a_stream_leaves_the_others(door: Door) -> None:
    assert await door.stream("bug", "fine", "terminal", "well") == {
        "bug": STATUS_ERROR,
        "fine": STATUS_OK,
        "terminal": STATUS_ERROR,
        "well": STATUS_OK,
    }


async def test_a_call_without_a_deadline_gets_one(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.host.check_rpc.DEFAULT_SECONDS", 0.1)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await door.ask("held", None)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert await door.stream("held", seconds=None) == {"held": STATUS_TIMEOUT}


async def test_what_the_check_is_not_for_is_invalid(door: Door) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await door.stub.Classify(TextClassifierClassifyRequest(content=image()))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_check_that_is_not_open_is_unavailable() -> None:
    async with serving(lambda server: add_check_rpc(server, "TextClassifier", lambda: None)) as channel:
        stub = TextClassifierStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Classify(TextClassifierClassifyRequest(content=content("fine")))
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


TRACED = tuple((name, value.decode()) for name, value in headers_of(of_request(REQUEST_ID)))


async def test_a_call_is_told_with_its_wait_and_its_batch(door: Door, spans: KeptSpans) -> None:
    await door.stub.Classify(TextClassifierClassifyRequest(content=content("fine")), metadata=TRACED)
    await until(lambda: len(spans.told) == 3)
    parents = {span.name: span.parent for span in spans.told}
    (call,) = (span for span in spans.told if span.name == "sluice.v1.TextClassifier/Classify")
    assert call.parent == of_request(REQUEST_ID).span_id
    assert parents["wait"] == parents["batch"] == call.context.span_id


async def test_items_of_a_stream_are_told_one_by_one(door: Door, spans: KeptSpans) -> None:
    def asked() -> Iterator[TextClassifierClassifyStreamRequest]:
        for word in ("fine", "well", "terminal"):
            yield TextClassifierClassifyStreamRequest(tag=word, content=content(word))

    answers = door.stub.ClassifyStream(asked(), metadata=TRACED)
    assert len([answer async for answer in answers]) == 3
    await until(lambda: sum(span.name == "sluice.v1.TextClassifier/ClassifyStream" for span in spans.told) == 1)
    (call,) = (span for span in spans.told if span.name.endswith("Stream"))
    items = [span for span in spans.told if span.name == "item"]
    assert {item.parent for item in items} == {call.context.span_id}
    assert sorted((item.attributes["sluice.status"], item.error) for item in items) == [
        ("ERROR", "ERROR"),
        ("OK", ""),
        ("OK", ""),
    ]
    waits = [span for span in spans.told if span.name == "wait"]
    assert {wait.parent for wait in waits} == {item.context.span_id for item in items}
    assert len({span.context.span_id for span in spans.told}) == len(spans.told)


async def test_a_call_without_context_is_not_told(door: Door, spans: KeptSpans) -> None:
    await door.ask("fine")
    await door.stream("fine")
    assert spans.told == []
