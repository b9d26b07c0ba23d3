"""Spans as OTLP/JSON: protobuf's JSON form, but ids in hex and enums as numbers.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Jaeger's query API answers in the same form, with
`result` around it (https://www.jaegertracing.io/docs/2.dev/architecture/apis/), so one reader does for both.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

_IDS: Final = ("traceId", "spanId", "parentSpanId")


def otlp_json(traces: TracesData) -> bytes:
    """`{"result": {"resourceSpans": [...]}}`, in UTF-8."""
    form = MessageToDict(traces, use_integers_for_enums=True)
    for span in _spans(form):
        for named in (span, *span.get("links", ())):
            for name in _IDS:
                if name in named:
                    named[name] = base64.b64decode(named[name]).hex()
    return json.dumps({"result": form}, ensure_ascii=False).encode() + b"\n"


def _spans(form: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for group in form.get("resourceSpans", ()):
        for scope in group.get("scopeSpans", ()):
            yield from scope.get("spans", ())
