"""The shadow policy on the running stack: what it would have done is on its topic, and nothing else changes."""

import hashlib
import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from sluice.bus.topics import Topic
from sluice.local.state import Running
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from sluice.v1.request_pb2 import Request
from sluice.v1.shadow_pb2 import Disagreement
from tests.integration.client import Client, ask, prompt
from tests.integration.topics import of_request

SECONDS = 120


def shadowed() -> Request:
    request = ask(prompt("two knights cross their swords in a tournament"))
    request.subject.tenant = "shadowed"
    return request


def disagreement(client: Client, kafka: KafkaSettings) -> tuple[Decision, Disagreement, int]:
    """The first that is shown: the decision, the record, its partition. One of a kind is shown in a minute, and
    where the shadow begins to read is behind the first decisions of a new stack."""
    for _ in range(10):
        decision = client.decide(shadowed())
        for record in of_request(kafka, Topic.SHADOW, decision.request_id, seconds=8.0):
            return decision, Disagreement.FromString(record.value), record.partition
    raise AssertionError("no disagreement was shown")


def test_a_disagreement_is_shown_and_the_live_decision_is_as_it_was(
    client: Client, kafka: KafkaSettings, stack: Running, home: Path, tmp_path: Path
) -> None:
    digests = [hashlib.sha256((home / name).read_bytes()).digest() for name in ("policy.yaml", "shadow.yaml")]
    decision, found, partition = disagreement(client, kafka)
    assert (decision.action, decision.complete, list(decision.reasons)) == (ACTION_ALLOW, True, [])
    assert [decision.policy_digest, found.shadow_policy_digest] == digests
    assert found.live_policy_digest == decision.policy_digest
    assert (found.live_action, found.shadow_action, found.shadow_complete) == (ACTION_ALLOW, ACTION_BLOCK, True)
    assert (list(found.only_live), list(found.only_shadow)) == ([], ["stricter"])
    assert (found.tenant, found.stage, found.stands_for >= 1) == ("shadowed", decision.stage, True)
    (reason,) = found.shadow_reasons
    assert (reason.rule, reason.category, reason.score > 0) == ("stricter", "violence", True)
    (kept,) = of_request(kafka, Topic.DECISIONS, decision.request_id)
    assert (kept.partition, kept.offset) == (partition, found.decision_offset)

    form = report(stack, tmp_path)
    # Other tests change the live policy, and so disagree in other ways.
    assert form["shadow_digest"] == digests[1].hex()
    assert digests[0].hex() in form["live_digests"]
    assert decision.request_id in {name for row in form["only_shadow"] for name in row["samples"]}
    assert ("ALLOW", "BLOCK") in [(row["live"], row["shadow"]) for row in form["actions"]]
    assert "stricter" in [row["rule"] for row in form["only_shadow"]]

    # All of them are counted, shown or not.
    with urllib.request.urlopen(f"http://{stack.services['policy-shadow'].ops}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    name = "sluice_shadow_disagreements_total"
    (counted,) = [
        line
        for line in lines
        if line.startswith(name)
        and all(f'{label}"' in line for label in ('complete="true', 'live="ALLOW', 'shadow="BLOCK'))
    ]
    (row,) = [row for row in form["actions"] if (row["live"], row["shadow"]) == ("ALLOW", "BLOCK")]
    assert float(counted.split(" ")[1]) >= row["decisions"] >= 1


def report(stack: Running, folder: Path) -> dict[str, Any]:
    """What `sluice policy shadow` prints."""
    home = Path(stack.object_store.removeprefix("file://")).parent
    command = [sys.executable, "-m", "sluice.cli.main", "policy", "shadow", "--since", "1h"]
    env = {"SLUICE_HOME": str(home), "PATH": ""}
    told = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=True, timeout=SECONDS)
    (line,) = told.stdout.splitlines()
    form = json.loads(line)
    assert isinstance(form, dict)
    return form


def test_without_a_shadow_policy_there_is_none_and_it_says_so(stack: Running, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sluice.cli.main", "serve", "policy-shadow"]
    env = {"KAFKA_BOOTSTRAP_SERVERS": stack.kafka, "SLUICE_HOME": str(tmp_path), "PATH": ""}
    told = subprocess.run(
        command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert (told.returncode, told.stderr) == (78, "policy-shadow: SLUICE_SHADOW_POLICY is not set\n")
