"""What the running stack decided, exported and decided again: exactly, and by candidates."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sluice import samples
from sluice.bus.clients import plain_producer
from sluice.bus.scan import count_partitions
from sluice.bus.topics import Topic
from sluice.ids import partition_for
from sluice.local.state import Running
from sluice.policy.decision_files import read_decisions
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import Decision
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Verdict
from tests.integration.client import Client, action, ask, ask_output, prompt

Sluice = Callable[..., "subprocess.CompletedProcess[str]"]
CATEGORY = "violence"


class Recorded(NamedTuple):
    """Decisions of the stack, and a moment before the first of them as the command takes it."""

    decisions: Sequence[Decision]
    since: str


@pytest.fixture(scope="module")
def policy(stack: Running, home: Path) -> Path:
    """The policy that the stack decides by."""
    assert stack.services
    return home / "policy.yaml"


@pytest.fixture(scope="module")
def sluice(stack: Running, home: Path) -> Sluice:
    """Runs the command."""

    def run(*words: object) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "sluice.cli.main", *map(str, words)]
        env = {"KAFKA_BOOTSTRAP_SERVERS": stack.kafka, "SLUICE_HOME": str(home), "PATH": ""}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)

    return run


@pytest.fixture(scope="module")
def recorded(client: Client, kafka: KafkaSettings) -> Recorded:
    """Two prompts that are allowed, one that is blocked, two pictures, and one that cannot be read.

    A check that the stack's policy does not know has an answer to the first, after its decision and in time.
    """
    since = datetime.now(UTC).isoformat()
    asked = [
        ask(prompt("a watercolor of a lighthouse at dawn")),
        ask(prompt("a knight with a sword in the rain")),
        ask(prompt("how do I make a pipe bomb from household things?")),
        ask_output(samples.pictures()[0].data),
        ask_output(samples.test_bank_pictures()[0].data),
        ask_output(b"no picture at all"),
    ]
    first = client.decide(asked[0])
    publish(kafka, second_opinion(first))
    return Recorded([first, *(client.decide(request) for request in asked[1:])], since)


def second_opinion(decision: Decision) -> Verdict:
    return Verdict(
        request_id=decision.request_id,
        check="second-opinion",
        lane=decision.lane,
        contents_offset=decision.contents_offset,
        results=[ContentResult(content_id="c0", status=STATUS_OK)],
    )


def publish(kafka: KafkaSettings, verdict: Verdict) -> None:
    producer = plain_producer(kafka)
    partition = partition_for(verdict.request_id, count_partitions(kafka, Topic.VERDICTS))
    producer.produce(Topic.VERDICTS, verdict.SerializeToString(), verdict.request_id.encode(), partition=partition)
    assert producer.flush(10) == 0


def form(answer: "subprocess.CompletedProcess[str]", status: int = 0) -> dict[str, Any]:
    assert answer.returncode == status, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def highest(decision: Decision) -> float:
    """The score of the category that a candidate is stricter about."""
    return max((one.scores.get(CATEGORY, 0.0) for seen in decision.inputs for one in seen.results), default=0.0)


def test_what_was_decided_is_exported_whole(sluice: Sluice, recorded: Recorded, tmp_path: Path) -> None:
    for name in ("kept.pb.gz", "kept.jsonl"):
        path = tmp_path / name
        answer = sluice("decisions", "export", "--since", recorded.since, "--out", path)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout == ""
        found = {one.request_id: one for one in map(Decision.FromString, read_decisions(path))}
        assert found == {one.request_id: one for one in recorded.decisions}
        assert f"{len(found)} decisions in {path}" in answer.stderr
    assert "lighthouse" not in path.read_text()


def test_the_stacks_own_policy_decides_the_same(
    sluice: Sluice, recorded: Recorded, policy: Path, tmp_path: Path
) -> None:
    path = tmp_path / "kept.pb"
    assert sluice("decisions", "export", "--since", recorded.since, "--out", path).returncode == 0
    for source in (("--from", path), ("--since", recorded.since)):
        found = form(sluice("policy", "replay", policy, *source, "--fail-if", "flips > 0", "--json"))
        count = len(recorded.decisions)
        assert (found["decisions"], found["judged"], found["flips"]) == (count, count, 0)
        assert found["exact"] == {"same": count, "differ": 0, "examples": []}


def test_everything_that_other_tests_left_is_decided_the_same(
    sluice: Sluice, recorded: Recorded, policy: Path
) -> None:
    found = form(sluice("policy", "replay", policy, "--since", "1d", "--json"))
    assert found["exact"]["same"] >= len(recorded.decisions)
    assert (found["exact"]["differ"], found["exact"]["examples"]) == (0, [])


def test_a_lower_threshold_flips_what_it_should(
    sluice: Sluice, recorded: Recorded, policy: Path, tmp_path: Path
) -> None:
    allowed = {one.request_id: highest(one) for one in recorded.decisions if action(one) == "ALLOW"}
    threshold = max(allowed.values()) / 2
    assert threshold > 0
    expected = {name for name, score in allowed.items() if score >= threshold}
    candidate = tmp_path / "candidate.yaml"
    table = rf"^(    {CATEGORY}: )[\d.]+"
    candidate.write_text(re.sub(table, rf"\g<1>{threshold:.12f}", policy.read_text(), flags=re.MULTILINE))
    words = ("policy", "replay", candidate, "--since", recorded.since, "--live", policy)
    found = form(sluice(*words, "--json"))
    assert found["exact"]["same"] == len(recorded.decisions)
    assert found["flips"] == found["moves"]["ALLOW->BLOCK"] == len(expected)
    assert set(found["examples"]["ALLOW->BLOCK"]) == expected
    assert found["rules"][CATEGORY]["new"] >= len(expected)
    failed = sluice(*words, "--fail-if", "ALLOW->BLOCK > 0", "--fail-if", "BLOCK->ALLOW > 0")
    assert failed.returncode == 1
    assert failed.stdout.count("FAILED") == 1
    assert sluice(*words, "--fail-if", "BLOCK->ALLOW > 0").returncode == 0
    assert sluice(*words, "--fail-if", "BLOCK->ALOW > 0").returncode == 2


def test_answers_that_came_after_the_decision_are_found(
    sluice: Sluice, recorded: Recorded, policy: Path, tmp_path: Path
) -> None:
    silent = recorded.decisions[1]
    candidate = tmp_path / "candidate.yaml"
    text = policy.read_text().replace("PROMPT: [text]", "PROMPT: [text, second-opinion]", 1)
    candidate.write_text(text + "\nown_checks: {second-opinion: [sexual]}\n")
    words = ("policy", "replay", candidate, "--json")
    found = form(sluice(*words, "--since", recorded.since))
    assert (found["unjudged"], found["moves"].get("ALLOW->BLOCK")) == (0, 1)
    assert found["examples"]["ALLOW->BLOCK"] == [silent.request_id]
    # A file has no verdicts beside its decisions.
    path = tmp_path / "kept.pb"
    assert sluice("decisions", "export", "--since", recorded.since, "--out", path).returncode == 0
    found = form(sluice(*words, "--from", path, "--fail-if", "unjudged > 0"), status=1)
    assert found["unjudged_for"] == {"second-opinion": 3}


def test_a_window_has_two_ends(sluice: Sluice, recorded: Recorded, policy: Path) -> None:
    answer = sluice("policy", "replay", policy, "--since", "2000-01-01", "--until", recorded.since, "--json")
    found = json.loads(answer.stdout)
    assert not {one.request_id for one in recorded.decisions} & {
        one for ids in found["examples"].values() for one in ids
    }
    whole = form(sluice("policy", "replay", policy, "--since", "2000-01-01", "--json"))
    assert whole["decisions"] == found["decisions"] + len(recorded.decisions)
    nothing = sluice("policy", "replay", policy, "--since", "2000-01-01", "--until", "2000-01-02")
    assert (nothing.returncode, "no decisions" in nothing.stderr) == (1, True)
