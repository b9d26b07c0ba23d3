"""The calls of a process, in numbers: how many, how they ended, how long they took."""

from typing import Final

import grpc
from google.protobuf import descriptor_pool

from sluice.telemetry.metrics import Adds, Metrics, Observes

_USUAL: Final = (
    grpc.StatusCode.OK,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAVAILABLE,
)
"""Codes that are counted from 0 on, so that their first increase is one."""


class RpcCounts:
    """Counts for one process. Methods are those of the contract: nobody makes up one that has a handler."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._ended: dict[tuple[str, grpc.StatusCode], Adds] = {}
        self._seconds: dict[str, Observes] = {}

    def begin(self, service: str) -> None:
        """Counts from 0 what the gRPC service of this full name is usually asked and answers; its module has been
        imported. An empty name: there is none."""
        if not service:
            return
        for method in descriptor_pool.Default().FindServiceByName(service).methods:
            for code in _USUAL:
                self._counter(f"{service}/{method.name}", code)

    def ended(self, method: str, code: grpc.StatusCode, seconds: float) -> None:
        """A call is over. `method`: "SERVICE/METHOD"."""
        self._counter(method, code).inc()
        seen = self._seconds.get(method)
        if seen is None:
            about = "gRPC calls, from the first message to the status; of a stream, the whole of it."
            seen = self._seconds[method] = self._metrics.histogram("rpc_seconds", about, {"method": method})
        seen.observe(seconds)

    def _counter(self, method: str, code: grpc.StatusCode) -> Adds:
        found = self._ended.get((method, code))
        if found is None:
            labels = {"method": method, "code": code.name}
            found = self._metrics.counter("rpc", "gRPC calls, by how they ended.", labels)
            self._ended[method, code] = found
        return found
