"""What a receiver got of one trace, as a tree of lines."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from sluice.bus.topics import Topic
from sluice.settings import KafkaSettings
from sluice.telemetry.hops import Place, hop_of
from sluice.telemetry.trace_context import TraceContext, beside
from sluice.v1.contents_pb2 import Contents
from sluice.v1.request_pb2 import LANE_BULK
from sluice.v1.verdict_pb2 import Verdict
from tests.integration.topics import of_request
from tests.unit.otlp_receiver import Receiver

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Got:
    """One span, as it came. Ids are hexadecimal."""

    service: str
    name: str
    id: str
    parent: str
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Value]
    links: tuple[str, ...]
    error: str

    @property
    def label(self) -> str:
        """Who did what, with what tells it from its like."""
        about = [
            str(self.attributes[name]) for name in ("sluice.content_id", "sluice.action") if name in self.attributes
        ]
        words = [self.service, self.name, *about]
        if self.attributes.get("sluice.synthesised") is True and not self.name.startswith("missing"):
            words[1:1] = [str(self.attributes["sluice.check"])] if "sluice.check" in self.attributes else []
        return " ".join(words) + (f" !{self.error}" if self.error else "")


def got(receiver: Receiver, trace_id: str) -> list[Got]:
    """Every span of a trace that came, also those that came twice."""
    return [
        Got(
            service=str(_values(resource.resource.attributes).get("service.name", "")),
            name=span.name,
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            attributes=_values(span.attributes),
            links=tuple(link.span_id.hex() for link in span.links),
            error=span.status.message if span.status.code == Status.STATUS_CODE_ERROR else "",
        )
        for request in list(receiver.requests)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.trace_id.hex() == trace_id
    ]


def tree(spans: Sequence[Got], above: str = "") -> list[str]:
    """A line per span, two spaces deeper than its parent's; siblings in alphabetical order.

    `above`: the span of somebody else that the trace hangs below. A span whose parent is not there is not here.
    """
    by_id = {span.id: span for span in spans}
    lines: list[str] = []

    def add(parent: str, indent: str) -> None:
        for span in sorted((span for span in by_id.values() if span.parent == parent), key=lambda span: span.label):
            lines.append(indent + span.label)
            add(span.id, indent + "  ")

    add(above, "")
    return lines


def wait_for_tree(
    receiver: Receiver, trace_id: str, wanted: Sequence[str], above: str = "", seconds: float = 60.0
) -> list[Got]:
    """The spans of a trace, once their tree has these lines, or as it is when the time is over. Prints the tree."""
    until = time.monotonic() + seconds
    while tree(spans := got(receiver, trace_id), above) != wanted and time.monotonic() < until:
        time.sleep(0.1)
    print(f"\ntrace {trace_id}:", *tree(spans, above), sep="\n")
    return spans


def ids_by_the_log(kafka: KafkaSettings, request_id: str, above: TraceContext, answers: int) -> dict[str, str]:
    """Ids that the hops of a request must have, whoever tells them: they follow from where its records lie.

    `above`: any span of its trace; `answers`: how many verdicts there are. By "ingest", "decide" and the names of the
    checks that gave a verdict.
    """
    (found,) = of_request(kafka, Topic.CONTENTS, request_id)
    contents = Contents.FromString(found.value)
    asked = Topic.REQUESTS_BULK if contents.lane == LANE_BULK else Topic.REQUESTS
    source = Place("sluice-ingest", asked, contents.source_partition, contents.source_offset)
    verdicts = of_request(kafka, Topic.VERDICTS, request_id, answers)
    checks = {Verdict.FromString(record.value).check for record in verdicts}
    hops = {
        check: hop_of(above, Place(f"sluice-{check}", found.topic, found.partition, found.offset)) for check in checks
    }
    ids = {name: hop.span_id for name, hop in hops.items()}
    return ids | {
        "ingest": hop_of(above, source).span_id,
        "decide": beside(above, "decide", request_id).span_id,
    }


def _values(attributes: Sequence[KeyValue]) -> dict[str, Value]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: AnyValue) -> Value:
    kind = value.WhichOneof("value")
    found: Value = getattr(value, kind) if kind else ""
    return found
