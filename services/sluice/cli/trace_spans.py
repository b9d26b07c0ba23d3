"""Spans of a trace as a tracing backend hands them out: OTLP/JSON, read without trust in who wrote it."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sluice.errors import TerminalError
from sluice.trace.span import TraceSpan, Value

MOST_SPANS: Final = 20_000
MOST_LINKS: Final = 1_000
"""Of one span."""
LONGEST: Final = 1_000
"""Characters of a name or a value; what is longer is cut."""
LATEST_NS: Final = 2**63 - 1

_KINDS: Final = ("", "internal", "server", "client", "producer", "consumer")
_ERROR: Final = (2, "STATUS_CODE_ERROR")


class UnreadableTraceError(TerminalError):
    """What should be a trace is none."""


def read_trace(body: bytes, trace_id: str) -> list[TraceSpan]:
    """The spans of this trace, each once, in the order they came; at most MOST_SPANS.

    `body`: `{"resourceSpans": ...}`, or the same as `result`; several such objects in a row are one trace, as a
    streaming gateway sends them. What is malformed within is left out. UnreadableTraceError for another form.
    """
    found: dict[str, TraceSpan] = {}
    for answer in _objects(body):
        result = answer.get("result", answer)
        if not isinstance(result, dict) or not isinstance(result.get("resourceSpans", []), list):
            raise UnreadableTraceError("the answer has no resourceSpans")
        for span in _spans(result.get("resourceSpans", [])):
            before = found.get(span.span_id)
            if span.trace_id == trace_id and (before is None or (before.synthesised and not span.synthesised)):
                found[span.span_id] = span
            if len(found) >= MOST_SPANS:
                return list(found.values())
    return list(found.values())


def _objects(body: bytes) -> Iterator[dict[str, Any]]:
    try:
        text = body.decode().strip()
        decoder = json.JSONDecoder()
        at = 0
        while at < len(text):
            answer, at = decoder.raw_decode(text, at)
            if not isinstance(answer, dict):
                raise UnreadableTraceError("the answer is no JSON object")
            yield answer
            while at < len(text) and text[at].isspace():
                at += 1
    except (ValueError, RecursionError) as error:
        raise UnreadableTraceError("the answer is no JSON") from error


def _spans(groups: object) -> Iterator[TraceSpan]:
    for group in _dicts(groups):
        resource = group.get("resource")
        service = _attributes(resource.get("attributes") if isinstance(resource, dict) else None).get("service.name")
        for scope in _dicts(group.get("scopeSpans")):
            for raw in _dicts(scope.get("spans")):
                span = _span(raw, _cut(service))
                if span is not None:
                    yield span


def _span(raw: Mapping[str, Any], service: str) -> TraceSpan | None:
    trace_id, span_id = _id(raw.get("traceId"), 16), _id(raw.get("spanId"), 8)
    start, end = _nanoseconds(raw.get("startTimeUnixNano")), _nanoseconds(raw.get("endTimeUnixNano"))
    if not trace_id or not span_id or start is None:
        return None
    attributes = _attributes(raw.get("attributes"))
    links = [(_id(each.get("traceId"), 16), _id(each.get("spanId"), 8)) for each in _dicts(raw.get("links"))]
    return TraceSpan(
        trace_id,
        span_id,
        _id(raw.get("parentSpanId"), 8),
        _cut(raw.get("name")),
        service,
        _kind(raw.get("kind")),
        start,
        start if end is None else max(start, end),
        attributes,
        tuple(pair for pair in links if all(pair))[:MOST_LINKS],
        _error(raw.get("status"), attributes),
    )


def _dicts(found: object) -> Iterator[dict[str, Any]]:
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def _attributes(found: object) -> dict[str, Value]:
    pairs = ((each.get("key"), _value(each.get("value"))) for each in _dicts(found))
    return {_cut(key): value for key, value in pairs if key and value is not None}


def _value(found: object) -> Value | None:
    """OTLP's AnyValue; what is neither a text nor a number nor a truth is told as JSON."""
    if not isinstance(found, dict) or len(found) != 1:
        return None
    ((kind, value),) = found.items()
    if kind == "boolValue" and isinstance(value, bool):
        return value
    if kind == "intValue" and isinstance(value, int | str) and re.fullmatch(r"-?[0-9]{1,19}", str(value)):
        return int(value)
    if kind == "doubleValue" and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return None
    return _cut(value if isinstance(value, str) else json.dumps(value))


def _id(found: object, size: int) -> str:
    """Lower-case hex, from hex or, as plain protobuf has it, base64; empty for anything else and for all zeros."""
    if not isinstance(found, str):
        return ""
    raw = b""
    if re.fullmatch(rf"[0-9a-fA-F]{{{2 * size}}}", found):
        raw = bytes.fromhex(found)
    elif len(found) == 4 * -(-size // 3):
        try:
            raw = base64.b64decode(found, validate=True)
        except (binascii.Error, ValueError):
            return ""
    return raw.hex() if len(raw) == size and any(raw) else ""


def _nanoseconds(found: object) -> int | None:
    """64 bits are a string in JSON; numbers are taken as well."""
    if isinstance(found, bool) or not isinstance(found, int | str):
        return None
    text = str(found)
    return int(text) if re.fullmatch(r"[0-9]{1,19}", text) and int(text) <= LATEST_NS else None


def _kind(found: object) -> str:
    if isinstance(found, str):
        word = found.removeprefix("SPAN_KIND_").lower()
        return word if word in _KINDS else ""
    return _KINDS[found] if isinstance(found, int) and 0 <= found < len(_KINDS) else ""


def _error(status: object, attributes: Mapping[str, Value]) -> str:
    if not isinstance(status, dict) or status.get("code") not in _ERROR:
        return ""
    return _cut(status.get("message")) or str(attributes.get("error.type", "")) or "error"


def _cut(found: object) -> str:
    text = found if isinstance(found, str) else "" if found is None else str(found)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
