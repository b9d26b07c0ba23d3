"""Which trace a request belongs to: its sender's, or one that begins here."""

from collections.abc import Mapping

from sluice.bus.record import Headers, Record
from sluice.contract.names import short_name
from sluice.host.hops import hop_in_hand
from sluice.telemetry.asked import request_span
from sluice.telemetry.hops import hop_of
from sluice.telemetry.spans import NoSpans, Spans, Value
from sluice.telemetry.trace_context import headers_of, parse
from sluice.telemetry.tracing import root_context
from sluice.v1.contents_pb2 import Contents, Unprocessable
from sluice.v1.request_pb2 import Lane, Operation, Stage


class Traced:
    """One record on its way through ingest."""

    def __init__(self, record: Record, request_id: str, spans: Spans, sample: float) -> None:
        """A malformed `traceparent` is none. `sample`: the part of requests without one that is told."""
        self._record = record
        self._spans = spans
        self._given = parse(record.headers)
        self._root = self._given or root_context(request_id, sample)
        hop = hop_in_hand()
        if self._begins_here() and hop.place is not None:
            # What is told of this record's parts hangs below its hop, which nobody could know before now.
            hop.context = hop_of(self._root, hop.place)

    @property
    def headers(self) -> Headers:
        """Of the contents record."""
        return headers_of(self._root)

    def made(self, contents: Contents) -> None:
        """The request has become this: told with the hop and, of a trace that begins here, with its root."""
        if not (self._spans.on and self._root.sampled):
            return
        about = _about(contents)
        hop_in_hand().attributes.update(about)
        if contents.unprocessable:
            reason = short_name(Unprocessable, contents.unprocessable) or ""
            hop_in_hand().attributes["sluice.reason"] = reason
        if self._begins_here():
            place = (self._record.partition, self._record.offset)
            self._spans.emit(request_span(self._root, self._record.topic, place, self._record.timestamp_ms, about))

    def _begins_here(self) -> bool:
        return self._given is None and self._root.sampled and self._spans.on


class Tracing:
    """Takes requests up. `sample`: the part of those without trace context that is told."""

    def __init__(self, spans: Spans | None = None, sample: float = 1.0) -> None:
        self.spans = spans or NoSpans()
        self._sample = sample

    def begin(self, record: Record, request_id: str) -> Traced:
        """The request in a record has been read."""
        return Traced(record, request_id, self.spans, self._sample)


def _about(contents: Contents) -> Mapping[str, Value]:
    words = {
        "sluice.stage": short_name(Stage, contents.stage),
        "sluice.operation": short_name(Operation, contents.operation),
        "sluice.lane": short_name(Lane, contents.lane),
    }
    told: dict[str, Value] = {name: word for name, word in words.items() if word}
    told["sluice.request_id"] = contents.request_id
    told["sluice.contents"] = sum(not content.view_of for content in contents.contents)
    return told
