"""Allowed pictures leave signed, and only those."""

import asyncio
from pathlib import Path

import grpc
import pytest

from sluice import samples
from sluice.local.state import Running
from sluice.objects import ObjectStore
from sluice.provenance import State, verify
from sluice.v1.c2pa_signer_pb2 import SignRequest
from sluice.v1.c2pa_signer_pb2_grpc import C2paSignerStub
from sluice.v1.request_pb2 import ROLE_GENERATED, STAGE_OUTPUT, Content, ObjectReference
from tests.integration.client import Client, action, ask, ask_output


def fetch(stack: Running, reference: ObjectReference) -> bytes:
    return asyncio.run(ObjectStore.open(stack.object_store).get(reference, 64 << 20))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_an_allowed_output_is_signed_for_its_decision(client: Client, stack: Running, kind: str) -> None:
    stored = client.prepare(samples.pictures()[2].encoded(kind), ROLE_GENERATED).reference
    picture = Content(role=ROLE_GENERATED, reference=stored)
    answer = client.moderate(ask(picture, stage=STAGE_OUTPUT))
    assert action(answer.decision) == "ALLOW"
    signed = fetch(stack, answer.asset.signed)
    anchors = (Path(stack.certificates) / "root.pem").read_text()
    found = verify(signed, answer.asset.signed.media_type, anchors)
    assert found.state is State.TRUSTED
    assert found.decision["request_id"] == answer.decision.request_id
    assert found.decision["policy_digest"] == answer.decision.policy_digest.hex()
    flipped = bytearray(signed)
    flipped[-20] ^= 1
    assert verify(bytes(flipped), answer.asset.signed.media_type, anchors).state is not State.TRUSTED


def test_the_signer_never_trusts_its_caller(client: Client) -> None:
    stub = C2paSignerStub(client.channels["c2pa-signer"])
    blocked = ask_output(samples.test_bank_pictures()[4].data)
    assert action(client.decide(blocked)) == "BLOCK"
    original = client.prepare(samples.test_bank_pictures()[4].data, ROLE_GENERATED).reference
    with pytest.raises(grpc.RpcError) as caught:
        stub.Sign(SignRequest(request_id=blocked.id, original=original), timeout=30)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION

    allowed = client.decide(ask_output(samples.pictures()[3].data))
    assert action(allowed) == "ALLOW"
    with pytest.raises(grpc.RpcError) as caught:
        stub.Sign(SignRequest(request_id=allowed.request_id, original=original), timeout=30)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_the_signer_answers_a_direct_call_for_what_was_allowed(client: Client) -> None:
    picture = samples.pictures()[4].data
    answer = client.moderate(ask_output(picture))
    original = client.prepare(picture, ROLE_GENERATED).reference
    stub = C2paSignerStub(client.channels["c2pa-signer"])
    found = stub.Sign(SignRequest(request_id=answer.decision.request_id, original=original), timeout=30)
    assert found.asset == answer.asset
