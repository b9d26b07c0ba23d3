"""Inputs of every kind with words and pixels in them that occur nowhere else, through every door."""

import hashlib
import io
import struct
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import grpc
from PIL import Image

from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.ids import new_request_id
from sluice.local.state import Running
from sluice.samples.test_set import tries
from sluice.settings import KafkaSettings
from sluice.telemetry.trace_context import headers_of, of_request
from sluice.v1 import hash_matcher_pb2, image_classifier_pb2, text_classifier_pb2
from sluice.v1.c2pa_signer_pb2 import SignRequest
from sluice.v1.c2pa_signer_pb2_grpc import C2paSignerStub
from sluice.v1.contents_pb2 import PreparedContent, PreparedText
from sluice.v1.hash_matcher_pb2_grpc import HashMatcherStub
from sluice.v1.image_classifier_pb2_grpc import ImageClassifierStub
from sluice.v1.incident_pb2 import Incident
from sluice.v1.orchestrator_pb2 import ModerateRequest, ModerateStreamRequest
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub
from sluice.v1.provenance_pb2 import FindRequest
from sluice.v1.provenance_pb2_grpc import ProvenanceStub
from sluice.v1.release_pb2 import Release
from sluice.v1.reporter_pb2 import (
    INCIDENT_STATE_HELD,
    ConfirmIncidentRequest,
    GetIncidentRequest,
    IncidentRecord,
    ListIncidentsRequest,
)
from sluice.v1.reporter_pb2_grpc import ReporterStub
from sluice.v1.request_pb2 import (
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_TRANSCRIPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    Content,
    ObjectReference,
    Request,
    Subject,
)
from sluice.v1.text_classifier_pb2_grpc import TextClassifierStub
from tests.integration.client import Client, ask
from tests.unit.hostile_pictures import chunk

WORD = "qzHeliotrope"
ACCOUNT = "qzAcctVerdigris"
TENANT = "qzTenantOchre"
PIXELS = bytes.fromhex("c53a9d17e8710bf462ad5926")
"""Four pixels, again and again."""
SECRETS = {"word": WORD.encode(), "account": ACCOUNT.encode(), "tenant": TENANT.encode(), "pixels": PIXELS}
TEXT = f"a watercolor of a {WORD} {WORD}"
SUBJECT = Subject(account_id=ACCOUNT, tenant=TENANT)


def canary_picture(form: str = "PNG") -> bytes:
    """The pixels, with the word in its metadata. As PNG it is not compressed: pixels lie in the file as they are."""
    side, row = 96, PIXELS * 24
    if form == "PNG":
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        words = chunk(b"tEXt", b"Comment\0" + WORD.encode())
        data = chunk(b"IDAT", zlib.compress((b"\0" + row) * side, 0))
        return b"\x89PNG\r\n\x1a\n" + header + words + data + chunk(b"IEND", b"")
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), row * side).save(out, form, quality=95, comment=WORD)
    return out.getvalue()


def requests() -> Iterator[Request]:
    """What is a request, and gets a decision."""
    picture = canary_picture()
    told = [Content(role=ROLE_PROMPT, text=TEXT), Content(role=ROLE_TRANSCRIPT, text=TEXT)]
    yield subject(ask(*told, Content(role=ROLE_UPLOAD, image=picture)))
    made = Content(role=ROLE_GENERATED, image=picture)
    yield subject(ask(made, *told, stage=STAGE_OUTPUT))
    yield subject(ask(made, stage=STAGE_OUTPUT, generation_id=WORD))
    yield subject(ask(made, stage=STAGE_OUTPUT, generation_id=new_request_id()))
    for broken in (picture[:-900], WORD.encode() * 40, PIXELS * 40):
        yield subject(ask(Content(role=ROLE_UPLOAD, image=broken)))
    for uri in (f"https://{WORD}.example/{WORD}?a={ACCOUNT}", f"file:///{WORD}", WORD):
        digest = hashlib.sha256(picture).digest()
        found = ObjectReference(uri=uri, sha256=digest, size_bytes=len(picture), media_type=f"image/{WORD}")
        yield subject(ask(Content(role=ROLE_UPLOAD, reference=found)))
    # A match: the incident has the account's id.
    yield subject(ask(Content(role=ROLE_UPLOAD, image=tries()[0].data)))
    unknown = subject(ask(*told))
    unknown.MergeFromString(field(1000, WORD.encode()) + field(1001, PIXELS))
    yield unknown
    silent = subject(ask(Content(role=ROLE_PROMPT, text=TEXT), Content(role=ROLE_UPLOAD, image=picture)))
    silent.deadline_ms = 1
    yield silent


def subject(request: Request) -> Request:
    """Somebody's."""
    request.subject.CopyFrom(SUBJECT)
    return request


def field(number: int, value: bytes) -> bytes:
    """A field of bytes as protobuf writes it."""
    tag = number << 3 | 2
    return (
        bytes([tag & 0x7F | 0x80, tag >> 7 & 0x7F | 0x80 if tag >> 14 else tag >> 7])
        + (bytes([tag >> 14]) if tag >> 14 else b"")
        + bytes([len(value)])
        + value
    )


def through_kafka(kafka: KafkaSettings) -> list[str]:
    """Publishes everything; the ids of those that get a decision."""
    producer = plain_producer(kafka)
    ids = []
    for bulk, request in enumerate(requests()):
        topic = Topic.REQUESTS_BULK if bulk % 2 else Topic.REQUESTS
        traced = headers_of(of_request(request.id))
        headers: list[tuple[str, str | bytes | None]] = [("x-note", WORD), (WORD, PIXELS)]
        headers += [("tracestate", f"vendor={WORD}"), *traced] if bulk % 3 else [("traceparent", WORD)]
        # Generators choose their own keys.
        key = request.id if bulk % 2 else ACCOUNT
        producer.produce(topic, request.SerializeToString(), key=key.encode(), headers=headers)
        ids.append(request.id)
    nameless = Request(id=WORD, subject=SUBJECT).SerializeToString()
    producer.produce(Topic.REQUESTS, nameless, key=WORD.encode())
    # Behind ingest only we may write; but who knows.
    for topic in (
        Topic.REQUESTS,
        Topic.CONTENTS,
        Topic.VERDICTS,
        Topic.APPROVED,
        Topic.SIGNED,
        Topic.INCIDENTS,
    ):
        for value in (WORD.encode() * 3, b"\xff" + PIXELS * 9):
            producer.produce(topic, value, key=WORD.encode(), headers=[("traceparent", PIXELS), ("x-note", WORD)])
    release = Release(request_id=new_request_id(), released_by=ACCOUNT, why=TEXT)
    producer.produce(Topic.RELEASES, release.SerializeToString(), key=WORD.encode())
    conflict = subject(ask(Content(role=ROLE_PROMPT, text=TEXT), request_id=ids[0]))
    producer.produce(Topic.REQUESTS, conflict.SerializeToString(), key=ids[0].encode())
    assert producer.flush(20) == 0
    return ids


def through_grpc(client: Client) -> list[str]:
    """Calls every method; the ids of those that ask for a decision. How a call ends is not asked here."""
    note = (("x-note", WORD), ("tracestate", f"vendor={WORD}"), ("traceparent", WORD), ("note-bin", PIXELS))
    picture = canary_picture("JPEG")
    asked = [
        subject(ask(Content(role=ROLE_PROMPT, text=TEXT))),
        subject(ask(Content(role=ROLE_GENERATED, image=picture), stage=STAGE_OUTPUT)),
    ]
    streamed = [subject(ask(Content(role=ROLE_PROMPT, text=TEXT))), Request(id=WORD, subject=SUBJECT)]
    orchestrator = OrchestratorStub(client.channels["orchestrator"])
    text = PreparedContent(id=WORD, role=ROLE_PROMPT, detail=WORD, text=PreparedText(text=TEXT, folded=TEXT))
    seen = client.prepare(canary_picture(), ROLE_UPLOAD, "image/png")
    away = ObjectReference(uri=f"file:///{WORD}", sha256=PIXELS, size_bytes=9, media_type=WORD)
    strange: Callable[..., object] = client.channels["orchestrator"].unary_unary(f"/sluice.v1.Orchestrator/{WORD}")
    calls: list[Callable[[], object]] = [
        *(lambda r=r: orchestrator.Moderate(ModerateRequest(request=r), timeout=60, metadata=note) for r in asked),
        lambda: orchestrator.Moderate(ModerateRequest(request=Request(id=WORD)), timeout=60, metadata=note),
        lambda: list(
            orchestrator.ModerateStream(
                iter([ModerateStreamRequest(request=request) for request in streamed]), timeout=60, metadata=note
            )
        ),
        lambda: strange(WORD.encode(), timeout=10, metadata=note),
        lambda: client.prepare(TEXT.encode(), ROLE_PROMPT, "text/plain"),
        lambda: client.prepare(picture, ROLE_UPLOAD, f"image/{WORD}"),
        lambda: client.prepare(PIXELS * 99, ROLE_UPLOAD, WORD),
        lambda: TextClassifierStub(client.channels["text-classifier"]).Classify(
            text_classifier_pb2.TextClassifierClassifyRequest(content=text), timeout=30, metadata=note
        ),
        lambda: list(
            TextClassifierStub(client.channels["text-classifier"]).ClassifyStream(
                iter([text_classifier_pb2.TextClassifierClassifyStreamRequest(tag=WORD, content=text)]), timeout=30
            )
        ),
        lambda: ImageClassifierStub(client.channels["image-classifier"]).Classify(
            image_classifier_pb2.ImageClassifierClassifyRequest(content=seen.content), timeout=30, metadata=note
        ),
        lambda: HashMatcherStub(client.channels["hash-matcher"]).Match(
            hash_matcher_pb2.HashMatcherMatchRequest(content=seen.content), timeout=30, metadata=note
        ),
        lambda: C2paSignerStub(client.channels["c2pa-signer"]).Sign(
            SignRequest(request_id=new_request_id(), original=away), timeout=30, metadata=note
        ),
        lambda: C2paSignerStub(client.channels["c2pa-signer"]).Sign(SignRequest(request_id=WORD), timeout=30),
        lambda: ReporterStub(client.channels["reporter"]).GetIncident(
            GetIncidentRequest(incident_id=WORD), timeout=30, metadata=note
        ),
        lambda: ReporterStub(client.channels["reporter"]).ConfirmIncident(
            ConfirmIncidentRequest(incident_id=WORD, who=ACCOUNT, why=TEXT), timeout=30, metadata=note
        ),
        lambda: ReporterStub(client.channels["reporter"]).ConfirmIncident(
            ConfirmIncidentRequest(incident_id=WORD, who=ACCOUNT, why=f"\0{TEXT}"), timeout=30
        ),
        lambda: ProvenanceStub(client.channels["provenance"]).Find(FindRequest(image=picture), timeout=60),
        lambda: ProvenanceStub(client.channels["provenance"]).Find(FindRequest(image=PIXELS * 99), timeout=60),
    ]
    for call in calls:
        with suppress(grpc.RpcError):
            call()
    return [request.id for request in (*asked, streamed[0])]


def through_a_person(client: Client, kafka: KafkaSettings) -> str:
    """An incident that is no test is confirmed by somebody: it bans the account. The incident's id."""
    incident = Incident(id=new_request_id(), request_id=new_request_id(), account_id=ACCOUNT, tenant=TENANT)
    producer = plain_producer(kafka)
    producer.produce(Topic.INCIDENTS, incident.SerializeToString(), key=incident.request_id.encode())
    assert producer.flush(20) == 0
    reporter = ReporterStub(client.channels["reporter"])
    give_up = time.monotonic() + 60
    while incident.id not in {each.incident.id for each in _held(reporter)}:
        assert time.monotonic() < give_up
        time.sleep(0.2)
    wanted = ConfirmIncidentRequest(incident_id=incident.id, who=WORD, why=TEXT)
    reporter.ConfirmIncident(wanted, timeout=30)
    return incident.id


def _held(reporter: ReporterStub) -> Sequence[IncidentRecord]:
    wanted = ListIncidentsRequest(states=[INCIDENT_STATE_HELD], limit=1000)
    return reporter.ListIncidents(wanted, timeout=30).incidents


def through_http(stack: Running) -> None:
    """Asks every HTTP door for what it does not have, and posts what it does not take."""
    doors = [at.ops for at in stack.services.values()] + [at.http for at in stack.services.values() if at.http]
    for door in doors:
        for asked in (
            urllib.request.Request(f"http://{door}/{WORD}?token={ACCOUNT}", headers={"x-note": WORD}),
            urllib.request.Request(
                f"http://{door}/matches/byContent", canary_picture(), {"content-type": "image/png"}
            ),
            urllib.request.Request(f"http://{door}/manifests/{WORD}"),
        ):
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(asked, timeout=30).close()
