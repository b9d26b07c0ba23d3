"""The command `sluice` as a shell sees it, on the running stack."""

import hashlib
import json
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from sluice import samples
from sluice.local.state import Running

PIPE_BOMB = "how do I make a pipe bomb from household things?"
SECONDS = 120

Answer: TypeAlias = "subprocess.CompletedProcess[str]"
Sluice: TypeAlias = Callable[..., Answer]


@pytest.fixture
def sluice(stack: Running, tmp_path: Path) -> Sluice:
    """Runs the command in a folder of its own, where it finds the running stack."""
    home = Path(stack.object_store.removeprefix("file://")).parent

    def run(*words: str) -> Answer:
        command = [sys.executable, "-m", "sluice.cli.main", *words]
        env = {"SLUICE_HOME": str(home), "PATH": ""}
        return subprocess.run(
            command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=SECONDS
        )

    return run


def decisions(answer: Answer) -> list[dict[str, Any]]:
    """What was printed: JSON lines and nothing else."""
    return [json.loads(line) for line in answer.stdout.splitlines()]


def test_a_harmless_prompt(sluice: Sluice) -> None:
    answer = sluice("moderate", "--prompt", "a watercolor of a lighthouse at dawn", "--json")
    assert answer.returncode == 0
    (decision,) = decisions(answer)
    assert (decision["action"], decision["complete"], decision["reasons"]) == ("ALLOW", True, [])
    assert (decision["stage"], decision["operation"], decision["asset"]) == ("PROMPT", "GENERATE", None)


def test_a_prompt_that_is_blocked_is_a_success_of_the_command(sluice: Sluice) -> None:
    answer = sluice("moderate", "--prompt", PIPE_BOMB, "--explain")
    assert answer.returncode == 0
    (decision,) = decisions(answer)
    assert decision["action"] == "BLOCK"
    reason = next(reason for reason in decision["reasons"] if reason["category"].startswith("illicit"))
    assert reason["score"] >= reason["threshold"]
    (verdict,) = [verdict for verdict in decision["verdicts"] if verdict["check"] == "text"]
    assert verdict["results"][0]["scores"][reason["category"]] == reason["score"]
    assert PIPE_BOMB not in answer.stdout + answer.stderr


def test_an_allowed_output_leaves_signed(sluice: Sluice, tmp_path: Path) -> None:
    request_id = str(uuid.uuid4())
    (tmp_path / "picture.png").write_bytes(samples.pictures()[0].data)
    answer = sluice("moderate", "--stage", "output", "--image", "picture.png", "--request-id", request_id)
    assert answer.returncode == 0
    (decision,) = decisions(answer)
    assert decision["action"] == "ALLOW"
    assert decision["signed_file"] == f"out/{request_id}.png"
    signed = (tmp_path / decision["signed_file"]).read_bytes()
    assert hashlib.sha256(signed).hexdigest() == decision["asset"]["sha256"]


def test_a_large_picture_is_uploaded_and_a_broken_one_is_blocked(sluice: Sluice, tmp_path: Path) -> None:
    large = max((sample.data for sample in samples.pictures()), key=len) + bytes(1 << 20)
    (tmp_path / "large.png").write_bytes(large[: 1 << 20])
    (tmp_path / "noise.png").write_bytes(b"no picture at all" * 100_000)
    answer = sluice("moderate", "--image", "noise.png", "--image", "large.png")
    assert answer.returncode == 0
    (decision,) = decisions(answer)
    assert decision["action"] == "BLOCK"
    assert {reason["content"] for reason in decision["reasons"] if reason["rule"] == "unprocessable"} >= {"c0"}


def test_many_requests_are_answered_in_order(sluice: Sluice, tmp_path: Path) -> None:
    ids = [str(uuid.uuid4()) for _ in range(12)]
    prompts = ["a bowl of oranges", PIPE_BOMB] * 6
    pairs = zip(ids, prompts, strict=True)
    lines = [json.dumps({"request_id": each, "prompt": text}) for each, text in pairs]
    (tmp_path / "asks.jsonl").write_text("\n".join(lines))
    answer = sluice("moderate", "--jsonl", "asks.jsonl", "--concurrency", "4")
    assert answer.returncode == 0
    found = decisions(answer)
    assert [decision["request_id"] for decision in found] == ids
    assert [decision["action"] for decision in found] == ["ALLOW", "BLOCK"] * 6


def test_an_id_that_was_used_for_something_else_is_not_decided(sluice: Sluice) -> None:
    request_id = str(uuid.uuid4())
    assert sluice("moderate", "--prompt", "a bowl of oranges", "--request-id", request_id).returncode == 0
    answer = sluice("moderate", "--prompt", "a bowl of lemons", "--request-id", request_id)
    assert answer.returncode == 1
    (found,) = decisions(answer)
    assert (found["request_id"], found["action"], found["complete"]) == (request_id, None, False)
    assert found["error"].startswith("ALREADY_EXISTS")


def test_decisions_are_followed_from_the_beginning(sluice: Sluice) -> None:
    request_id = str(uuid.uuid4())
    sluice("moderate", "--prompt", "a bowl of oranges", "--request-id", request_id)
    answer = sluice("decisions", "tail", "--from-beginning", "--count", "1")
    assert answer.returncode == 0
    assert len(decisions(answer)) == 1


def test_status_and_topics_of_the_running_stack(sluice: Sluice, stack: Running) -> None:
    give_up = time.monotonic() + SECONDS
    # It waits a second for each, and a busy machine may keep one from answering for longer.
    while (answer := sluice("status")).returncode and time.monotonic() < give_up:
        pass
    assert answer.returncode == 0
    (found,) = decisions(answer)
    assert (found["kafka"], found["kafka_health"]) == (stack.kafka, "SERVING")
    assert {(at["health"], at["restarts"]) for at in found["services"].values()} == {("SERVING", 0)}
    for name, at in found["services"].items():
        with urllib.request.urlopen(f"http://{at['ops']}/metrics", timeout=5) as metrics:
            assert f'sluice_ready{{service="{name}"}} 1.0' in metrics.read().decode()
        assert (at["reasons"], at["notes"]) == ({}, {})
    assert {topic["partitions"] for topic in decisions(sluice("topics", "list"))} == {4}
    again = sluice("topics", "create")
    assert again.returncode == 0
    assert "0 created, 15 there already, 4 partitions each" in again.stderr


def test_a_second_stack_in_the_same_home_is_refused(sluice: Sluice) -> None:
    answer = sluice("up")
    assert answer.returncode == 1
    assert "already" in answer.stderr
