"""Spans to an OpenTelemetry collector, by OTLP over gRPC.

`emit` puts a span into a bounded queue; one thread sends what is there every second. What finds the queue full, or
cannot be sent, is dropped and counted: telemetry never holds up work. Batches, retries and the wire are the SDK's;
nothing of the SDK's global state is used, so nothing of it runs at exit.
"""

from collections.abc import Sequence
from threading import Lock, Thread
from typing import Final

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from sluice import __version__
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.otlp_client import CALL_SECONDS, compression_of, credentials_of, endpoint_of, hush, resource_of
from sluice.telemetry.otlp_settings import OtlpSettings
from sluice.telemetry.spans import Kind, NoSpans, Span, Spans

CLOSE_SECONDS: Final = 2.0
"""How long a shutdown waits for the spans that are left."""
MOST_WAITING: Final = 8192
"""Spans in the queue, about 20 MB: what a busy service tells in the seconds that a collector takes to restart."""
_BATCH: Final = 512
_EVERY_MS: Final = 1000
_KINDS: Final = {kind: SpanKind[kind.name] for kind in Kind}
_FINE: Final = Status(StatusCode.UNSET)
_TOLD: Final = TraceFlags(TraceFlags.SAMPLED)
_LAST_NS: Final = (1 << 63) - 1


class OtlpSpans:
    """Tells a collector. The service's log says once when that fails, and once when it works again."""

    on = True

    def __init__(
        self,
        otlp: OtlpSettings,
        resource: Resource,
        log: Log,
        metrics: Metrics,
        most_waiting: int = MOST_WAITING,
        every_ms: int = _EVERY_MS,
    ) -> None:
        """Starts the thread; it connects when there is something to send. OSError where a file that `otlp` names
        cannot be read. `most_waiting`: spans in the queue; `every_ms`: how often it is emptied."""
        self._resource = resource
        self._scope = InstrumentationScope("sluice", __version__)
        self._log = log
        self._metrics = metrics
        self._most_waiting = most_waiting
        self._waiting = 0
        self._counting = Lock()
        self._closed = False
        # A counter that begins at nought shows its first step too.
        self.lost(0)
        self._exporter = _Watched(
            OTLPSpanExporter(
                endpoint=endpoint_of(otlp),
                insecure=not otlp.tls,
                credentials=credentials_of(otlp),
                headers=otlp.headers,
                timeout=CALL_SECONDS,
                compression=compression_of(otlp),
            ),
            otlp.target,
            self,
            log,
        )
        self._processor = BatchSpanProcessor(
            self._exporter,
            max_queue_size=most_waiting,
            schedule_delay_millis=every_ms,
            max_export_batch_size=min(_BATCH, most_waiting),
            export_timeout_millis=CALL_SECONDS * 1000,
        )

    @property
    def room(self) -> int:
        """Spans that the queue would take now."""
        with self._counting:
            return 0 if self._closed else self._most_waiting - self._waiting

    def emit(self, span: Span) -> None:
        """Takes a span. A copy of a trace that is not sampled is told as well."""
        with self._counting:
            full = self._closed or self._waiting >= self._most_waiting
            if not full:
                self._waiting += 1
        if full:
            self.lost(1)
            return
        self._processor.on_end(_readable(span, self._resource, self._scope))

    def taken(self, count: int) -> None:
        """So many left the queue."""
        with self._counting:
            self._waiting -= count

    def lost(self, count: int) -> None:
        """So many will never arrive, or were not even made."""
        self._metrics.count("spans_dropped", "Spans that no receiver got.", by=count)

    def close(self) -> None:
        """Sends what is left, for CLOSE_SECONDS at most; what is left then is lost."""
        with self._counting:
            self._closed = True
        # The SDK's own shutdown waits for half a minute.
        ending = Thread(target=self._processor.shutdown, name="spans-close", daemon=True)
        ending.start()
        ending.join(CLOSE_SECONDS)
        if ending.is_alive():
            self._exporter.shutdown()
            ending.join(CLOSE_SECONDS / 4)
        with self._counting:
            left, self._waiting = self._waiting, 0
        if left:
            self.lost(left)
            self._log.warning("spans were not sent", count=left)


class _Watched(SpanExporter):
    """An exporter whose outcome is counted and told: once for as long as it stays the same."""

    def __init__(self, exporter: OTLPSpanExporter, target: str, spans: OtlpSpans, log: Log) -> None:
        self._exporter = exporter
        self._target = target
        self._spans = spans
        self._log = log
        self._failing = False
        self._library = hush()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Sends a batch; called by the queue's thread."""
        self._spans.taken(len(spans))
        self._library.begin()
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            if result is not SpanExportResult.SUCCESS:
                self._spans.lost(len(spans))
            self._tell(failing=result is not SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        """Gives up what is under way."""
        self._exporter.shutdown()

    def _tell(self, *, failing: bool) -> None:
        if failing and not self._failing:
            self._log.warning("spans cannot be sent", address=self._target, code=self._library.code)
        elif self._failing and not failing:
            self._log.info("spans are sent again", address=self._target)
        self._failing = failing


def open_spans(otlp: OtlpSettings, service: str, instance: str, log: Log, metrics: Metrics) -> Spans:
    """To the receiver that the settings name, or nowhere. OSError where a file that they name cannot be read."""
    if not otlp.target:
        return NoSpans()
    return OtlpSpans(otlp, resource_of(service, instance), log, metrics)


def _readable(span: Span, resource: Resource, scope: InstrumentationScope) -> ReadableSpan:
    """The span as the SDK has it. Flags say sampled, for what is given is told; the sender's state stays here."""
    trace = int(span.context.trace_id, 16)
    return ReadableSpan(
        name=span.name,
        context=SpanContext(trace, int(span.context.span_id, 16), is_remote=False, trace_flags=_TOLD),
        parent=SpanContext(trace, int(span.parent, 16), is_remote=True, trace_flags=_TOLD) if span.parent else None,
        resource=resource,
        attributes={**span.attributes, "error.type": span.error} if span.error else span.attributes,
        links=[
            Link(SpanContext(int(to.trace_id, 16), int(to.span_id, 16), is_remote=True, trace_flags=_TOLD))
            for to in span.links
        ],
        kind=_KINDS[span.kind],
        status=Status(StatusCode.ERROR, span.error) if span.error else _FINE,
        # Times of different machines: a span must not end before it begins, and one time that is none must not take
        # all the others of its batch along.
        start_time=_time(span.start_ns),
        end_time=_time(max(span.start_ns, span.end_ns)),
        instrumentation_scope=scope,
    )


def _time(nanoseconds: int) -> int:
    return min(max(0, nanoseconds), _LAST_NS)
