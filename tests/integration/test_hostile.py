"""Bad input: each ends in a decision or a dead letter with its reason, and no service dies."""

import random
import struct
import time
import zlib

import pytest

from sluice import samples
from sluice.bus.clients import plain_producer
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.ids import new_request_id
from sluice.local.health import Health, ask_health
from sluice.local.state import Running
from sluice.settings import KafkaSettings
from sluice.v1.dead_letter_pb2 import (
    DEAD_LETTER_REASON_CONFLICT,
    DEAD_LETTER_REASON_INVALID_REQUEST_ID,
    DEAD_LETTER_REASON_MALFORMED,
    DeadLetter,
)
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import ROLE_UPLOAD, Content, ObjectReference
from tests.integration.client import Client, action, ask, prompt, rules, upload
from tests.integration.topics import of_request, read_until


def bomb() -> bytes:
    """A PNG of 20,000 x 20,000 pixels in half a megabyte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + 20_000)
    pixels = b"".join(packer.compress(row) for _ in range(20_000)) + packer.flush()
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


HOSTILE = {
    "truncated": samples.pictures()[0].encoded("JPEG")[:20_000],
    "too_many_pixels": bomb(),
    "empty": b"",
    "unknown_type": random.Random(5).randbytes(5000),
    "too_large_inline": b"\xff\xd8\xff" + bytes((1 << 20) + 1),
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_a_hostile_upload_is_blocked_with_its_reason(client: Client, reason: str) -> None:
    decision = client.decide(ask(prompt("brighter"), upload(HOSTILE[reason])))
    assert (action(decision), rules(decision)) == ("BLOCK", {"unprocessable"})
    assert {content.unprocessable for content in decision.contents if content.id == "c1"} == {reason}


def test_a_gif_is_a_gif_whatever_its_name(client: Client) -> None:
    gif = samples.pictures()[0].encoded("GIF")
    declared = client.prepare(gif, ROLE_UPLOAD, "image/png")
    assert declared.content.unprocessable
    assert action(client.decide(ask(prompt("brighter"), upload(gif)))) == "ALLOW"


def test_30_megabytes_are_too_large_and_still_get_a_decision(client: Client) -> None:
    answer = client.prepare(bytes(30 << 20), ROLE_UPLOAD)
    assert answer.content.unprocessable
    reference = ObjectReference(sha256=b"x" * 32, size_bytes=30 << 20)
    decision = client.decide(ask(prompt("brighter"), Content(role=ROLE_UPLOAD, reference=reference)))
    assert (action(decision), rules(decision)) == ("BLOCK", {"unprocessable"})


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "http://127.0.0.1/x", "../../etc/passwd", ""])
def test_a_reference_that_is_not_ours_is_not_followed(client: Client, uri: str) -> None:
    reference = ObjectReference(uri=uri, sha256=b"x" * 32, size_bytes=100)
    decision = client.decide(ask(prompt("brighter"), Content(role=ROLE_UPLOAD, reference=reference)))
    assert (action(decision), rules(decision)) == ("BLOCK", {"unprocessable"})


def test_a_reference_with_another_digest_or_size_is_refused_as_if_nothing_were_there(client: Client) -> None:
    stored = client.prepare(samples.pictures()[1].data, ROLE_UPLOAD).reference
    told: set[tuple[str, str]] = set()
    for changed in ({"sha256": b"x" * 32}, {"size_bytes": stored.size_bytes + 1}, {"uri": stored.uri[:-4] + "0000"}):
        reference = ObjectReference(**{**{f.name: value for f, value in stored.ListFields()}, **changed})
        decision = client.decide(ask(prompt("brighter"), Content(role=ROLE_UPLOAD, reference=reference)))
        assert action(decision) == "BLOCK"
        assert [content.unprocessable for content in decision.contents] == ["", "not_found"]
        told |= {(reason.rule, reason.detail) for reason in decision.reasons}
    assert len(told) == 1


def publish(kafka: KafkaSettings, value: bytes, key: bytes) -> None:
    producer = plain_producer(kafka)
    producer.produce(Topic.REQUESTS, value, key=key)
    assert producer.flush(10) == 0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"not a message of ours \xff\xff\xff", DEAD_LETTER_REASON_MALFORMED),
        (random.Random(3).randbytes(3000), DEAD_LETTER_REASON_MALFORMED),
        (b"", DEAD_LETTER_REASON_MALFORMED),
        (ask(prompt("x"), request_id="17").SerializeToString(), DEAD_LETTER_REASON_INVALID_REQUEST_ID),
    ],
    ids=["words", "noise", "empty", "bad-id"],
)
def test_what_is_not_a_request_is_a_dead_letter(kafka: KafkaSettings, value: bytes, reason: int) -> None:
    key = new_request_id().encode()
    publish(kafka, value, key)
    (record,) = of_request(kafka, Topic.DEAD_LETTERS, key.decode())
    letter = DeadLetter.FromString(record.value)
    assert (letter.reason, letter.topic, letter.service) == (reason, Topic.REQUESTS, "ingest")
    assert (letter.size_bytes, letter.value.size_bytes) == (len(value), len(value))
    assert letter.detail


def test_a_conflict_on_the_bus_is_a_dead_letter_and_no_second_decision(client: Client, kafka: KafkaSettings) -> None:
    request = ask(prompt("a green door"))
    client.decide(request)
    other = ask(prompt("a blue door"), request_id=request.id)
    publish(kafka, other.SerializeToString(), request.id.encode())
    (record,) = of_request(kafka, Topic.DEAD_LETTERS, request.id)
    assert DeadLetter.FromString(record.value).reason == DEAD_LETTER_REASON_CONFLICT
    assert len(of_request(kafka, Topic.DECISIONS, request.id, count=2, seconds=1.5)) == 1


def test_an_unknown_field_is_not_looked_past(client: Client, kafka: KafkaSettings) -> None:
    request = ask(prompt("a lighthouse"))
    publish(kafka, request.SerializeToString() + b"\xf2\x7e\x03abc", request.id.encode())
    (record,) = of_request(kafka, Topic.DECISIONS, request.id)
    decision = Decision.FromString(record.value)
    assert (action(decision), decision.unprocessable) == ("BLOCK", "unknown_field")


def test_every_service_is_alive_and_ready_after_all_that(stack: Running, kafka: KafkaSettings) -> None:
    def letters(records: list[Record]) -> bool:
        return len(records) >= 5

    assert len(read_until(kafka, Topic.DEAD_LETTERS, letters, 10)) >= 5
    time.sleep(0.5)
    health = {name: ask_health(at.address, 30.0) for name, at in stack.services.items()}
    assert set(health.values()) == {Health.SERVING}, health
