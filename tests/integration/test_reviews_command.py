"""`sluice reviews` on the running stack: what is held back is listed, shown, upheld, released."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from confluent_kafka import KafkaException

from sluice import samples
from sluice.bus.clients import plain_producer, transactional_producer
from sluice.bus.resolve import records_of, resolution_of, resolve
from sluice.bus.reviews_log import Case, find_case
from sluice.bus.topics import Topic
from sluice.ids import new_request_id, partition_for, released_id
from sluice.local.state import Running
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import Decision
from sluice.v1.release_pb2 import Release
from sluice.v1.request_pb2 import Request, Subject
from sluice.v1.resolution_pb2 import RESOLUTION_OUTCOME_RELEASED, RESOLUTION_OUTCOME_UPHELD, Resolution
from sluice.v1.review_pb2 import Review
from tests.integration.client import Client, action, ask, ask_output, prompt, upload
from tests.integration.topics import of_request

Answer: TypeAlias = "subprocess.CompletedProcess[str]"
Sluice: TypeAlias = Callable[..., Answer]
TEXT = "a quiet harbour \x1b[31m at night"


@pytest.fixture
def sluice(stack: Running, home: Path, tmp_path: Path) -> Sluice:
    """The command as a shell sees it, where it finds the running stack and its policy."""
    data = Path(stack.object_store.removeprefix("file://")).parent
    env = {
        "SLUICE_HOME": str(data),
        "PATH": "",
        "SLUICE_POLICY": str(home / "policy.yaml"),
        "SLUICE_REVIEWER": "kim@example.org",
    }

    def run(*words: str) -> Answer:
        command = [sys.executable, "-m", "sluice.cli.main", *words]
        return subprocess.run(
            command, env=env, cwd=tmp_path, capture_output=True, check=False, timeout=180, text=True
        )

    return run


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def held(client: Client, request: Request) -> str:
    request.subject.CopyFrom(Subject(tenant="held"))
    assert action(client.decide(request)) == "REVIEW"
    return request.id


def listed(sluice: Sluice, *words: str) -> dict[str, dict[str, Any]]:
    return {one["request_id"]: one for one in lines(sluice("reviews", "list", "--limit", "1000", *words))}


def the_case(kafka: KafkaSettings, request_id: str) -> Case:
    case = find_case(kafka, request_id)
    assert case is not None
    return case


def resolutions(kafka: KafkaSettings, request_id: str, count: int = 1) -> list[Resolution]:
    found = of_request(kafka, Topic.RESOLUTIONS, request_id, count)
    assert {record.partition for record in found} == {the_case(kafka, request_id).partition}
    return [Resolution.FromString(record.value) for record in found]


def test_one_is_upheld_and_one_released(client: Client, kafka: KafkaSettings, sluice: Sluice) -> None:
    upheld = held(client, ask(prompt("a lighthouse"), upload(samples.pictures()[0].data)))
    released = held(client, ask_output(samples.pictures()[5].data))
    open_ones = listed(sluice, "--tenant", "held", "--rule", "held-tenant", "--since", "1h")
    assert {upheld, released} <= open_ones.keys()
    assert list(open_ones).index(upheld) < list(open_ones).index(released)
    assert open_ones[upheld]["rules"] == ["held-tenant"]
    assert open_ones[released]["stage"] == "OUTPUT"
    assert upheld not in listed(sluice, "--tenant", "another")

    (ended,) = lines(sluice("reviews", "resolve", upheld, "--uphold", "--why", "not for this tenant"))
    assert ended["resolution"] | {"at": ""} == {
        "outcome": "UPHELD", "by": "kim@example.org", "why": "not for this tenant", "at": "", "new_request_id": None,
    }  # fmt: skip
    words = ("reviews", "resolve", released, "--release", "--why", "a harmless harbour")
    (ended,) = lines(sluice(*words, "--by", "lee"))
    assert (ended["resolution"]["by"], ended["resolution"]["new_request_id"]) == ("lee", released_id(released))
    assert ended["released_decision"]["action"] == "ALLOW"
    assert "REVIEW" not in {reason["action"] for reason in ended["released_decision"]["reasons"]}
    (record,) = of_request(kafka, Topic.DECISIONS, released_id(released))
    assert Decision.FromString(record.value).released_from == released
    assert len(of_request(kafka, Topic.SIGNED, released_id(released))) == 1
    (record,) = of_request(kafka, Topic.RELEASES, released)
    release = Release.FromString(record.value)
    assert (release.released_by, release.why) == ("lee", "a harmless harbour")
    assert record.partition == the_case(kafka, released).partition
    assert of_request(kafka, Topic.RELEASES, upheld, seconds=1) == []

    assert not {upheld, released} & listed(sluice).keys()
    ended_ones = {name: one["resolution"] for name, one in listed(sluice, "--all").items()}
    assert (ended_ones[upheld]["outcome"], ended_ones[upheld]["by"]) == ("UPHELD", "kim@example.org")
    assert (ended_ones[released]["outcome"], ended_ones[released]["why"]) == ("RELEASED", "a harmless harbour")

    (shown,) = lines(sluice("reviews", "show", released))
    assert (shown["decision"]["action"], shown["released_decision"]["action"]) == ("REVIEW", "ALLOW")
    assert shown["resolution"]["why"] == "a harmless harbour"
    assert len(shown["references"]) == 1

    # The same again is fine and writes nothing; the other outcome is not.
    (again,) = lines(sluice(*words, "--by", "sam"))
    assert again["resolution"]["by"] == "lee"
    other = sluice("reviews", "resolve", released, "--uphold", "--why", "no")
    assert other.returncode == 1
    assert "RELEASED by lee" in other.stderr
    assert len(resolutions(kafka, released)) == 1

    (told,) = lines(sluice("policy", "explain", released_id(released), "--json"))
    assert told["same_policy"]
    assert any(f"released {released}" in line for line in told["asked"])
    (told,) = lines(sluice("policy", "explain", upheld, "--json", "--since", "1h"))
    assert told["action"] == "REVIEW"
    assert told["reasons"] == ['Rule held-tenant holds, since tenant == "held": REVIEW.']
    assert [line.split(":")[0] for line in told["models"]]


def test_content_is_shown_only_where_it_is_asked_for(client: Client, sluice: Sluice) -> None:
    request_id = held(client, ask(prompt(TEXT)))
    (without,) = lines(sluice("reviews", "show", request_id))
    assert "texts" not in without
    answer = sluice("reviews", "show", request_id, "--content")
    assert lines(answer)[0]["texts"] == {"c0 prompt": TEXT}
    assert "\x1b" not in answer.stdout


def test_what_cannot_be_resolved(client: Client, kafka: KafkaSettings, sluice: Sluice) -> None:
    allowed = ask(prompt("a boat"))
    assert action(client.decide(allowed)) == "ALLOW"
    for request_id, said in ((allowed.id, "its decision is ALLOW"), (new_request_id(), "is not in review")):
        answer = sluice("reviews", "resolve", request_id, "--release", "--why", "x")
        assert (answer.returncode, answer.stdout) == (1, "")
        assert said in answer.stderr
    for words in (
        ("not-an-id", "--uphold", "--why", "x"),
        (allowed.id, "--uphold", "--why", "  "),
        (allowed.id, "--uphold", "--why", "x" * 2001),
        (allowed.id, "--uphold", "--release", "--why", "x"),
        (allowed.id, "--why", "x"),
        (allowed.id, "--uphold"),
    ):
        assert sluice("reviews", "resolve", *words).returncode == 2
    assert of_request(kafka, Topic.RESOLUTIONS, allowed.id, seconds=1) == []


def test_a_release_that_is_not_waited_for(client: Client, kafka: KafkaSettings, sluice: Sluice) -> None:
    request_id = held(client, ask(prompt("a garden")))
    (ended,) = lines(sluice("reviews", "resolve", request_id, "--release", "--why", "x", "--no-wait"))
    assert ended["released_decision"] is None
    assert len(of_request(kafka, Topic.DECISIONS, released_id(request_id))) == 1


def test_a_release_that_is_not_allowed_has_a_status_of_its_own(
    client: Client, stack: Running, kafka: KafkaSettings, sluice: Sluice
) -> None:
    request_id = held(client, ask(prompt("a garden at noon")))
    pid = stack.services["text-classifier"].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        answer = sluice("reviews", "resolve", request_id, "--release", "--why", "x")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert answer.returncode == 3, answer.stderr
    decision = json.loads(answer.stdout)["released_decision"]
    assert (decision["action"], [reason["rule"] for reason in decision["reasons"]]) == ("BLOCK", ["incomplete"])


def test_what_is_not_kept_any_more_cannot_be_released(kafka: KafkaSettings, sluice: Sluice) -> None:
    request_id = new_request_id()
    review = Review(request_id=request_id, tenant="gone", rules=["held-tenant"], contents_offset=10_000_000)
    producer = plain_producer(kafka)
    partition = partition_for(request_id, 4)
    producer.produce(Topic.REVIEWS, review.SerializeToString(), key=request_id.encode(), partition=partition)
    assert producer.flush(10) == 0
    answer = sluice("reviews", "resolve", request_id, "--release", "--why", "x")
    assert answer.returncode == 1
    assert "its contents are gone" in answer.stderr
    assert the_case(kafka, request_id).resolved is None
    answer = sluice("reviews", "show", request_id, "--content")
    assert "its texts are gone" in answer.stderr
    assert lines(answer)[0]["decision"] is None
    # It can be upheld all the same.
    (ended,) = lines(sluice("reviews", "resolve", request_id, "--uphold", "--why", "too late"))
    assert ended["resolution"]["outcome"] == "UPHELD"


def test_of_two_reviewers_at_once_one_counts(client: Client, kafka: KafkaSettings) -> None:
    for text in ("a red barn", "a blue barn", "a green barn"):
        request_id = held(client, ask(prompt(text)))
        case = the_case(kafka, request_id)
        with ThreadPoolExecutor(2) as pool:
            asked = [
                pool.submit(resolve, kafka, case, release, by, "x") for release, by in ((True, "a"), (False, "b"))
            ]
            found = [one.result(timeout=120) for one in asked]
        assert sorted(ours for _, ours in found) == [False, True]
        assert found[0][0] == found[1][0]
        (only,) = resolutions(kafka, request_id)
        assert only == found[0][0].resolution
        releases = of_request(kafka, Topic.RELEASES, request_id, seconds=1)
        assert len(releases) == (only.outcome == RESOLUTION_OUTCOME_RELEASED)


def test_whoever_is_thrown_out_between_reading_and_writing_reads_again(client: Client, kafka: KafkaSettings) -> None:
    request_id = held(client, ask(prompt("a yellow barn")))
    case = the_case(kafka, request_id)
    slow = transactional_producer(kafka, f"sluice-reviews-{case.partition}")
    slow.init_transactions(30)
    slow.begin_transaction()
    for record in records_of(case, resolution_of(case, True, "slow", "x", 1)):
        slow.produce(record.topic, record.value, record.key, record.partition)
    assert slow.flush(30) == 0
    counts, ours = resolve(kafka, case, False, "fast", "x")
    assert ours
    with pytest.raises(KafkaException, match=r"(?i)fenced|epoch"):
        slow.commit_transaction(30)
    assert [one.resolved_by for one in resolutions(kafka, request_id)] == ["fast"]
    assert of_request(kafka, Topic.RELEASES, request_id, seconds=1) == []
    assert counts.resolution.outcome == RESOLUTION_OUTCOME_UPHELD


def test_the_first_in_the_log_counts_whoever_wrote_it(client: Client, kafka: KafkaSettings, sluice: Sluice) -> None:
    request_id = held(client, ask(prompt("a white barn")))
    case = the_case(kafka, request_id)
    producer = plain_producer(kafka)
    elsewhere = (case.partition + 1) % 4
    assert partition_for(request_id, 4) == case.partition
    for partition, release, by in (
        (elsewhere, True, "lost"),
        (case.partition, False, "first"),
        (case.partition, True, "x"),
    ):
        value = resolution_of(case, release, by, "x", 1).SerializeToString()
        producer.produce(Topic.RESOLUTIONS, value, key=request_id.encode(), partition=partition)
        assert producer.flush(10) == 0
    assert listed(sluice, "--all")[request_id]["resolution"]["by"] == "first"
    answer = sluice("reviews", "resolve", request_id, "--release", "--why", "x")
    assert answer.returncode == 1
    assert "UPHELD by first" in answer.stderr
    assert of_request(kafka, Topic.RELEASES, request_id, seconds=1) == []


def test_without_a_stack_it_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sluice.cli.main", "reviews", "list"]
    env = {"SLUICE_HOME": str(tmp_path), "PATH": ""}
    answer = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, check=False, timeout=60, text=True)
    assert answer.returncode == 78
    assert "`sluice up` starts one" in answer.stderr
