"""Pictures that the stack signed are found again, over gRPC and by the Soft Binding API."""

import asyncio
import base64
import io
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from PIL import Image

from provenance.embedded import manifest_store
from sluice import samples
from sluice.cli.status import Found
from sluice.local.health import ask_health
from sluice.local.ops import ask_ops
from sluice.local.state import Running
from sluice.objects import ObjectStore
from sluice.provenance import verify
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.provenance_pb2 import (
    ANSWER_OURS,
    ANSWER_UNKNOWN,
    EVIDENCE_CREDENTIAL,
    EVIDENCE_FINGERPRINT_CANDIDATE,
    EVIDENCE_FINGERPRINT_VERIFIED,
    FindRequest,
    FindResponse,
)
from sluice.v1.provenance_pb2_grpc import ProvenanceStub
from tests.integration.client import Client, action, ask_output

SECONDS = 120.0


@pytest.fixture(scope="module")
def asset(client: Client) -> SignedAsset:
    """Of a picture that the stack allowed."""
    answer = client.moderate(ask_output(samples.pictures()[5].data))
    assert action(answer.decision) == "ALLOW"
    return answer.asset


@pytest.fixture(scope="module")
def picture(stack: Running, asset: SignedAsset) -> bytes:
    return asyncio.run(ObjectStore.open(stack.object_store).get(asset.signed, 64 << 20))


def find(client: Client, image: bytes) -> FindResponse:
    return ProvenanceStub(client.channels["provenance"]).Find(FindRequest(image=image), timeout=SECONDS)


def found(client: Client, image: bytes) -> FindResponse:
    """As soon as it is on record: that comes a moment after the signature."""
    give_up = time.monotonic() + SECONDS
    while (answer := find(client, image)).answer != ANSWER_OURS or not answer.findings[0].request_id:
        assert time.monotonic() < give_up
        time.sleep(0.2)
    return answer


def call(stack: Running, path: str, body: bytes | None = None, kind: str = "") -> tuple[str, bytes]:
    """Content type and body."""
    headers = {"Content-Type": kind} if kind else {}
    asked = urllib.request.Request(f"http://{stack.services['provenance'].http}{path}", data=body, headers=headers)
    with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
        return answer.headers["Content-Type"], answer.read()


def matches(told: tuple[str, bytes]) -> Sequence[Mapping[str, Any]]:
    kind, body = told
    assert kind == "application/json"
    form = json.loads(body)
    assert list(form) == ["matches"]
    assert isinstance(form["matches"], list)
    return form["matches"]


def copy(picture: bytes, side: int = 400) -> bytes:
    """A smaller copy, as a web site makes one: without credentials."""
    out = io.BytesIO()
    opened = Image.open(io.BytesIO(picture)).convert("RGB")
    opened.thumbnail((side, side))
    opened.save(out, "JPEG", quality=80)
    return out.getvalue()


def test_a_signed_picture_is_known_by_its_credentials(client: Client, asset: SignedAsset, picture: bytes) -> None:
    best = found(client, picture).findings[0]
    assert best.evidence == EVIDENCE_CREDENTIAL
    assert (best.request_id, best.manifest_label) == (asset.request_id, asset.manifest_label)
    assert (best.signed_sha256, best.source_sha256) == (asset.signed.sha256, asset.source_sha256)
    assert (best.certificate_serial, best.policy_digest) == (asset.certificate_serial, asset.policy_digest)
    assert best.signed_at_ms == asset.signed_at_ms


def test_a_copy_is_known_by_its_looks(client: Client, asset: SignedAsset, picture: bytes) -> None:
    found(client, picture)
    best = find(client, copy(picture)).findings[0]
    assert best.evidence in (EVIDENCE_FINGERPRINT_VERIFIED, EVIDENCE_FINGERPRINT_CANDIDATE)
    assert best.manifest_label == asset.manifest_label


def test_a_blocked_picture_is_not_on_record(client: Client) -> None:
    blocked = samples.test_bank_pictures()[3].data
    assert action(client.decide(ask_output(blocked))) == "BLOCK"
    assert find(client, blocked).answer == ANSWER_UNKNOWN


def test_a_lost_manifest_is_got_back_by_the_soft_binding_api(
    stack: Running, client: Client, asset: SignedAsset, picture: bytes
) -> None:
    found(client, picture)
    (best, *_) = matches(call(stack, "/matches/byContent?maxResults=3", copy(picture), "image/jpeg"))
    assert best["manifestId"] == asset.manifest_label
    kind, store = call(stack, f"/manifests/{urllib.parse.quote(best['manifestId'], safe='')}")
    assert (kind, store) == ("application/c2pa", manifest_store(picture))


def test_by_the_binding_that_the_manifest_says(
    stack: Running, client: Client, asset: SignedAsset, picture: bytes
) -> None:
    found(client, picture)
    binding = verify(picture, asset.signed.media_type, "").assertions["c2pa.soft-binding"]
    value = base64.b64encode(binding["blocks"][0]["value"].encode()).decode()
    (algorithm,) = json.loads(call(stack, "/services/supportedAlgorithms")[1])["fingerprints"]
    assert algorithm == {"alg": binding["alg"]}
    query = urllib.parse.urlencode({"alg": binding["alg"], "value": value})
    best = matches(call(stack, f"/matches/byBinding?{query}"))[0]
    assert best == {"manifestId": asset.manifest_label, "similarityScore": 100}
    body = json.dumps({"alg": binding["alg"], "value": value}).encode()
    assert matches(call(stack, "/matches/byBinding", body, "application/json"))[0] == best


def test_what_nobody_signed_is_404(stack: Running) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(stack, "/manifests/urn:c2pa:00000000-0000-4000-8000-000000000000")
    with caught.value as answer:
        assert answer.code == 404


def test_status_shows_where_it_listens(stack: Running) -> None:
    at = stack.services["provenance"]
    lines = list(Found(at, ask_health(at.address), ask_ops(at.ops)).lines("provenance", 10))
    assert f"http://{at.http}" in lines[1]
