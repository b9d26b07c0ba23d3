"""The search for leaks finds what is planted, in each form and in each part of a span."""

import base64
import io
import json
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from sluice.telemetry.logging import Log
from tests.unit.leaks import leaks

WORD = b"qzHeliotrope"
PIXELS = b"\xc5\x3a\x9d\x17\xe8\x71\x0b\xf4\x62\xad\x59\x26"
SECRETS = {"word": WORD, "pixels": PIXELS}
BEFORE = b"a prompt says: "
HARMLESS = {
    "log": b'{"event": "decided", "request_id": "0b8f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e11", "digest": "c53a9d16"}',
    "span": bytes(range(256)),
    "compressed": zlib.compress(WORD * 9),
}


def test_what_is_harmless_is_not_reported() -> None:
    assert leaks(HARMLESS, SECRETS) == []
    # Another value in the place of the last byte.
    assert leaks({"log": WORD[:-1] + b"x", "span": PIXELS[:-1].hex().encode() + b"27"}, SECRETS) == []


@pytest.mark.parametrize(
    "write",
    [
        lambda secret: secret,
        lambda secret: secret.upper() if secret == WORD else secret,
        lambda secret: secret.hex().encode(),
        lambda secret: secret.hex().upper().encode(),
        lambda secret: secret.hex(":").encode(),
        base64.b64encode,
        lambda secret: base64.b64encode(BEFORE + secret + b" and more"),
        lambda secret: base64.b64encode(BEFORE[1:] + secret + b" and more"),
        lambda secret: base64.urlsafe_b64encode(BEFORE[2:] + secret + b" and more"),
        lambda secret: quote(secret).encode(),
        lambda secret: repr(secret).encode(),
        lambda secret: str(list(secret)).encode(),
        lambda secret: json.dumps(secret.decode("latin-1")).encode(),
        lambda secret: json.dumps(secret.decode("latin-1"), ensure_ascii=False).encode(),
        lambda secret: secret.decode("latin-1").encode("utf-16-le"),
    ],
)
@pytest.mark.parametrize("name", SECRETS)
def test_what_is_planted_is_found_in_whatever_form(write: Callable[[bytes], bytes], name: str) -> None:
    planted = b"event: " + write(SECRETS[name]) + b" (cut)"
    found = leaks({**HARMLESS, "planted": planted}, SECRETS)
    assert {(leak.place, leak.secret) for leak in found} == {("planted", name)}


def everywhere(word: str) -> list[ExportTraceServiceRequest]:
    """The word in each part of what an exporter sends, one request for each."""
    attribute = KeyValue(key="sluice.stage", value=AnyValue(string_value=f"the {word}"))
    spans = [
        Span(name=word),
        Span(trace_state=f"vendor={word}"),
        Span(attributes=[attribute]),
        Span(attributes=[KeyValue(key=word)]),
        Span(attributes=[KeyValue(key="sluice.bytes", value=AnyValue(bytes_value=word.encode()))]),
        Span(links=[Span.Link(attributes=[attribute])]),
        Span(links=[Span.Link(trace_state=word)]),
        Span(events=[Span.Event(name="exception", attributes=[attribute])]),
        Span(events=[Span.Event(name=word)]),
    ]
    spans.append(Span())
    spans[-1].status.message = word
    requests = []
    for span in spans:
        request = ExportTraceServiceRequest()
        request.resource_spans.add().scope_spans.add().spans.append(span)
        requests.append(request)
    of_resource = ExportTraceServiceRequest()
    of_resource.resource_spans.add().resource.attributes.append(attribute)
    of_scope = ExportTraceServiceRequest()
    of_scope.resource_spans.add().scope_spans.add().scope.name = word
    return [*requests, of_resource, of_scope]


def test_a_leak_is_found_in_every_part_of_a_span() -> None:
    planted = everywhere(WORD.decode())
    found = leaks({str(at): each.SerializeToString() for at, each in enumerate(planted)}, SECRETS)
    assert [leak.place for leak in found] == sorted(str(at) for at in range(len(planted)))
    clean = everywhere("word")
    assert leaks({str(at): each.SerializeToString() for at, each in enumerate(clean)}, SECRETS) == []


def test_a_leak_is_found_in_a_line_of_the_log() -> None:
    written = io.StringIO()
    Log("test", stream=written).error("handler failed", detail=f"KeyError: {WORD.decode()!r}")
    assert {leak.secret for leak in leaks({"log": written.getvalue().encode()}, SECRETS)} == {"word"}
