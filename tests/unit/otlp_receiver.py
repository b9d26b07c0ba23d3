"""A receiver of OTLP spans and metrics on a port of its own, for tests of what is sent."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Condition
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Received


class Numbers(MetricsServiceServicer):
    """The metrics that came. `refusing`: the status code that it answers with instead, None for none."""

    def __init__(self) -> None:
        self.requests: list[ExportMetricsServiceRequest] = []
        self.refusing: grpc.StatusCode | None = None
        self.calls = 0
        self._came = Condition()

    def Export(  # noqa: N802 - the contract names it
        self, request: ExportMetricsServiceRequest, context: Any
    ) -> ExportMetricsServiceResponse:
        with self._came:
            self.calls += 1
            if self.refusing is None:
                self.requests.append(request)
            self._came.notify_all()
        if self.refusing is not None:
            context.abort(self.refusing, "a message that nobody should see")
        return ExportMetricsServiceResponse()

    def wait(self, calls: int, seconds: float = 20.0) -> int:
        """As soon as it was called so often."""
        with self._came:
            self._came.wait_for(lambda: self.calls >= calls, seconds)
            return self.calls

    def last(self) -> dict[str, Metric]:
        """By name, what came last."""
        return {
            metric.name: metric
            for resource in self.requests[-1].resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


class Receiver(TraceServiceServicer):
    """Keeps what it gets. `refusing`: the status code that it answers with instead, None for none."""

    def __init__(self) -> None:
        self.numbers = Numbers()
        self.requests: list[ExportTraceServiceRequest] = []
        self.metadata: list[dict[str, str | bytes]] = []
        self.refusing: grpc.StatusCode | None = None
        self.port = 0
        self._came = Condition()

    def Export(  # noqa: N802 - the contract names it
        self, request: ExportTraceServiceRequest, context: Any
    ) -> ExportTraceServiceResponse:
        with self._came:
            self.metadata.append(dict(context.invocation_metadata()))
            if self.refusing is None:
                self.requests.append(request)
            self._came.notify_all()
        if self.refusing is not None:
            context.abort(self.refusing, "a message that nobody should see")
        return ExportTraceServiceResponse()

    def spans(self) -> list[Received]:
        """All that came, in order."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def wait(self, count: int, seconds: float = 20.0) -> list[Received]:
        """As soon as so many spans have come; what there is after `seconds`."""
        with self._came:
            self._came.wait_for(lambda: len(self.spans()) >= count, seconds)
        return self.spans()

    def wait_calls(self, count: int, seconds: float = 20.0) -> int:
        """As soon as it was called so often."""
        with self._came:
            self._came.wait_for(lambda: len(self.metadata) >= count, seconds)
        return len(self.metadata)


@contextmanager
def receiving(credentials: grpc.ServerCredentials | None = None) -> Iterator[Receiver]:
    """A receiver that answers while this is open, on loopback."""
    receiver = Receiver()
    server = grpc.server(ThreadPoolExecutor(2))
    add_TraceServiceServicer_to_server(receiver, server)  # type: ignore[no-untyped-call] # it has no types
    add_MetricsServiceServicer_to_server(receiver.numbers, server)  # type: ignore[no-untyped-call] # the same
    if credentials is None:
        receiver.port = server.add_insecure_port("127.0.0.1:0")
    else:
        receiver.port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield receiver
    finally:
        server.stop(0).wait()
