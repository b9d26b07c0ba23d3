"""The gRPC door of a check: `CLASS.METHOD` and `CLASS.METHODStream` of its service in the contract.

Every check's service has the same shape (a prepared content in, a result and its models out), so one handler
serves them all, found by the service's name in the contract's descriptors.
"""

import importlib
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import grpc
import grpc.aio
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from sluice.check import Check, Result, Status
from sluice.deadline import Deadline, now_ms
from sluice.errors import RetryableError, SluiceError
from sluice.host.batch_spans import worst_of
from sluice.host.batching import RETRY_SECONDS, Batcher
from sluice.host.call_spans import call_in_hand
from sluice.host.check_counts import CheckCounts
from sluice.host.convert import kind_of, model_messages, result_message
from sluice.host.doors import settle
from sluice.host.pictures import item_for
from sluice.host.refusal import RefusalError
from sluice.host.room import Room
from sluice.host.streams import as_ready
from sluice.objects import ObjectStore
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import Kind, NoSpans, Span, Spans
from sluice.telemetry.trace_context import TraceContext, child
from sluice.v1.contents_pb2 import PreparedContent
from sluice.v1.verdict_pb2 import ContentResult, Model

DEFAULT_SECONDS = 10.0
"""How long a call without a deadline may take, and an item of a stream without one."""

_CODES = {
    Status.UNPROCESSABLE: grpc.StatusCode.INVALID_ARGUMENT,
    Status.ERROR: grpc.StatusCode.INTERNAL,
    Status.TIMEOUT: grpc.StatusCode.DEADLINE_EXCEEDED,
}


def service_descriptor(service: str) -> ServiceDescriptor:
    """The contract's description of a check's service, by its short name ("TextClassifier")."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", service).lower()
    importlib.import_module(f"sluice.v1.{snake}_pb2")
    return descriptor_pool.Default().FindServiceByName(f"sluice.v1.{service}")


@dataclass(frozen=True, slots=True)
class Answered:
    """A result and the models behind it."""

    result: ContentResult
    models: list[Model]


class CheckRpc:
    """Both methods of a check's service. Answers are verdicts, never decisions."""

    def __init__(
        self,
        check: Check,
        batcher: Batcher,
        store: ObjectStore,
        most: int,
        log: Log,
        spans: Spans | None = None,
        counts: CheckCounts | None = None,
    ) -> None:
        """`most`: calls in hand at once, items of streams among them. `spans`: who is told what became of each;
        `counts`: where answers are counted."""
        self._check = check
        self._batcher = batcher
        self._store = store
        self._room = Room(most, retry_seconds=RETRY_SECONDS)
        self._log = log
        self._spans = spans or NoSpans()
        self._counts = counts

    async def answer(self, content: PreparedContent, deadline: Deadline) -> Answered:
        """The check's result. Raises RefusalError, OverloadedError, RetryableError."""
        with self._room.held():
            result = await self._ask(content, deadline, patient=False, above=self._call())
        self._count(result)
        if result.status in _CODES:
            raise RefusalError(_CODES[result.status], result.detail or result.status)
        return self._answered(content, result)

    async def answer_in_stream(self, content: PreparedContent, deadline: Deadline) -> Answered:
        """The same as an item of a stream: it waits for room, what went wrong is its status, the others go on."""

        call, begun = self._call(), time.time_ns()
        own = child(call, "item", secrets.token_hex(8)) if call else None

        async def in_turn() -> Result:
            async with self._room.held_in_turn(deadline):
                return await self._ask(content, deadline, patient=True, above=own)

        found = await settle(in_turn(), self._log, self._check.name)
        if isinstance(found, RefusalError):
            late = found.code is grpc.StatusCode.RESOURCE_EXHAUSTED
            status = Status.TIMEOUT if late or deadline.passed() else Status.ERROR
            found = Result(status, detail=found.detail)
        self._count(found)
        if call and own:
            told = {"sluice.check": self._check.name, "sluice.status": found.status.name}
            times = (begun, time.time_ns())
            self._spans.emit(Span("item", own, call.span_id, Kind.INTERNAL, *times, told, error=worst_of([found])))
        return self._answered(content, found)

    def _count(self, result: Result) -> None:
        if self._counts is not None:
            self._counts.answered(bulk=False, status=result.status)

    def _call(self) -> TraceContext | None:
        """The call in hand, where it is told."""
        call = call_in_hand()
        return call if call and call.sampled and self._spans.on else None

    def _answered(self, content: PreparedContent, result: Result) -> Answered:
        return Answered(result_message(content.id, result), model_messages(self._check.models(), [result]))

    async def _ask(
        self, content: PreparedContent, deadline: Deadline, patient: bool, above: TraceContext | None
    ) -> Result:
        if kind_of(content) not in self._check.kinds:
            kinds = ", ".join(sorted(self._check.kinds))
            detail = f"this check takes prepared content of kind {kinds}; get one from sluice.v1.Ingest/Prepare"
            return Result(Status.UNPROCESSABLE, detail=detail)
        try:
            item = await item_for(self._check, content, self._store)
        except RetryableError:
            raise
        except SluiceError as error:
            return Result(Status.ERROR, detail=str(error))
        return await self._batcher.submit(replace(item, at_ms=now_ms()), deadline, patient=patient, above=above)


def deadline_of(context: "grpc.aio.ServicerContext[Any, Any]") -> Deadline:
    """The caller's deadline."""
    remaining = context.time_remaining()
    return Deadline.after(DEFAULT_SECONDS if remaining is None else remaining)


def add_check_rpc(server: grpc.aio.Server, service: str, door: Callable[[], CheckRpc | None]) -> None:
    """Adds the service's two methods. `door()` is None until the check is open: UNAVAILABLE then."""
    descriptor = service_descriptor(service)
    handlers: dict[str, Any] = {}
    for method in descriptor.methods:
        handlers[method.name] = _handler(method, door)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(descriptor.full_name, handlers),))


def _handler(method: MethodDescriptor, door: Callable[[], CheckRpc | None]) -> Any:
    request_type = message_factory.GetMessageClass(method.input_type)
    response_type = message_factory.GetMessageClass(method.output_type)

    def ready() -> CheckRpc:
        found = door()
        if found is None:
            raise RetryableError("not ready")
        return found

    async def unary(request: Any, context: "grpc.aio.ServicerContext[Any, Any]") -> Any:
        rpc = ready()
        answered = await rpc.answer(request.content, deadline_of(context))
        return response_type(result=answered.result, models=answered.models)

    async def stream(
        requests: AsyncIterator[Any], context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> AsyncIterator[Any]:
        rpc = ready()

        async def one(request: Any) -> Any:
            answered = await rpc.answer_in_stream(request.content, deadline_of(context))
            return response_type(tag=request.tag, result=answered.result, models=answered.models)

        async with aclosing(as_ready(requests, one)) as answers:
            async for answer in answers:
                yield answer

    decode, encode = request_type.FromString, response_type.SerializeToString
    if method.client_streaming:
        return grpc.stream_stream_rpc_method_handler(stream, request_deserializer=decode, response_serializer=encode)
    return grpc.unary_unary_rpc_method_handler(unary, request_deserializer=decode, response_serializer=encode)
