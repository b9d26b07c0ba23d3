"""From signed assets to records: once each, with what the picture itself says, and nothing lost."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from c2pa_signer.manifest import plan
from c2pa_signer.sign import Signed, Signer
from provenance.consume import Seen, SignedRecords
from provenance.embedded import manifest_store
from provenance.opened import open_records
from provenance.record import Record, Records
from sluice.bus.record import Record as LogRecord
from sluice.bus.topics import Topic
from sluice.errors import PoisonError, RetryableError, SluiceError, TerminalError
from sluice.host.hops import Hops
from sluice.objects import DigestMismatchError, NotFoundError, ObjectStore, signed_key
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import headers_of, of_request
from sluice.v1.asset_pb2 import SignedAsset
from tests.unit import signing
from tests.unit.build import REQUEST_ID
from tests.unit.provenance_records import digest

SEEN = Seen(digest("pixels"), 90, (digest("original"), digest("mirror")), b"12345678")


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    signer: Signer = signing.signer(tmp_path_factory.mktemp("certs"))
    return signer.sign(signing.picture(), "image/jpeg", plan(signing.FACTS, "image/jpeg"))


@dataclass
class Stand:
    handler: SignedRecords
    records: Records
    store: ObjectStore
    metrics: Metrics
    looked: list[bytes] = field(default_factory=list)
    trouble: list[SluiceError] = field(default_factory=list)

    async def asset(self, signed: Signed, stored: bool = True) -> SignedAsset:
        sha256 = hashlib.sha256(signed.data).digest()
        reference = await self.store.put(signed_key(REQUEST_ID, sha256, "jpg"), signed.data, signed.media_type)
        if not stored:
            remove(reference.uri)
        return SignedAsset(
            request_id=REQUEST_ID,
            signed=reference,
            source_sha256=digest("source"),
            manifest_label=signed.manifest_label,
            certificate_serial=signed.certificate_serial,
            policy_digest=digest("policy"),
            signed_at_ms=1_700_000_000_000,
        )

    async def all(self) -> Sequence[Record]:
        return await self.records.after(0, 100)


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    records = await open_records(str(tmp_path / "records.db"))
    store = ObjectStore.open((tmp_path / "objects").as_uri())
    metrics = Metrics("test")

    async def see(picture: bytes) -> Seen:
        made.looked.append(picture)
        if made.trouble:
            raise made.trouble.pop()
        return SEEN

    made = Stand(SignedRecords(store, records, see, metrics, waits=(0.0, 0.0)), records, store, metrics)
    yield made
    await records.close()


def remove(uri: str) -> None:
    Path(uri.removeprefix("file://")).unlink()


def overwrite(uri: str, data: bytes) -> None:
    Path(uri.removeprefix("file://")).write_bytes(data)


def record(value: bytes) -> LogRecord:
    return LogRecord(Topic.SIGNED, 0, 7, REQUEST_ID.encode(), value, 0)


async def test_a_signed_picture_becomes_a_record(stand: Stand, signed: Signed) -> None:
    asset = await stand.asset(signed)
    assert await stand.handler.handle(record(asset.SerializeToString())) == ()
    (kept,) = await stand.all()
    assert kept == Record(
        number=kept.number,
        request_id=REQUEST_ID,
        manifest_label=signed.manifest_label,
        certificate_serial=signed.certificate_serial,
        object_key=stand.store.key(asset.signed.uri),
        media_type="image/jpeg",
        size_bytes=len(signed.data),
        signed_sha256=hashlib.sha256(signed.data).digest(),
        source_sha256=digest("source"),
        pixels_sha256=SEEN.pixels_sha256,
        quality=90,
        hashes=SEEN.hashes,
        watermark=b"12345678",
        policy_digest=digest("policy"),
        signed_at_ms=1_700_000_000_000,
        binding=signing.FACTS.pdq,
    )
    assert await stand.records.manifest(signed.manifest_label) == manifest_store(signed.data)
    assert stand.looked == [signed.data]


async def test_a_redelivery_writes_nothing_and_reads_no_picture(stand: Stand, signed: Signed) -> None:
    value = (await stand.asset(signed)).SerializeToString()
    for _ in range(3):
        await stand.handler.handle(record(value))
    assert len(await stand.all()) == 1
    assert len(stand.looked) == 1
    assert b'sluice_provenance_assets_total{outcome="known",service="test"} 2.0' in stand.metrics.text()
    assert b'sluice_provenance_assets_total{outcome="written",service="test"} 1.0' in stand.metrics.text()


async def test_trouble_with_the_look_leaves_no_record_and_is_tried_again(stand: Stand, signed: Signed) -> None:
    value = (await stand.asset(signed)).SerializeToString()
    stand.trouble.append(RetryableError("no child"))
    with pytest.raises(RetryableError):
        await stand.handler.handle(record(value))
    assert await stand.all() == []
    await stand.handler.handle(record(value))
    assert len(await stand.all()) == 1


async def test_a_picture_that_is_late_is_waited_for(tmp_path: Path, stand: Stand, signed: Signed) -> None:
    asset = await stand.asset(signed, stored=False)
    tries = 0

    class Late(ObjectStore):
        async def get(self, reference: object, limit: int) -> bytes:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise NotFoundError("not yet")
            return signed.data

    async def see(_: bytes) -> Seen:
        return SEEN

    late = Late(stand.store.url, stand.store._store)
    await SignedRecords(late, stand.records, see, stand.metrics, (0.0, 0.0)).handle(record(asset.SerializeToString()))
    assert (tries, len(await stand.all())) == (3, 1)


async def test_a_picture_that_is_not_there_is_an_error_that_makes_a_dead_letter(stand: Stand, signed: Signed) -> None:
    asset = await stand.asset(signed, stored=False)
    with pytest.raises(NotFoundError):
        await stand.handler.handle(record(asset.SerializeToString()))
    assert await stand.all() == []


Change = Callable[[SignedAsset], None]


@pytest.mark.parametrize(
    "change",
    [
        lambda asset: asset.ClearField("request_id"),
        lambda asset: asset.ClearField("manifest_label"),
        lambda asset: asset.ClearField("certificate_serial"),
        lambda asset: setattr(asset, "request_id", "nobody"),
        lambda asset: setattr(asset, "manifest_label", "urn:c2pa:another"),
    ],
)
async def test_what_is_not_as_the_asset_says_is_poison(stand: Stand, signed: Signed, change: Change) -> None:
    asset = await stand.asset(signed)
    change(asset)
    with pytest.raises(PoisonError):
        await stand.handler.handle(record(asset.SerializeToString()))
    assert await stand.all() == []


async def test_other_bytes_than_the_asset_says_are_refused(stand: Stand, signed: Signed) -> None:
    asset = await stand.asset(signed)
    overwrite(asset.signed.uri, signed.data[:-1] + b"\x00")
    with pytest.raises(DigestMismatchError):
        await stand.handler.handle(record(asset.SerializeToString()))


async def test_a_picture_without_a_manifest_is_refused(stand: Stand) -> None:
    bare = Signed(signing.picture(), "image/jpeg", "urn:c2pa:nobody", "1")
    with pytest.raises(TerminalError, match="no manifest store"):
        await stand.handler.handle(record((await stand.asset(bare)).SerializeToString()))


async def test_what_is_no_asset_is_poison(stand: Stand) -> None:
    with pytest.raises(PoisonError):
        await stand.handler.handle(record(b"\xff\xff\xff"))


async def test_how_long_looking_and_recording_took_is_told(stand: Stand, signed: Signed) -> None:
    spans = KeptSpans()
    asset = await stand.asset(signed)

    async def see(_: bytes) -> Seen:
        return SEEN

    handler = SignedRecords(stand.store, stand.records, see, stand.metrics, (), spans)
    asked = replace(record(asset.SerializeToString()), headers=headers_of(of_request(REQUEST_ID)))
    handling = Hops("sluice-provenance", spans).begin(asked)
    with handling:
        await handler.handle(asked)
    handling.tell("nothing")
    look, put, hop = spans.told
    assert [(span.name, span.parent) for span in (look, put)] == [
        ("look", hop.context.span_id),
        ("record", hop.context.span_id),
    ]
    assert look.attributes == {"sluice.bytes": len(signed.data)}
