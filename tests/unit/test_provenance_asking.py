"""Settings, trust, and the doors' way to an answer, with real pictures in a real store."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import grpc
import numpy as np
import pytest
from PIL import Image

from c2pa_signer.manifest import plan
from c2pa_signer.sign import Signed
from provenance.asking import Asking
from provenance.consume import Seen
from provenance.following import Following
from provenance.http_door import HttpError
from provenance.index import FingerprintIndex
from provenance.opened import open_records
from provenance.record import Record
from provenance.rpc import ProvenanceRpc
from provenance.seeing import Seeing
from provenance.settings import ProvenanceSettings, read_provenance_settings
from provenance.softbinding import Match
from provenance.trust import read_anchors
from provenance.watermark import Watermark
from sluice.errors import ConfigError, NotReadyError
from sluice.host.readiness import Readiness
from sluice.host.room import Room
from sluice.objects import NotFoundError, ObjectStore, TooLargeError, signed_key
from sluice.settings import Reader
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1 import provenance_pb2
from sluice.v1.provenance_pb2 import FindRequest, FindResponse
from sluice.v1.provenance_pb2_grpc import ProvenanceStub, add_ProvenanceServicer_to_server
from tests.unit import signing
from tests.unit.build import REQUEST_ID
from tests.unit.grpc_door import serving
from tests.unit.provenance_records import record

HOME = Path("/home/of/sluice")
MARK = Watermark(b"a key of the tests'")
MOST_BYTES = 1 << 20


def settings(**env: str) -> ProvenanceSettings:
    reader = Reader(env)
    found = read_provenance_settings(reader, HOME)
    reader.finish()
    return found


def test_by_default_records_lie_in_the_home_and_are_kept() -> None:
    found = settings()
    assert (found.database, found.http, found.keep_days) == ("/home/of/sluice/provenance.db", "", 0)
    assert (found.anchors, found.watermark_keys) == ((HOME / "certs" / "root.pem",), ())


def test_what_is_set_is_taken() -> None:
    url = "postgresql://sluice@db/provenance"
    found = settings(SLUICE_PROVENANCE_DB=url, SLUICE_C2PA_ANCHORS="/a.pem,/b.pem", SLUICE_WATERMARK_KEYS="/key")
    assert (found.database, found.anchors) == (url, (Path("/a.pem"), Path("/b.pem")))
    assert found.watermark_keys == (Path("/key"),)
    assert settings(SLUICE_C2PA_CERTS="/real").anchors == (Path("/real/root.pem"),)


@pytest.mark.parametrize("wrong", [{"SLUICE_PROVENANCE_KEEP_DAYS": "-1"}, {"SLUICE_PROVENANCE_HTTP": "nowhere"}])
def test_what_is_wrong_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        settings(**wrong)


def test_anchors_are_read_or_it_says_what_to_do(tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    with pytest.raises(NotReadyError, match="sluice dev certs"):
        read_anchors([root])
    root.write_text("no certificate")
    with pytest.raises(NotReadyError, match="SLUICE_C2PA_ANCHORS"):
        read_anchors([root])
    root.write_text(signing.anchor())
    assert read_anchors([root, root]) == signing.anchor() * 2


def saved(picture: bytes, quality: int = 80) -> bytes:
    """Saved again, as JPEG: without credentials, and other pixels."""
    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


@dataclass
class Stand:
    asking: Asking
    signed: bytes
    kept: Record
    objects: Path


@dataclass
class Made:
    signed: Signed
    seen: Seen


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A signed and marked picture, looked at once for all tests."""
    plain = np.asarray(Image.open(io.BytesIO(signing.picture("PNG"))).convert("RGB"))
    marked = io.BytesIO()
    Image.fromarray(MARK.embed(plain, MARK.mark(b"picture"[:6]))).save(marked, "PNG")
    signer = signing.signer(tmp_path_factory.mktemp("certs"))
    signed = signer.sign(marked.getvalue(), "image/png", plan(signing.FACTS, "image/png"))
    seen = asyncio.run(look_once(signed.data))
    assert seen.watermark == MARK.mark(b"picture"[:6])
    return Made(signed, seen)


async def look_once(picture: bytes) -> Seen:
    seeing = Seeing(1, [MARK], Log("test"))
    try:
        return await seeing.see(picture)
    finally:
        await seeing.close()


@pytest.fixture
async def stand(made: Made, tmp_path: Path) -> AsyncIterator[Stand]:
    """The picture on record."""
    signed, seen = made.signed, made.seen
    sha256 = hashlib.sha256(signed.data).digest()
    store = ObjectStore.open((tmp_path / "objects").as_uri())
    key = signed_key(REQUEST_ID, sha256, "png")
    await store.put(key, signed.data, "image/png")
    records = await open_records(str(tmp_path / "records.db"))
    whole = record(
        request_id=REQUEST_ID,
        manifest_label=signed.manifest_label,
        certificate_serial=signed.certificate_serial,
        object_key=key,
        signed_sha256=sha256,
        pixels_sha256=seen.pixels_sha256,
        hashes=seen.hashes,
        watermark=seen.watermark,
    )
    await records.put(whole, b"manifest")
    index = FingerprintIndex()
    await Following(records, index, Readiness("", Log("test")), Metrics("test")).catch_up()
    (kept,) = await records.by_label(signed.manifest_label)
    asking = Asking(records, index, store, signing.anchor(), MOST_BYTES, [MARK])
    yield Stand(asking, signed.data, kept, tmp_path / "objects")
    index.close()
    await records.close()


async def ask(stand: Stand, picture: bytes, most: int = 0) -> FindResponse:
    servicer = ProvenanceRpc()
    servicer.asking, servicer.room = stand.asking, Room(10)
    options = [("grpc.max_send_message_length", -1)]
    async with serving(lambda server: add_ProvenanceServicer_to_server(servicer, server), options=options) as channel:
        found: FindResponse = await ProvenanceStub(channel).Find(FindRequest(image=picture, max_results=most))
        return found


async def test_the_signed_picture_is_told_with_all_that_is_on_record(stand: Stand) -> None:
    answer = await ask(stand, stand.signed)
    (found,) = answer.findings
    assert (answer.answer, found.evidence) == (provenance_pb2.ANSWER_OURS, provenance_pb2.EVIDENCE_CREDENTIAL)
    kept = stand.kept
    assert (found.request_id, found.manifest_label, found.certificate_serial, found.media_type) == (
        kept.request_id, kept.manifest_label, kept.certificate_serial, kept.media_type
    )  # fmt: skip
    assert (found.signed_sha256, found.source_sha256, found.policy_digest, found.signed_at_ms) == (
        kept.signed_sha256, kept.source_sha256, kept.policy_digest, kept.signed_at_ms
    )  # fmt: skip


async def test_a_copy_that_lost_its_credentials_is_found_by_its_watermark(stand: Stand) -> None:
    answer = await ask(stand, saved(stand.signed))
    assert answer.answer == provenance_pb2.ANSWER_OURS
    assert answer.findings[0].evidence == provenance_pb2.EVIDENCE_WATERMARK
    assert await stand.asking.matches(saved(stand.signed), 3) == [Match(stand.kept.manifest_label, 99)]


async def test_a_picture_that_nobody_made_is_unknown(stand: Stand) -> None:
    answer = await ask(stand, signing.upload())
    assert (answer.answer, list(answer.findings)) == (provenance_pb2.ANSWER_UNKNOWN, [])


@pytest.mark.parametrize("image", [b"", b"no picture", b"\x89PNG\r\n\x1a\n cut off", bytes(MOST_BYTES + 1)])
async def test_what_is_no_picture_or_too_large_is_refused(stand: Stand, image: bytes) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(stand, image)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_over_http_what_is_no_picture_is_415(stand: Stand) -> None:
    with pytest.raises(HttpError) as caught:
        await stand.asking.matches(b"\x89PNG\r\n\x1a\n cut off", 3)
    assert caught.value.status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE


async def test_a_service_that_is_not_open_says_so() -> None:
    servicer = ProvenanceRpc()
    async with serving(lambda server: add_ProvenanceServicer_to_server(servicer, server)) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ProvenanceStub(channel).Find(FindRequest(image=b"x"))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_near_hashes_are_matched_by_their_distance(stand: Stand) -> None:
    near = bytes([stand.kept.hashes[0][0] ^ 0b101]) + stand.kept.hashes[0][1:]
    assert await stand.asking.near(near, 5) == [Match(stand.kept.manifest_label, 98)]
    assert await stand.asking.near(bytes(32), 5) == []


async def test_reading_an_object_by_its_key(stand: Stand) -> None:
    store = ObjectStore.open(stand.objects.as_uri())
    assert await store.read(stand.kept.object_key, len(stand.signed)) == stand.signed
    with pytest.raises(TooLargeError):
        await store.read(stand.kept.object_key, len(stand.signed) - 1)
    with pytest.raises(NotFoundError):
        await store.read("signed/nobody.png", 1)


async def test_many_at_once_take_turns(stand: Stand) -> None:
    answers = await asyncio.gather(*(stand.asking.ask(stand.signed, 1) for _ in range(6)))
    assert {answer.findings[0].label for answer in answers} == {stand.kept.manifest_label}
