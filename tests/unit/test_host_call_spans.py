"""The span of a gRPC call, over a real connection: whose trace it is in, and how the call ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio
import pytest

from sluice.errors import RetryableError
from sluice.host.call_spans import call_in_hand
from sluice.host.refusal import RefusalError
from sluice.telemetry.spans import KeptSpans, Kind, Span
from sluice.telemetry.trace_context import TraceContext, of_request, sampled_by_ratio
from sluice.v1.c2pa_signer_pb2 import SignRequest
from sluice.v1.orchestrator_pb2 import ModerateRequest
from sluice.v1.request_pb2 import Request
from tests.unit.build import REQUEST_ID
from tests.unit.grpc_door import serving

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SERVICE = "sluice.v1.Test"


class Rooms:
    """Ends as the message's second half says, and notes the context that it should carry on."""

    def __init__(self) -> None:
        self.contexts: list[TraceContext | None] = []
        self.begun = asyncio.Event()

    async def one(self, asked: Any, context: Any) -> bytes:
        self.contexts.append(call_in_hand())
        self.begun.set()
        word = asked if isinstance(asked, bytes) else b""
        if word == b"bug":
            raise ZeroDivisionError("a prompt that must not be seen")
        if word == b"away":
            raise RetryableError("not now")
        if word == b"refuse":
            raise RefusalError(grpc.StatusCode.ALREADY_EXISTS, "used before")
        if word == b"wait":
            await asyncio.sleep(60)
        return b"done"

    async def many(self, asked: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for word in asked:
            yield await asyncio.create_task(self.one(word, context))

    def add(self, server: grpc.aio.Server) -> None:
        """Adds a method per kind of message."""
        handlers: dict[str, Any] = {
            "Bytes": grpc.unary_unary_rpc_method_handler(self.one),
            "Moderate": grpc.unary_unary_rpc_method_handler(self.one, ModerateRequest.FromString),
            "Sign": grpc.unary_unary_rpc_method_handler(self.one, SignRequest.FromString),
            "Stream": grpc.stream_stream_rpc_method_handler(self.many),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


async def call(
    method: str,
    asked: bytes,
    spans: KeptSpans | None,
    traceparent: str = "",
    sample: float = 1.0,
    seconds: float | None = None,
) -> Rooms:
    """One call, however it ends."""
    rooms = Rooms()
    metadata = (("traceparent", traceparent),) if traceparent else ()
    async with serving(rooms.add, spans=spans, sample=sample) as channel:
        path = f"/{SERVICE}/{method}"
        kinds: Any = channel
        if method == "Stream":
            answers = kinds.stream_stream(path)(iter([asked] * 2), metadata=metadata)
            assert [answer async for answer in answers] == [b"done"] * 2
        else:
            # The status of a call that failed is in its span.
            with suppress(grpc.aio.AioRpcError):
                await kinds.unary_unary(path)(asked, metadata=metadata, timeout=seconds)
    return rooms


def only(spans: KeptSpans) -> Span:
    (found,) = spans.told
    return found


@pytest.mark.parametrize("method", ["Bytes", "Stream"])
async def test_a_call_is_below_its_callers_span(method: str) -> None:
    spans = KeptSpans()
    rooms = await call(method, b"fine", spans, f"00-{TRACE}-{SPAN}-01")
    span = only(spans)
    assert (span.name, span.kind, span.parent) == (f"{SERVICE}/{method}", Kind.SERVER, SPAN)
    assert span.context.trace_id == TRACE
    assert set(rooms.contexts) == {span.context}
    assert span.attributes == {
        "rpc.system": "grpc",
        "rpc.service": SERVICE,
        "rpc.method": method,
        "rpc.grpc.status_code": 0,
    }
    assert span.start_ns <= span.end_ns


async def test_two_calls_are_two_spans() -> None:
    spans = KeptSpans()
    for _ in range(2):
        await call("Bytes", b"fine", spans, f"00-{TRACE}-{SPAN}-01")
    assert len({span.context.span_id for span in spans.told}) == 2


async def test_what_the_caller_does_not_sample_is_not_told_and_carried_on() -> None:
    spans = KeptSpans()
    rooms = await call("Bytes", b"fine", spans, f"00-{TRACE}-{SPAN}-00")
    assert rooms.contexts == [TraceContext(TRACE, SPAN, sampled=False)]
    assert spans.told == []


async def test_where_nobody_is_told_the_callers_context_is_carried_on() -> None:
    rooms = await call("Bytes", b"fine", None, f"00-{TRACE}-{SPAN}-01")
    assert rooms.contexts == [TraceContext(TRACE, SPAN, sampled=True)]
    assert (await call("Moderate", moderate(), None)).contexts == [None]


def moderate(request_id: str = REQUEST_ID) -> bytes:
    return ModerateRequest(request=Request(id=request_id)).SerializeToString()


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        ("Moderate", moderate()),
        ("Moderate", moderate(REQUEST_ID.upper())),
        ("Sign", SignRequest(request_id=REQUEST_ID).SerializeToString()),
    ],
)
async def test_a_call_without_context_is_the_root_of_its_requests_trace(method: str, asked: bytes) -> None:
    spans = KeptSpans()
    rooms = await call(method, asked, spans)
    span = only(spans)
    assert (span.context.trace_id, span.parent) == (of_request(REQUEST_ID).trace_id, "")
    assert span.attributes["sluice.request_id"] == REQUEST_ID
    assert rooms.contexts == [span.context]


async def test_a_part_of_requests_without_context_is_told() -> None:
    spans, root = KeptSpans(), of_request(REQUEST_ID, sampled=False)
    assert not sampled_by_ratio(root.trace_id, 0.01)
    rooms = await call("Moderate", moderate(), spans, sample=0.01)
    assert (rooms.contexts, spans.told) == ([root], [])


@pytest.mark.parametrize(
    ("method", "asked", "traceparent"),
    [
        ("Bytes", b"fine", ""),
        ("Bytes", b"fine", f"00-{TRACE}-{SPAN}-1"),
        ("Moderate", moderate("a prompt that must not be seen"), ""),
        ("Moderate", b"", ""),
        ("Stream", b"fine", ""),
    ],
)
async def test_a_call_that_names_no_trace_is_not_told(method: str, asked: bytes, traceparent: str) -> None:
    spans = KeptSpans()
    rooms = await call(method, asked, spans, traceparent)
    assert set(rooms.contexts) == {None}
    assert spans.told == []


@pytest.mark.parametrize(
    ("word", "code", "error"),
    [
        (b"fine", grpc.StatusCode.OK, ""),
        (b"refuse", grpc.StatusCode.ALREADY_EXISTS, ""),
        (b"away", grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE"),
        (b"bug", grpc.StatusCode.INTERNAL, "INTERNAL"),
    ],
)
async def test_a_span_says_how_its_call_ended(word: bytes, code: grpc.StatusCode, error: str) -> None:
    spans = KeptSpans()
    await call("Bytes", word, spans, f"00-{TRACE}-{SPAN}-01")
    span = only(spans)
    assert (span.attributes["rpc.grpc.status_code"], span.error) == (code.value[0], error)
    assert "prompt" not in repr(span)


async def test_who_hangs_up_cancelled_the_call() -> None:
    spans = KeptSpans()
    await call("Bytes", b"wait", spans, f"00-{TRACE}-{SPAN}-01", seconds=2)
    assert (only(spans).attributes["rpc.grpc.status_code"], only(spans).error) == (1, "")
    assert call_in_hand() is None
