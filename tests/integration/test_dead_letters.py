"""`sluice dead-letters` on the running stack, with letters that strangers caused."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from sluice.bus.clients import plain_producer
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.ids import new_request_id
from sluice.local.state import Running
from sluice.settings import KafkaSettings
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_CONFLICT, DeadLetter
from tests.integration.client import Client, ask, prompt
from tests.integration.topics import of_request

MALFORMED = b"words that are no message \xff"
TRACED = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

Answer: TypeAlias = "subprocess.CompletedProcess[bytes]"
Sluice: TypeAlias = Callable[..., Answer]


@pytest.fixture
def letters(stack: Running, tmp_path: Path) -> Sluice:
    """`sluice dead-letters` as a shell sees it, where it finds the running stack."""
    home = Path(stack.object_store.removeprefix("file://")).parent

    def run(*words: str) -> Answer:
        command = [sys.executable, "-m", "sluice.cli.main", "dead-letters", *words]
        env = {"SLUICE_HOME": str(home), "PATH": ""}
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, check=False, timeout=120)

    return run


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def publish(kafka: KafkaSettings, value: bytes, key: str) -> None:
    producer = plain_producer(kafka)
    producer.produce(Topic.REQUESTS, value, key=key.encode(), headers=[("traceparent", TRACED)])
    assert producer.flush(10) == 0


def letters_about(kafka: KafkaSettings, request_id: str, count: int = 1) -> list[Record]:
    return of_request(kafka, Topic.DEAD_LETTERS, request_id, count)


def test_a_malformed_record_is_listed_shown_and_published_again(
    kafka: KafkaSettings, letters: Sluice, tmp_path: Path
) -> None:
    request_id = new_request_id()
    publish(kafka, MALFORMED, request_id)
    (record,) = letters_about(kafka, request_id)
    place = f"{record.partition}:{record.offset}"

    (listed,) = lines(letters("list", "--request-id", request_id))
    assert (listed["place"], listed["reason"], listed["service"]) == (place, "MALFORMED", "ingest")
    assert (listed["topic"], listed["size_bytes"]) == (Topic.REQUESTS, len(MALFORMED))
    newest = lines(letters("list", "--reason", "malformed", "--since", "1h", "--limit", "1"))
    assert [each["place"] for each in newest] == [place]
    assert lines(letters("list", "--reason", "conflict", "--request-id", request_id)) == []

    assert lines(letters("show", place)) == lines(letters("show", request_id)) == [listed]
    assert letters("show", place, "--value", "-").stdout == MALFORMED
    assert letters("show", request_id, "--value", "record.bin").returncode == 0
    assert (tmp_path / "record.bin").read_bytes() == MALFORMED

    (tried,) = lines(letters("replay", place, "--dry-run"))
    assert (tried["state"], tried["offset"]) == ("would be published", None)
    (replayed,) = lines(letters("replay", place))
    assert replayed["state"] == "published"
    # What is wrong with it is wrong still: it comes back, and the letter says which record it is about now.
    _, second = letters_about(kafka, request_id, count=2)
    about = DeadLetter.FromString(second.value)
    assert (about.topic, about.partition, about.offset) == (Topic.REQUESTS, listed["partition"], replayed["offset"])
    assert dict(second.headers)["traceparent"].split(b"-")[1] == TRACED.split(b"-")[1]
    (again,) = of_request(kafka, Topic.REQUESTS, request_id, count=2)[1:]
    assert (again.value, again.offset) == (MALFORMED, replayed["offset"])
    assert (
        "sluice-replayed-from",
        f"{Topic.DEAD_LETTERS}[{record.partition}]@{record.offset}".encode(),
    ) in again.headers


def test_a_conflict_is_shown_from_the_log_and_never_published_again(
    client: Client, kafka: KafkaSettings, letters: Sluice
) -> None:
    request = ask(prompt("a yellow door"))
    client.decide(request)
    publish(kafka, ask(prompt("a purple door"), request_id=request.id).SerializeToString(), request.id)
    (record,) = letters_about(kafka, request.id)
    assert DeadLetter.FromString(record.value).reason == DEAD_LETTER_REASON_CONFLICT
    (shown,) = lines(letters("show", request.id))
    assert (shown["reason"], shown["service"], shown["topic"]) == ("CONFLICT", "orchestrator", Topic.CONTENTS)
    value = letters("show", request.id, "--value", "-").stdout
    assert len(value) == shown["size_bytes"]
    assert b"purple" in value

    refused = letters("replay", request.id)
    assert refused.returncode == 1
    (line,) = [json.loads(each) for each in refused.stdout.splitlines()]
    assert line["state"] == "refused"
    assert "under a new id" in line["error"]
    assert letters("replay", "--reason", "conflict").returncode == 2
    assert len(of_request(kafka, Topic.DECISIONS, request.id, count=2, seconds=1)) == 1


def test_a_request_that_is_published_again_is_decided_once(client: Client, kafka: KafkaSettings) -> None:
    """What `replay` rests on: the same request a second time makes no second decision, and no letter."""
    request = ask(prompt("an orange door"))
    client.decide(request)
    publish(kafka, request.SerializeToString(), request.id)
    assert len(of_request(kafka, Topic.DECISIONS, request.id, count=2, seconds=1)) == 1
    assert of_request(kafka, Topic.DEAD_LETTERS, request.id, seconds=1) == []


def test_what_is_not_there_is_said(letters: Sluice) -> None:
    answer = letters("show", "0:999999999")
    assert (answer.returncode, answer.stdout) == (1, b"")
    assert b"there is no dead letter at 0:999999999" in answer.stderr
    unknown = new_request_id()
    answer = letters("replay", unknown)
    assert answer.returncode == 1
    assert f"no dead letter is about {unknown}".encode() in answer.stderr
