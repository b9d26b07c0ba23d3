"""The gRPC road without a broker: one decision per id at the door, and every way of not getting one."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import grpc.aio
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from orchestrator.moderate import OrchestratorRpc, Road
from sluice.bus.log_book import NotKeptError
from sluice.bus.record import Headers, Outgoing
from sluice.contract.digests import request_digest
from sluice.deadline import Deadline
from sluice.errors import FatalError, RetryableError, TerminalError
from sluice.host.refusal import DETAILS
from sluice.host.room import Room
from sluice.ids import new_request_id
from sluice.policy.load import load
from sluice.refreshed import Current
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import TraceContext, headers_of, of_request, parse
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW, Action, Decision
from sluice.v1.orchestrator_pb2 import (
    ModerateRequest,
    ModerateResponse,
    ModerateStreamRequest,
    ModerateStreamResponse,
)
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub, add_OrchestratorServicer_to_server
from sluice.v1.request_pb2 import ROLE_PROMPT, STAGE_OUTPUT, STAGE_PROMPT, Content, Request, Stage
from tests.unit.grpc_door import serving

if TYPE_CHECKING:  # the types of the stubs know this name, the stubs do not
    from sluice.v1.orchestrator_pb2_grpc import OrchestratorAsyncStub

POLICY = Current(load(Path(__file__).parents[2] / "policies" / "default.yaml"))


class MemoryBook:
    """A log book's twin."""

    partitions = 4

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}
        self.lost: set[str] = set()
        self.waiting = 0
        self._moved = asyncio.Condition()

    async def put(self, request_id: str, value: bytes) -> None:
        async with self._moved:
            self.known[request_id] = value
            self._moved.notify_all()

    async def get(self, request_id: str, deadline: Deadline) -> bytes | None:
        if request_id in self.lost:
            raise NotKeptError("the log does not keep it any more")
        return self.known.get(request_id)

    async def wait(self, request_id: str, deadline: Deadline) -> bytes | None:
        self.waiting += 1
        try:
            async with asyncio.timeout(deadline.remaining()), self._moved:
                await self._moved.wait_for(lambda: request_id in self.known or request_id in self.lost)
            return await self.get(request_id, deadline)
        except TimeoutError:
            return None
        finally:
            self.waiting -= 1


class Stream:
    """What lies behind the door: a producer's twin, and the rest of the system, which decides each id once.

    `action`: of every decision; `silent`: nothing is decided until `decide` is called; `trouble`: of sending.
    """

    def __init__(self, action: "Action.ValueType" = ACTION_ALLOW) -> None:
        self.action = action
        self.silent = False
        self.trouble: Exception | None = None
        self.sent: list[Request] = []
        self.headers: list[Headers] = []
        self.decisions, self.signed = MemoryBook(), MemoryBook()

    async def send(self, outgoing: Outgoing) -> int:
        if self.trouble is not None:
            raise self.trouble
        request = Request.FromString(outgoing.value)
        self.sent.append(request)
        self.headers.append(outgoing.headers)
        if not self.silent:
            await self.decide(request)
        return len(self.sent)

    async def decide(self, request: Request) -> None:
        if request.id not in self.decisions.known:
            found = Decision(
                request_id=request.id, stage=request.stage, action=self.action, content_digest=request_digest(request)
            )
            await self.decisions.put(request.id, found.SerializeToString())


def ask(text: str = "a lighthouse", request_id: str = "", stage: "Stage.ValueType" = STAGE_PROMPT) -> Request:
    return Request(id=request_id or new_request_id(), stage=stage, contents=[Content(role=ROLE_PROMPT, text=text)])


class Door:
    """The orchestrator's door over a real connection."""

    def __init__(self, stub: "OrchestratorAsyncStub", behind: Stream, room: Room) -> None:
        self._stub = stub
        self.behind = behind
        self.room = room

    async def moderate(self, request: Request, seconds: float | None = 20.0, trace: Headers = ()) -> ModerateResponse:
        metadata = tuple((name, value.decode()) for name, value in trace)
        return await self._stub.Moderate(ModerateRequest(request=request), timeout=seconds, metadata=metadata)

    async def refused(self, request: Request, seconds: float | None = 20.0) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.moderate(request, seconds)
        return caught.value

    async def stream(
        self, *requests: Request, seconds: float = 20.0, trace: Headers = ()
    ) -> dict[str, ModerateStreamResponse]:
        def asked() -> Iterator[ModerateStreamRequest]:
            for request in requests:
                yield ModerateStreamRequest(request=request)

        metadata = tuple((name, value.decode()) for name, value in trace)
        answers = self._stub.ModerateStream(asked(), timeout=seconds, metadata=metadata)
        return {answer.request_id: answer async for answer in answers}


@asynccontextmanager
async def opened(
    behind: Stream, calls: int = 100, most_bytes: int = 1 << 20, spans: KeptSpans | None = None
) -> AsyncIterator[Door]:
    rpc, room = OrchestratorRpc(), Room(calls, most_bytes)
    log = Log("test", stream=io.StringIO())
    rpc.road = Road(POLICY, behind, behind.decisions, behind.signed, room, log)
    async with serving(lambda server: add_OrchestratorServicer_to_server(rpc, server), spans=spans) as channel:
        yield Door(OrchestratorStub(channel), behind, room)


async def until_waiting(behind: Stream, count: int) -> None:
    async with asyncio.timeout(20):
        while behind.decisions.waiting != count:
            await asyncio.sleep(0.002)


async def test_the_same_request_twice_at_once_gets_the_same_decision() -> None:
    behind = Stream()
    behind.silent = True
    request = ask()
    async with opened(behind) as door:
        both = [asyncio.create_task(door.moderate(request)) for _ in range(2)]
        await until_waiting(behind, 2)
        await behind.decide(request)
        first, second = await asyncio.gather(*both)
    assert first == second
    assert first.decision.request_id == request.id


async def test_a_retry_gets_what_was_decided_and_publishes_nothing() -> None:
    behind = Stream()
    request = ask()
    async with opened(behind) as door:
        first = await door.moderate(request)
        assert await door.moderate(request) == first
    assert len(behind.sent) == 1


async def test_other_content_under_an_id_that_is_pending_conflicts() -> None:
    behind = Stream()
    behind.silent = True
    request = ask()
    async with opened(behind) as door:
        first = asyncio.create_task(door.moderate(request))
        await until_waiting(behind, 1)
        second = asyncio.create_task(door.refused(ask("a harbour", request.id)))
        await until_waiting(behind, 2)
        await behind.decide(request)
        assert (await first).decision.content_digest == request_digest(request)
        assert (await second).code() is grpc.StatusCode.ALREADY_EXISTS


async def test_other_content_under_an_id_that_is_decided_conflicts() -> None:
    request = ask()
    async with opened(Stream()) as door:
        await door.moderate(request)
        assert (await door.refused(ask("a harbour", request.id))).code() is grpc.StatusCode.ALREADY_EXISTS


@pytest.mark.parametrize("action", [ACTION_REVIEW, ACTION_BLOCK])
async def test_what_is_not_allowed_never_gets_an_asset_even_where_there_is_one(action: "Action.ValueType") -> None:
    behind = Stream(action)
    request = ask(stage=STAGE_OUTPUT)
    await behind.signed.put(request.id, SignedAsset(request_id=request.id).SerializeToString())
    async with opened(behind) as door:
        answer = await door.moderate(request)
        streamed = (await door.stream(request))[request.id]
    assert answer.decision.action == action
    assert not answer.HasField("asset")
    assert not streamed.HasField("asset")


async def test_an_allowed_output_comes_with_its_asset() -> None:
    behind = Stream()
    request = ask(stage=STAGE_OUTPUT)
    await behind.signed.put(request.id, SignedAsset(request_id=request.id).SerializeToString())
    async with opened(behind) as door:
        assert (await door.moderate(request)).asset.request_id == request.id


async def test_an_asset_that_is_not_kept_any_more_is_none() -> None:
    behind = Stream()
    request = ask(stage=STAGE_OUTPUT)
    behind.signed.lost.add(request.id)
    async with opened(behind) as door:
        assert not (await door.moderate(request)).HasField("asset")


async def test_no_decision_in_time_is_not_allowed() -> None:
    behind = Stream()
    behind.silent = True
    async with opened(behind) as door:
        assert (await door.refused(ask(), 0.2)).code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await until_waiting(behind, 0)
        assert door.room.calls == 0


async def test_who_hangs_up_leaves_nothing_behind() -> None:
    behind = Stream()
    behind.silent = True
    async with opened(behind) as door:
        many = [ask() for _ in range(20)]
        calls = [asyncio.create_task(door.moderate(ask(), None)), asyncio.create_task(door.stream(*many))]
        await until_waiting(behind, 21)
        assert door.room.calls == 21
        for call in calls:
            call.cancel()
        await until_waiting(behind, 0)
        assert door.room.calls == 0


async def test_more_calls_than_may_wait_are_told_when_to_come_back() -> None:
    behind = Stream()
    behind.silent = True
    async with opened(behind, calls=2) as door:
        waiting = [asyncio.create_task(door.moderate(ask(), None)) for _ in range(2)]
        await until_waiting(behind, 2)
        error = await door.refused(ask())
        for task in waiting:
            task.cancel()
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    details = dict(error.trailing_metadata())[DETAILS]
    assert isinstance(details, bytes)
    assert Status.FromString(details).details[0].Unpack(RetryInfo())
    assert len(behind.sent) == 2


async def test_so_are_more_bytes() -> None:
    behind = Stream()
    behind.silent = True
    async with opened(behind, most_bytes=1000) as door:
        waiting = asyncio.create_task(door.moderate(ask("x" * 700), None))
        await until_waiting(behind, 1)
        assert (await door.refused(ask("y" * 700))).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        waiting.cancel()


async def test_items_of_a_stream_wait_for_room_and_all_are_decided() -> None:
    async with opened(Stream(), calls=3) as door:
        requests = [ask(f"painting {number}") for number in range(50)]
        answers = await door.stream(*requests)
    assert {request_id: answer.decision.action for request_id, answer in answers.items()} == {
        request.id: ACTION_ALLOW for request in requests
    }


async def test_an_item_that_finds_no_room_in_time_says_so_and_is_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.moderate.GRACE_SECONDS", 0.1)
    behind = Stream()
    behind.silent = True
    async with opened(behind, calls=1) as door:
        waiting = asyncio.create_task(door.moderate(ask(stage=STAGE_OUTPUT), None))
        await until_waiting(behind, 1)
        late = ask()
        late.deadline_ms = 1
        answer = (await door.stream(late))[late.id]
        waiting.cancel()
    assert not answer.HasField("decision")
    assert answer.code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    assert answer.retry_after_ms >= 1000
    assert len(behind.sent) == 1


async def test_one_bad_item_of_a_stream_leaves_the_others() -> None:
    class Moody(Stream):
        async def send(self, outgoing: Outgoing) -> int:
            text = Request.FromString(outgoing.value).contents[0].text
            if text == "bug":
                raise ZeroDivisionError("a prompt that must not be seen")
            if text == "away":
                raise RetryableError("the broker did not take the record")
            return await super().send(outgoing)

    words = {"fine": None, "bug": grpc.StatusCode.INTERNAL, "away": grpc.StatusCode.UNAVAILABLE, "well": None}
    requests = {word: ask(word) for word in words}
    async with opened(Moody()) as door:
        answers = await door.stream(*requests.values(), Request(id="no id"))
    for word, code in words.items():
        answer = answers[requests[word].id]
        assert answer.HasField("decision") == (code is None)
        assert answer.code == (code.value[0] if code else 0)
        assert "prompt" not in answer.error
    assert answers["no id"].code == grpc.StatusCode.INVALID_ARGUMENT.value[0]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (RetryableError("not now"), grpc.StatusCode.UNAVAILABLE),
        (FatalError("fenced"), grpc.StatusCode.UNAVAILABLE),
        (TerminalError("too large"), grpc.StatusCode.INVALID_ARGUMENT),
        (ZeroDivisionError("a prompt that must not be seen"), grpc.StatusCode.INTERNAL),
    ],
)
async def test_a_request_that_cannot_be_published_is_no_decision(trouble: Exception, code: grpc.StatusCode) -> None:
    behind = Stream()
    behind.trouble = trouble
    async with opened(behind) as door:
        error = await door.refused(ask())
    assert error.code() is code
    assert "prompt" not in (error.details() or "")


async def test_an_id_whose_decision_is_not_kept_any_more_is_not_asked_again() -> None:
    behind = Stream()
    request = ask()
    behind.decisions.lost.add(request.id)
    async with opened(behind) as door:
        error = await door.refused(request)
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert behind.sent == []


async def test_a_door_that_is_not_open_is_unavailable() -> None:
    async with serving(lambda server: add_OrchestratorServicer_to_server(OrchestratorRpc(), server)) as channel:
        door = Door(OrchestratorStub(channel), Stream(), Room(1))
        assert (await door.refused(ask())).code() is grpc.StatusCode.UNAVAILABLE


CALLER = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True, state="vendor=1")


async def test_a_request_carries_on_the_trace_of_its_call() -> None:
    behind, spans, request = Stream(), KeptSpans(), ask()
    async with opened(behind, spans=spans) as door:
        await door.moderate(request, trace=headers_of(CALLER))
        await door.moderate(other := ask())
    first, second = (parse(headers) for headers in behind.headers)
    assert [first, second] == [span.context for span in spans.told]
    assert spans.told[0].parent == CALLER.span_id
    assert (first and (first.trace_id, first.state)) == (CALLER.trace_id, CALLER.state)
    # A call without context is the root of its request's trace.
    assert (second and second.trace_id, spans.told[1].parent) == (of_request(other.id).trace_id, "")


async def test_requests_of_a_stream_have_traces_of_their_own() -> None:
    behind = Stream()
    async with opened(behind, spans=KeptSpans()) as door:
        await door.stream(ask(), ask(), trace=headers_of(CALLER))
    assert behind.headers == [(), ()]
