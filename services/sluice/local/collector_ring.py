"""The newest traces, in memory, within bounds: by bytes and by traces. The oldest trace goes first, and whole.

A span that comes twice is one span: its id says so. Of one that was told by whoever did the work and one that was
made up from timestamps afterwards, the former stays.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, TracesData

MOST_BYTES: Final = 64 << 20
MOST_TRACES: Final = 10_000
MOST_TRACE_BYTES: Final = 4 << 20
"""Of one trace: whoever sends more of it fills no more than this."""
MOST_SPANS: Final = 5_000
"""Of one trace."""
MOST_SPAN_BYTES: Final = 64 << 10
MOST_RESOURCE_BYTES: Final = 16 << 10

SPAN_COST: Final = 300
"""What a span takes beside its own bytes, roughly: the objects that hold it."""
TRACE_COST: Final = 1000

_SYNTHESISED: Final = "sluice.synthesised"


@dataclass(frozen=True, slots=True)
class Summary:
    """A trace that is kept. `since_ms`: when the first of its spans came, milliseconds since the epoch."""

    trace_id: str
    spans: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class _Kept:
    resource: bytes
    span: bytes
    synthesised: bool

    @property
    def cost(self) -> int:
        return len(self.span) + SPAN_COST


@dataclass(slots=True)
class _Trace:
    since_ms: int
    spans: dict[bytes, _Kept] = field(default_factory=dict)
    resources: dict[bytes, bytes] = field(default_factory=dict)
    cost: int = TRACE_COST


class Ring:
    """Traces by id (16 bytes). Not for several threads at once."""

    def __init__(
        self, most_bytes: int = MOST_BYTES, most_traces: int = MOST_TRACES, clock: Callable[[], float] = time.time
    ) -> None:
        self._most_bytes = most_bytes
        self._most_traces = most_traces
        self._clock = clock
        self._traces: OrderedDict[bytes, _Trace] = OrderedDict()
        self.cost = 0
        """Bytes that are taken, about."""

    def take(self, told: ExportTraceServiceRequest) -> int:
        """Keeps what an exporter sent; returns how many spans of it were refused: malformed, or too large."""
        return sum(not self._add(resource, span) for resource, span in _spans(told))

    def find(self, trace_id: bytes) -> TracesData | None:
        """The spans of a trace in the order they came, under the resources that sent them."""
        trace = self._traces.get(trace_id)
        if trace is None:
            return None
        groups: dict[bytes, ResourceSpans] = {}
        for kept in trace.spans.values():
            group = groups.get(kept.resource)
            if group is None:
                group = groups[kept.resource] = ResourceSpans(resource=Resource.FromString(kept.resource))
                group.scope_spans.add()
            group.scope_spans[0].spans.append(Span.FromString(kept.span))
        return TracesData(resource_spans=groups.values())

    def newest(self, limit: int) -> Sequence[Summary]:
        """The traces that came last, newest first."""
        return [
            Summary(trace_id.hex(), len(trace.spans), trace.since_ms)
            for trace_id, trace in islice(reversed(self._traces.items()), limit)
        ]

    def _add(self, resource: bytes, span: Span) -> bool:
        """Whether the span is kept, or one that is as good."""
        if not (_is_id(span.trace_id, 16) and _is_id(span.span_id, 8)) or len(resource) > MOST_RESOURCE_BYTES:
            return False
        raw = span.SerializeToString()
        if len(raw) > MOST_SPAN_BYTES:
            return False
        trace = self._traces.get(span.trace_id)
        if trace is None:
            trace = self._traces[span.trace_id] = _Trace(int(self._clock() * 1000))
            self.cost += trace.cost
        before = trace.spans.get(span.span_id)
        made_up = any(each.key == _SYNTHESISED and each.value.bool_value for each in span.attributes)
        if before is not None and made_up and not before.synthesised:
            return True
        kept = _Kept(trace.resources.get(resource, resource), raw, made_up)
        more = kept.cost - (before.cost if before else 0) + (0 if resource in trace.resources else len(resource))
        if trace.cost + more > MOST_TRACE_BYTES or (before is None and len(trace.spans) >= MOST_SPANS):
            return False
        trace.resources[kept.resource] = kept.resource
        trace.spans[span.span_id] = kept
        trace.cost += more
        self.cost += more
        self._make_room()
        return True

    def _make_room(self) -> None:
        while len(self._traces) > self._most_traces or (self.cost > self._most_bytes and len(self._traces) > 1):
            _, oldest = self._traces.popitem(last=False)
            self.cost -= oldest.cost


def _spans(told: ExportTraceServiceRequest) -> Iterator[tuple[bytes, Span]]:
    for group in told.resource_spans:
        resource = group.resource.SerializeToString(deterministic=True)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield resource, span


def _is_id(raw: bytes, size: int) -> bool:
    return len(raw) == size and any(raw)
