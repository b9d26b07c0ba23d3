"""From an approved asset to a signed one, with everything but Kafka."""

import asyncio
import hashlib
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from c2pa_signer import worker
from c2pa_signer.manifest import Plan
from c2pa_signer.settings import Mining
from c2pa_signer.sign import Signed, Signer
from sluice.bus.record import Record
from sluice.errors import NotReadyError, PoisonError, RetryableError, TerminalError
from sluice.host.hops import Hops
from sluice.provenance import State
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import headers_of, of_request
from sluice.v1.asset_pb2 import ApprovedAsset
from sluice.v1.decision_pb2 import ACTION_BLOCK, Decision
from tests.unit.build import REQUEST_ID
from tests.unit.signer_records import stand
from tests.unit.signing import check, picture, signer


async def test_an_allowed_picture_is_signed_for_its_decision(tmp_path: Path) -> None:
    here = stand(tmp_path, mining=Mining.NOT_ALLOWED)
    record = await here.approve(picture())
    (out,) = await here.records.handle(record)
    assert (out.topic, out.partition, out.key) == ("assets.signed", 0, REQUEST_ID.encode())
    asset, data = await here.read(out)
    found = check(data)
    assert found.state is State.TRUSTED
    assert found.decision == {
        "request_id": REQUEST_ID,
        "action": "ALLOW",
        "policy_digest": "70" * 32,
        "content_digest": "63" * 32,
    }
    assert found.assertions["c2pa.soft-binding"]["blocks"] == [{"scope": {}, "value": "71" * 32}]
    assert "cawg.training-mining" in found.created
    assert (asset.manifest_label, asset.certificate_serial) == (found.label, found.serial)
    assert (asset.source_sha256, asset.policy_digest) == (hashlib.sha256(picture()).digest(), b"p" * 32)
    assert asset.signed.sha256 == hashlib.sha256(data).digest()
    assert asset.signed_at_ms > 0


async def test_how_long_signing_took_is_told_and_not_by_which_key(tmp_path: Path) -> None:
    spans = KeptSpans()
    here = stand(tmp_path, spans=spans)
    record = replace(await here.approve(picture()), headers=headers_of(of_request(REQUEST_ID)))
    handling = Hops("sluice-c2pa-signer", spans).begin(record)
    with handling:
        out = await here.records.handle(record)
    handling.caused(out)
    handling.tell("done")
    sign, hop = spans.told
    assert (sign.name, sign.parent, sign.error) == ("sign", hop.context.span_id, "")
    assert sign.attributes == {
        "sluice.key_kind": "PrivateKey",
        "sluice.format": "image/jpeg",
        "sluice.bytes": len(picture()),
    }


async def test_what_the_log_has_is_not_signed_again(tmp_path: Path) -> None:
    here = stand(tmp_path)
    record = await here.approve(picture())
    (out,) = await here.records.handle(record)
    here.signed.values[REQUEST_ID] = out.value
    assert await here.records.handle(record) == ()
    before = await here.records.signed_before(REQUEST_ID)
    assert before is not None
    assert before.SerializeToString() == out.value


async def test_without_a_decision_that_allows_these_bytes_nothing_is_signed(tmp_path: Path) -> None:
    here = stand(tmp_path)
    record = await here.approve(picture())
    decision = Decision.FromString(here.decisions.values[REQUEST_ID])
    decision.contents[0].sha256 = b"x" * 32
    here.decisions.values[REQUEST_ID] = decision.SerializeToString()
    with pytest.raises(TerminalError, match="the decision is of other bytes"):
        await here.records.handle(record)
    decision.action = ACTION_BLOCK
    here.decisions.values[REQUEST_ID] = decision.SerializeToString()
    with pytest.raises(TerminalError, match="the decision is BLOCK"):
        await here.records.handle(record)
    del here.decisions.values[REQUEST_ID]
    with pytest.raises(TerminalError, match="no decision"):
        await here.records.handle(record)


async def test_a_type_that_nobody_signs_is_refused(tmp_path: Path) -> None:
    here = stand(tmp_path)
    record = await here.approve(b"BM a bitmap")
    with pytest.raises(TerminalError, match="no way to sign application/octet-stream"):
        await here.records.handle(record)


async def test_what_is_no_record_is_poison(tmp_path: Path) -> None:
    with pytest.raises(PoisonError, match="not an approved asset"):
        await stand(tmp_path).records.handle(Record("assets.approved", 0, 0, b"", b"\xff\xff", 0))


async def test_a_picture_without_a_hash_is_not_bound_to_one(tmp_path: Path) -> None:
    here = stand(tmp_path)
    (out,) = await here.records.handle(await here.approve(picture(), pdq=b""))
    _, data = await here.read(out)
    assert "c2pa.soft-binding" not in check(data).assertions


class Watched(Signer):
    """A signer that says on which thread it worked, or that its certificate has expired."""

    thread = ""
    expired = False

    def sign(self, picture: bytes, media_type: str, plan: Plan) -> Signed:
        if self.expired:
            raise NotReadyError("signing certificate 1 expired")
        Watched.thread = threading.current_thread().name
        return super().sign(picture, media_type, plan)


async def test_the_event_loop_never_signs(tmp_path: Path) -> None:
    signer(tmp_path)
    await stand(tmp_path, Watched.open(tmp_path)).sign(picture())
    assert Watched.thread.startswith("sign")


class Counting(Signer):
    """A signer that knows how many signatures were under way at once."""

    lock = threading.Lock()
    now = most = 0

    def sign(self, picture: bytes, media_type: str, plan: Plan) -> Signed:
        with self.lock:
            Counting.now += 1
            Counting.most = max(Counting.most, Counting.now)
        try:
            time.sleep(0.02)
            return super().sign(picture, media_type, plan)
        finally:
            with self.lock:
                Counting.now -= 1


async def test_few_large_pictures_are_in_memory_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signer(tmp_path)
    here = stand(tmp_path, Counting.open(tmp_path))
    record = await here.approve(picture())
    await asyncio.gather(*(here.records.handle(record) for _ in range(12)))
    assert Counting.most > worker.LARGE_AT_ONCE
    monkeypatch.setattr(Counting, "most", 0)
    monkeypatch.setattr(worker, "LARGE", len(picture()) - 1)
    await asyncio.gather(*(here.records.handle(record) for _ in range(12)))
    assert 0 < Counting.most <= worker.LARGE_AT_ONCE


async def test_an_expired_certificate_is_worth_another_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signer(tmp_path)
    here = stand(tmp_path, Watched.open(tmp_path))
    monkeypatch.setattr(Watched, "expired", True)
    with pytest.raises(RetryableError, match="expired"):
        await here.sign(picture())


async def test_nothing_of_the_record_but_ids_and_digests_reaches_the_file(tmp_path: Path) -> None:
    """The decision knows a tenant, and the store's addresses may hold names: none of it is for the public."""
    here = stand(tmp_path)
    record = await here.approve(picture())
    decision = Decision.FromString(here.decisions.values[REQUEST_ID])
    decision.tenant, decision.policy_version = "tenant-of-secrets", "version-of-secrets"
    decision.labels.append("label-of-secrets")
    here.decisions.values[REQUEST_ID] = decision.SerializeToString()
    (out,) = await here.records.handle(record)
    _, data = await here.read(out)
    approved = ApprovedAsset.FromString(record.value)
    for secret in ("of-secrets", approved.original.uri, "file://", str(tmp_path)):
        assert secret.encode() not in data


async def test_a_picture_that_waited_until_its_decision_left_memory_is_signed_all_the_same(tmp_path: Path) -> None:
    asked: list[tuple[str, int, int]] = []
    log: dict[str, bytes] = {}

    def kept(request_id: str, partition: int, at_ms: int) -> Record | None:
        asked.append((request_id, partition, at_ms))
        return Record("d", partition, 0, request_id.encode(), log[request_id], at_ms) if request_id in log else None

    here = stand(tmp_path, kept=kept)
    record = replace(await here.approve(picture()), timestamp_ms=1_700_000_000_000)
    log[REQUEST_ID] = here.decisions.values.pop(REQUEST_ID)
    (out,) = await here.records.handle(record)
    _, data = await here.read(out)
    assert check(data).state is State.TRUSTED
    assert asked == [(REQUEST_ID, 0, 1_700_000_000_000)]
    # What is found there is held against the picture as any decision is.
    decision = Decision.FromString(log[REQUEST_ID])
    decision.contents[0].sha256 = b"x" * 32
    log[REQUEST_ID] = decision.SerializeToString()
    with pytest.raises(TerminalError, match="of other bytes"):
        await here.records.handle(record)
    decision.action = ACTION_BLOCK
    log[REQUEST_ID] = decision.SerializeToString()
    with pytest.raises(TerminalError, match="no decision"):
        await here.records.handle(record)
