"""Editing the policy's file while the stack runs: the next decision is by it, and a broken file changes nothing."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from sluice.local.ops import ask_ops
from sluice.local.state import Running
from sluice.policy.load import load
from sluice.v1.decision_pb2 import Decision
from tests.integration.client import Client, action, ask, prompt, rules

SECONDS = 60.0
READERS = ("ingest", "orchestrator")


@pytest.fixture
def file(home: Path, stack: Running) -> Iterator[Path]:
    """The policy of the running stack; it is put back in the end."""
    policy = home / "policy.yaml"
    before = policy.read_bytes()
    yield policy
    policy.write_bytes(before)
    until(lambda: notes(stack) == [None, None])


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def notes(stack: Running) -> list[str | None]:
    """What those who read the policy say of it."""
    return [ask_ops(stack.services[name].ops).notes.get("policy") for name in READERS]


def in_use(stack: Running, digest: bytes) -> bool:
    """Whether all who read the policy have it, by their metrics: each looks at the file at moments of its own."""
    for name in READERS:
        with urlopen(f"http://{stack.services[name].ops}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        if not any(
            line.startswith("sluice_policy_info{") and digest.hex() in line for line in lines if line.endswith(" 1.0")
        ):
            return False
    return True


def decided_by(client: Client, digest: bytes) -> Decision:
    """The first decision of the same harmless prompt that is by a policy, each time under a new id."""
    end = time.monotonic() + SECONDS
    while True:
        decision = client.decide(ask(prompt("a lighthouse at dawn, oil on canvas")))
        if decision.policy_digest == digest:
            return decision
        assert time.monotonic() < end, "no decision by the new policy"


def test_a_threshold_is_edited_and_put_back_while_the_stack_runs(file: Path, client: Client, stack: Running) -> None:
    first = file.read_text()
    digest = load(file).digest
    assert action(decided_by(client, digest)) == "ALLOW"

    # In place, as an editor does.
    file.write_text(re.sub(r"\billicit: [0-9.]+", "illicit: 0.0", first))
    edited = load(file).digest
    decision = decided_by(client, edited)
    assert (action(decision), "illicit" in rules(decision)) == ("BLOCK", True)

    until(lambda: in_use(stack, edited))
    file.write_text("version: half a file\nrules:\n")
    kept = f"kept version {decision.policy_version} digest {edited.hex()[:12]}: {file}:"
    until(lambda: all(note is not None and note.startswith(kept) for note in notes(stack)))
    decision = client.decide(ask(prompt("a lighthouse at dawn, oil on canvas")))
    assert (action(decision), decision.policy_digest) == ("BLOCK", edited)

    file.write_text(first)
    assert action(decided_by(client, digest)) == "ALLOW"
    until(lambda: notes(stack) == [None, None])
