"""Ingest as it runs in a stack: what hides in a picture is found, broken ones get answers, nobody is fetched from."""

import io
from pathlib import Path

from PIL import Image

from sluice import samples
from sluice.local.health import Health, ask_health
from sluice.local.state import Running
from sluice.provenance import State, verify
from sluice.v1.request_pb2 import ROLE_GENERATED, ROLE_UPLOAD, STAGE_OUTPUT, Content, ObjectReference
from tests.fuzz.campaign import Inputs
from tests.integration.client import Client, action, ask, generated, prompt, rules, upload
from tests.integration.test_signing import fetch
from tests.unit.hostile_pictures import encoded

BROKEN = 210


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB").resize((400, 300))


HARMLESS = picture(samples.pictures()[2].data)
LISTED = picture(samples.test_bank_pictures()[4].data)


def test_a_listed_picture_in_a_frame_that_flashes_by_is_found(client: Client) -> None:
    frames = [HARMLESS, HARMLESS.rotate(180), LISTED, HARMLESS]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=[1000, 1000, 10, 1000])
    decision = client.decide(ask(prompt("brighter"), upload(data[: 1 << 20])))
    if len(data) > 1 << 20:
        stored = client.prepare(data, ROLE_UPLOAD).reference
        decision = client.decide(ask(prompt("brighter"), Content(role=ROLE_UPLOAD, reference=stored)))
    assert action(decision) == "BLOCK"
    assert {content.id for content in decision.contents} == {"c0", "c1", "c1.1", "c1.2"}
    (match,) = (reason for reason in decision.reasons if reason.rule == "known-csam")
    assert match.content_id == "c1.2"


def test_a_listed_picture_under_full_transparency_is_found(client: Client) -> None:
    hidden = LISTED.copy()
    hidden.putalpha(1)
    stored = client.prepare(encoded(hidden, "PNG"), ROLE_UPLOAD)
    assert [view.view for view in (stored.content, *stored.views)] == [
        "on white",
        "on black",
        "without transparency",
    ]
    decision = client.decide(ask(prompt("brighter"), Content(role=ROLE_UPLOAD, reference=stored.reference)))
    assert (action(decision), "known-csam" in rules(decision)) == ("BLOCK", True)


def test_a_transparent_output_leaves_signed_as_one_picture(client: Client, stack: Running) -> None:
    clear = HARMLESS.copy()
    clear.putalpha(Image.linear_gradient("L").resize(HARMLESS.size))
    answer = client.moderate(ask(generated(encoded(clear, "WEBP", quality=80)), stage=STAGE_OUTPUT))
    assert action(answer.decision) == "ALLOW"
    assert len(answer.decision.contents) > 1
    assert {content.role for content in answer.decision.contents} == {ROLE_GENERATED}
    signed = answer.asset.signed
    anchors = (Path(stack.certificates) / "root.pem").read_text()
    assert verify(fetch(stack, signed), signed.media_type, anchors).state is State.TRUSTED


def test_broken_pictures_get_an_answer_at_the_door(client: Client, stack: Running) -> None:
    inputs = Inputs.of(77)
    answers = [client.prepare(inputs.make(number)[2], ROLE_UPLOAD) for number in range(BROKEN)]
    read = [answer for answer in answers if answer.content.HasField("image")]
    assert all(answer.content.HasField("image") != bool(answer.content.unprocessable) for answer in answers)
    assert 0 < len(read) < BROKEN
    assert ask_health(stack.services["ingest"].address, 30.0) is Health.SERVING


def test_by_default_no_address_is_fetched(client: Client) -> None:
    reference = ObjectReference(uri="https://img.example.org/a.jpg", sha256=b"x" * 32, size_bytes=100)
    decision = client.decide(ask(prompt("brighter"), Content(role=ROLE_UPLOAD, reference=reference)))
    assert action(decision) == "BLOCK"
    assert {content.unprocessable for content in decision.contents if content.id == "c1"} == {"forbidden_uri"}
