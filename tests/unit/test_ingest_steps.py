"""How long pictures took is told below the hop of their request."""

from pathlib import Path

from ingest.decoder.pool import DecoderPool
from ingest.prepare import Preparer
from sluice.bus.record import Record
from sluice.host.hops import Hops
from sluice.objects import ObjectStore
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import child, headers_of, of_request
from sluice.v1.request_pb2 import ROLE_PROMPT, ROLE_UPLOAD, Content, ObjectReference, Request
from tests.unit.build import REQUEST_ID
from tests.unit.decoders import SETTINGS
from tests.unit.hostile_pictures import blobs, encoded

JPEG = encoded(blobs(), "JPEG")
RECORD = Record("moderation.requests", 0, 7, b"", b"", 1000, headers_of(of_request(REQUEST_ID)))
ELSEWHERE = ObjectReference(uri="https://img.example.org/a", sha256=b"s" * 32, size_bytes=9)


async def test_each_picture_is_told_with_what_went_wrong(tmp_path: Path) -> None:
    spans = KeptSpans()
    pool = await DecoderPool.open(SETTINGS)
    preparer = Preparer(ObjectStore.open(tmp_path.as_uri()), pool, SETTINGS, spans=spans)
    request = Request(
        contents=[
            Content(role=ROLE_PROMPT, text="a lighthouse"),
            Content(role=ROLE_UPLOAD, image=JPEG),
            Content(role=ROLE_UPLOAD, image=JPEG[:-400]),
            Content(role=ROLE_UPLOAD, reference=ELSEWHERE),
        ]
    )
    await preparer.prepare_request(request)
    assert spans.told == []

    handling = Hops("sluice-ingest", spans).begin(RECORD)
    with handling:
        await preparer.prepare_request(request)
    handling.tell("done")
    await pool.close()
    *parts, hop = spans.told
    assert {span.parent for span in parts} == {hop.context.span_id}
    told = {(span.name, str(span.attributes["sluice.content_id"])): span for span in parts}
    assert sorted(told) == [("decode", "c1"), ("decode", "c2"), ("fetch", "c3")]
    assert all(span.context == child(hop.context, *about) for about, span in told.items())
    assert told["decode", "c1"].attributes == {"sluice.content_id": "c1", "sluice.bytes": len(JPEG)}
    assert told["decode", "c2"].attributes["sluice.reason"] == "TRUNCATED"
    assert [span.error for span in parts if span.error] == [told["fetch", "c3"].error] == ["ForbiddenUriError"]
