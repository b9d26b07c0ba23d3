"""The Soft Binding Resolution API: each path, its parameters, and its status codes."""

import base64
import json
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

import c2pa_signer.manifest
from c2pa_signer.manifest import Ingredient, Part, plan
from provenance.embedded import manifest_store
from provenance.http_door import HttpError, Request, Response
from provenance.jumbf import manifest_labels
from provenance.opened import open_records
from provenance.record import PDQ_ALGORITHM, Record, Records
from provenance.softbinding import WATERMARK_ALGORITHM, Match, SoftBinding
from tests.unit import signing
from tests.unit.provenance_records import digest, record

BINDING = digest("binding")
KEPT = record(binding=BINDING, watermark=b"12345678")
NEAR = Match("urn:c2pa:near", 88)
SEEN = (Match(KEPT.manifest_label, 97), Match("urn:c2pa:other", 60))
MANIFEST = b"the bytes of a manifest store"


async def near(binding: bytes, most: int) -> Sequence[Match]:
    return [NEAR][:most] if binding == BINDING else []


async def look(picture: bytes, most: int) -> Sequence[Match]:
    assert picture == signing.picture()
    return SEEN[:most]


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    store = await open_records(str(tmp_path / "records.db"))
    await store.put(KEPT, MANIFEST)
    yield store
    await store.close()


@pytest.fixture
def api(records: Records) -> SoftBinding:
    return SoftBinding(records, near, look, watermarks=True)


def get(path: str, **query: str) -> Request:
    return Request("GET", path, query, "", b"")


def post(path: str, body: bytes, kind: str, **query: str) -> Request:
    return Request("POST", path, query, kind, body)


def b64(value: bytes | str) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def matches(response: Response) -> dict[str, int]:
    assert (response.status, response.kind) == (HTTPStatus.OK, "application/json")
    return {each["manifestId"]: each["similarityScore"] for each in json.loads(response.body)["matches"]}


def test_the_algorithm_is_called_as_the_signer_calls_it() -> None:
    assert PDQ_ALGORITHM == c2pa_signer.manifest.PDQ_ALGORITHM


async def test_algorithms(api: SoftBinding, records: Records) -> None:
    found = await api.answer(get("/services/supportedAlgorithms"))
    assert json.loads(found.body) == {
        "watermarks": [{"alg": WATERMARK_ALGORITHM}],
        "fingerprints": [{"alg": PDQ_ALGORITHM}],
    }
    without = await SoftBinding(records, near, look).answer(get("/services/supportedAlgorithms"))
    assert json.loads(without.body)["watermarks"] == []


@pytest.mark.parametrize(
    "value",
    [
        b64(BINDING.hex()),
        b64(BINDING.hex().upper()),
        b64(BINDING),
        base64.urlsafe_b64encode(BINDING).decode(),
        b64(BINDING).replace("+", " "),
    ],
)
async def test_by_binding_finds_the_same_and_the_near(api: SoftBinding, value: str) -> None:
    found = await api.answer(get("/matches/byBinding", alg=PDQ_ALGORITHM, value=value))
    assert matches(found) == {KEPT.manifest_label: 100, NEAR.label: NEAR.score}
    body = json.dumps({"alg": PDQ_ALGORITHM, "value": value}).encode()
    assert (await api.answer(post("/matches/byBinding", body, "application/json"))).body == found.body


async def test_by_binding_finds_watermarks(api: SoftBinding) -> None:
    asked = get("/matches/byBinding", alg=WATERMARK_ALGORITHM, value=b64(b"12345678".hex()))
    assert matches(await api.answer(asked)) == {KEPT.manifest_label: 100}


async def test_what_nobody_made_has_no_matches(api: SoftBinding) -> None:
    asked = get("/matches/byBinding", alg=PDQ_ALGORITHM, value=b64(digest("nobody")))
    assert json.loads((await api.answer(asked)).body) == {"matches": []}


async def test_the_strongest_come_first_and_no_more_than_asked_for(api: SoftBinding) -> None:
    asked = get("/matches/byBinding", alg=PDQ_ALGORITHM, value=b64(BINDING), maxResults="1")
    assert matches(await api.answer(asked)) == {KEPT.manifest_label: 100}


async def test_by_content(api: SoftBinding) -> None:
    found = await api.answer(post("/matches/byContent", signing.picture(), "image/jpeg"))
    assert matches(found) == {each.label: each.score for each in SEEN}
    one = await api.answer(post("/matches/byContent", signing.picture(), "image/jpeg", maxResults="1"))
    assert matches(one) == {KEPT.manifest_label: 97}


async def test_a_hint_adds_what_it_finds(api: SoftBinding) -> None:
    hint = {"hintAlg": PDQ_ALGORITHM, "hintValue": b64(BINDING)}
    found = await api.answer(post("/matches/byContent", signing.picture(), "image/jpeg", **hint))
    assert matches(found) == {KEPT.manifest_label: 100, NEAR.label: NEAR.score, "urn:c2pa:other": 60}


async def test_a_manifest_comes_as_it_was_kept(api: SoftBinding) -> None:
    found = await api.answer(get(f"/manifests/{KEPT.manifest_label}"))
    assert (found.status, found.kind, found.body) == (HTTPStatus.OK, "application/c2pa", MANIFEST)
    encoded = KEPT.manifest_label.replace(":", "%3A")
    assert (await api.answer(get(f"/manifests/{encoded}", returnActiveManifest="false"))).body == MANIFEST


async def test_the_active_manifest_alone(api: SoftBinding, records: Records, tmp_path: Path) -> None:
    signer = signing.signer(tmp_path)
    first = signer.sign(signing.picture(), "image/jpeg", plan(signing.FACTS, "image/jpeg"))
    parent = Ingredient(Part.SOURCE, "image/jpeg", first.data)
    signed = signer.sign(first.data, "image/jpeg", plan(signing.FACTS, "image/jpeg", [parent]))
    store = manifest_store(signed.data)
    kept: Record = record(manifest_label=signed.manifest_label)
    await records.put(kept, store)
    found = await api.answer(get(f"/manifests/{kept.manifest_label}", returnActiveManifest="true"))
    assert manifest_labels(found.body) == (kept.manifest_label,)
    assert len(manifest_labels(store)) == 2


BY_BINDING = "/matches/byBinding"
JSON = "application/json"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/"), 404),
        (get("/matches"), 404),
        (get("/matches/byReference"), 404),
        (get("/manifests/urn:c2pa:nobody"), 404),
        (get("/manifests/" + "x" * 300), 400),
        (get("/manifests/a%20b"), 400),
        (get("/manifests/x", returnActiveManifest="perhaps"), 400),
        (post("/manifests/x", b"", ""), 405),
        (post("/services/supportedAlgorithms", b"", ""), 405),
        (get("/matches/byContent"), 405),
        (Request("DELETE", BY_BINDING, {}, "", b""), 405),
        (get(BY_BINDING), 400),
        (get(BY_BINDING, alg=PDQ_ALGORITHM), 400),
        (get(BY_BINDING, alg="com.example.other", value=b64(BINDING)), 400),
        (get(BY_BINDING, alg=PDQ_ALGORITHM, value="!!"), 400),
        (get(BY_BINDING, alg=PDQ_ALGORITHM, value=b64("short")), 400),
        (get(BY_BINDING, alg=PDQ_ALGORITHM, value=b64("z" * 64)), 400),
        (get(BY_BINDING, alg=PDQ_ALGORITHM, value=b64(BINDING), maxResults="0"), 400),
        (get(BY_BINDING, alg=PDQ_ALGORITHM, value=b64(BINDING), maxResults="many"), 400),
        (post(BY_BINDING, b"{}", "text/plain"), 415),
        (post(BY_BINDING, b"{", JSON), 400),
        (post(BY_BINDING, b"[" * 100_000, JSON), 400),
        (post(BY_BINDING, b"[]", JSON), 400),
        (post(BY_BINDING, b'{"alg": 1, "value": null}', JSON), 400),
        (post("/matches/byContent", b"", "image/png"), 415),
        (post("/matches/byContent", b"not a picture", "image/png"), 415),
        (post("/matches/byContent", signing.picture(), "text/plain"), 415),
        (post("/matches/byContent", signing.picture(), "image/jpeg", alg="com.example.other"), 400),
    ],
)
async def test_what_is_refused(api: SoftBinding, request_: Any, status: int) -> None:
    with pytest.raises(HttpError) as caught:
        await api.answer(request_)
    assert caught.value.status == status
    if status == 405:
        assert caught.value.headers["Allow"]


async def test_a_watermark_is_no_algorithm_where_none_is_used(records: Records) -> None:
    asked = get(BY_BINDING, alg=WATERMARK_ALGORITHM, value=b64(b"12345678"))
    with pytest.raises(HttpError) as caught:
        await SoftBinding(records, near, look).answer(asked)
    assert caught.value.status == HTTPStatus.BAD_REQUEST
