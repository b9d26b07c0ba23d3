"""Every gRPC method behind its door: each error has a status, a bug is INTERNAL, and who hangs up is heard."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from sluice.errors import OverloadedError, RetryableError
from sluice.host.doors import settle
from sluice.host.refusal import DETAILS, PUSHBACKS, RefusalError
from sluice.telemetry.logging import Log
from tests.unit.grpc_door import serving

OURS = "sluice.v1.Test"
THEIRS = "other.Test"
SECRET = "a prompt that must not be seen"


class Rooms:
    """Methods of all four kinds that do what they are told, and note how they end."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    async def act(self, word: bytes) -> bytes:
        """One answer, or what the word says."""
        self.begun.set()
        try:
            if word == b"bug":
                raise ZeroDivisionError(SECRET)
            if word == b"full":
                raise OverloadedError("9 calls are in hand", 0.05)
            if word == b"away":
                raise RetryableError("not now")
            if word == b"refuse":
                raise RefusalError(grpc.StatusCode.ALREADY_EXISTS, "used before")
            if word == b"wait":
                await asyncio.sleep(60)
            return word
        finally:
            self.ended.set()

    async def unary_unary(self, word: bytes, context: Any) -> bytes:
        return await self.act(word)

    async def stream_unary(self, words: AsyncIterator[bytes], context: Any) -> bytes:
        return b" ".join([await self.act(word) async for word in words])

    async def unary_stream(self, word: bytes, context: Any) -> AsyncIterator[bytes]:
        for each in word.split():
            yield await self.act(each)

    async def stream_stream(self, words: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for word in words:
            yield await self.act(word)

    def add(self, server: grpc.aio.Server) -> None:
        """Adds them, once as a service of ours and once as somebody else's."""
        handlers: dict[str, Any] = {
            "UnaryUnary": grpc.unary_unary_rpc_method_handler(self.unary_unary),
            "StreamUnary": grpc.stream_unary_rpc_method_handler(self.stream_unary),
            "UnaryStream": grpc.unary_stream_rpc_method_handler(self.unary_stream),
            "StreamStream": grpc.stream_stream_rpc_method_handler(self.stream_stream),
        }
        for service in (OURS, THEIRS):
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))


async def call(channel: grpc.aio.Channel, method: str, words: str, service: str = OURS, **more: Any) -> bytes:
    """Calls a method with words; the answers, joined."""
    path = f"/{service}/{method}"
    asked: Any = iter(words.encode().split()) if method.startswith("Stream") else words.encode()
    makers: Any = {"StreamUnary": channel.stream_unary, "UnaryStream": channel.unary_stream}
    makers["StreamStream"] = channel.stream_stream
    found = makers.get(method, channel.unary_unary)(path)(asked, **more)
    if not method.endswith("Stream"):
        one: bytes = await found
        return one
    return b" ".join([answer async for answer in found])


KINDS = ("UnaryUnary", "StreamUnary", "UnaryStream", "StreamStream")


@pytest.mark.parametrize("kind", KINDS)
async def test_answers_pass(kind: str) -> None:
    rooms = Rooms()
    async with serving(rooms.add) as channel:
        assert await call(channel, kind, "fine" if kind == "UnaryUnary" else "fine well") in (b"fine", b"fine well")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("word", "code", "detail"),
    [
        ("away", grpc.StatusCode.UNAVAILABLE, "not now"),
        ("refuse", grpc.StatusCode.ALREADY_EXISTS, "used before"),
        ("full", grpc.StatusCode.RESOURCE_EXHAUSTED, "9 calls are in hand; try again"),
        ("bug", grpc.StatusCode.INTERNAL, "ZeroDivisionError at test_host_doors.py:"),
    ],
)
async def test_what_goes_wrong_has_its_status(kind: str, word: str, code: grpc.StatusCode, detail: str) -> None:
    async with serving(Rooms().add) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(channel, kind, word)
    assert caught.value.code() is code
    assert (caught.value.details() or "").startswith(detail)
    told = {name for name, _ in caught.value.trailing_metadata()}
    assert told == ({DETAILS, *PUSHBACKS} if word == "full" else set())


async def test_a_bug_is_logged_with_its_type_and_place_and_without_content() -> None:
    said = io.StringIO()
    async with serving(Rooms().add, said) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(channel, "UnaryUnary", "bug")
    (line,) = [json.loads(line) for line in said.getvalue().splitlines()]
    assert (line["level"], line["reason"], line["error"]) == (
        "error",
        "/sluice.v1.Test/UnaryUnary",
        "ZeroDivisionError",
    )
    assert SECRET not in said.getvalue() + (caught.value.details() or "")


async def test_answers_before_a_bug_have_gone_out() -> None:
    async with serving(Rooms().add) as channel:
        method: Any = channel.stream_stream(f"/{OURS}/StreamStream")
        answers = method(iter([b"fine", b"bug"]))
        assert await anext(aiter(answers)) == b"fine"
        with pytest.raises(grpc.aio.AioRpcError):
            await anext(aiter(answers))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_callers_deadline_ends_the_handler(kind: str) -> None:
    rooms = Rooms()
    async with serving(rooms.add) as channel, asyncio.timeout(60):
        # Connected first: that may take longer than the deadline, and then no handler would begin.
        await call(channel, kind, "fine")
        rooms.ended.clear()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(channel, kind, "wait", timeout=1)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await rooms.ended.wait()


@pytest.mark.parametrize("kind", KINDS)
async def test_who_hangs_up_ends_the_handler(kind: str) -> None:
    rooms = Rooms()
    async with serving(rooms.add) as channel, asyncio.timeout(20):
        calling = asyncio.create_task(call(channel, kind, "wait"))
        await rooms.begun.wait()
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        await rooms.ended.wait()


async def test_a_client_whose_retries_are_on_comes_back_when_it_was_told_to() -> None:
    words = [b"full", b"full", b"fine"]

    async def next_word(_: bytes, context: Any) -> bytes:
        return await Rooms().act(words.pop(0))

    def add(server: grpc.aio.Server) -> None:
        handlers: dict[str, Any] = {"Next": grpc.unary_unary_rpc_method_handler(next_word)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(OURS, handlers),))

    policy = {
        "maxAttempts": 4,
        # Longer than the test may take: only the server's word can make it sooner.
        "initialBackoff": "600s",
        "maxBackoff": "600s",
        "backoffMultiplier": 1,
        "retryableStatusCodes": ["RESOURCE_EXHAUSTED"],
    }
    config = json.dumps({"methodConfig": [{"name": [{"service": OURS}], "retryPolicy": policy}]})
    async with serving(add, options=[("grpc.service_config", config)]) as channel:
        assert await call(channel, "Next", "", timeout=60) == b"fine"


async def test_services_that_are_not_ours_pass_by() -> None:
    async with serving(Rooms().add) as channel:
        assert await call(channel, "UnaryUnary", "fine", THEIRS) == b"fine"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(channel, "UnaryUnary", "refuse", THEIRS)
    assert caught.value.code() is grpc.StatusCode.UNKNOWN


async def test_an_unknown_method_stays_unknown() -> None:
    async with serving(Rooms().add) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(channel, "Nothing", "")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_settling_gives_the_result_or_the_refusal() -> None:
    log = Log("test", stream=io.StringIO())
    rooms = Rooms()
    assert await settle(rooms.act(b"fine"), log, "here") == b"fine"
    refused = await settle(rooms.act(b"bug"), log, "here")
    assert isinstance(refused, RefusalError)
    assert refused.code is grpc.StatusCode.INTERNAL


def test_no_handler_ends_a_call_by_itself() -> None:
    """It raises instead: an abort inside a handler would be taken for a bug."""
    services = Path(__file__).parents[2] / "services"
    aborting = [path.name for path in services.rglob("*.py") if "context.abort(" in path.read_text()]
    ours = {name for name in aborting if not name.endswith("_pb2_grpc.py")}
    assert ours == {"doors.py", "guard.py", "health_door.py"}
