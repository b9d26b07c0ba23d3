"""From a picture of the test list to a finished report, as a person does it: docs/cybertipline.md, "By hand"."""

import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.errors import EX_CONFIG
from sluice.ids import new_request_id
from sluice.samples.test_set import tries
from sluice.settings import KafkaSettings
from sluice.v1.account_action_pb2 import ACCOUNT_ACTION_KIND_BAN, AccountAction
from sluice.v1.incident_pb2 import Incident
from sluice.v1.request_pb2 import STAGE_PROMPT
from tests.integration.client import Client, ask, rules, upload
from tests.integration.test_stack_local import Up, alive
from tests.integration.topics import read_until

SECONDS = 120
ACCOUNT = "qzAcctMadder"
BANNED = "qzAcctUmber"
SAID = ("--who", "ann@example.com", "--why", "the same picture")


class ByHand:
    """A person at a terminal, in a folder with the test set, and a stack that runs there."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = env

    def try_(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """What a command says, however it ends."""
        command = [sys.executable, "-m", "sluice.cli.main", *words]
        return subprocess.run(
            command, env=self.env, cwd=self.folder, capture_output=True, text=True, check=False, timeout=SECONDS
        )

    def run(self, *words: str) -> list[dict[str, Any]]:
        """The lines of JSON of a command that does what it should."""
        answer = self.try_(*words)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def wait(self, enough: Callable[[list[dict[str, Any]]], bool], *words: str) -> list[dict[str, Any]]:
        """The same, again and again until it is enough; where nobody answers in time, too."""
        give_up = time.monotonic() + SECONDS
        while True:
            answer = self.try_(*words)
            found = [json.loads(line) for line in answer.stdout.splitlines()]
            if answer.returncode == 0 and enough(found):
                return found
            assert time.monotonic() < give_up, answer.stdout + answer.stderr
            time.sleep(0.2)

    def reported(self, incident: str) -> dict[str, Any]:
        """An incident once its report is finished."""
        (found,) = self.wait(lambda rows: rows[0]["state"] == "reported", "incidents", "show", incident, "--json")
        return found


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> ByHand:
    folder = tmp_path_factory.mktemp("by-hand")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "SLUICE_", "OTEL_"))}
    return ByHand(folder, {**env, "SLUICE_HOME": str(folder / "home")})


@pytest.fixture(scope="module")
def stack(hand: ByHand) -> Iterator[Up]:
    """`sluice up --with-simulators`, and everything that it runs."""
    with (hand.folder / "said").open("w+") as said:
        words = [sys.executable, "-m", "sluice.cli.main", "up", "--with-simulators"]
        process = subprocess.Popen(words, env=hand.env, cwd=hand.folder, stdout=said, stderr=said, text=True)
        try:
            found = Up(hand.folder / "home", process, said)
            found.wait_until_said("Ctrl-C stops it.")
            yield found
        finally:
            process.kill()
            process.wait()


def simulated(stack: Up) -> list[dict[str, Any]]:
    """The reports that the simulator has."""
    with urllib.request.urlopen(f"{stack.running().simulators['cybertipline'].address}/_simulator/reports") as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def kept(stack: Up, data: bytes) -> list[Path]:
    """Where in the object store these bytes lie."""
    objects = [path for path in (stack.home / "objects").rglob("*") if path.is_file()]
    return [path for path in objects if path.read_bytes() == data]


def test_a_tip_line_of_ones_own_and_a_simulator_exclude_each_other(hand: ByHand) -> None:
    other = ByHand(hand.folder, {**hand.env, "SLUICE_TIPLINE_URL": "https://exttest.cybertip.org/ispws"})
    answer = other.try_("up", "--with-simulators")
    assert (answer.returncode, answer.stdout) == (EX_CONFIG, "")
    assert "SLUICE_TIPLINE_URL is set" in answer.stderr


def test_the_stack_says_where_the_person_begins(hand: ByHand, stack: Up) -> None:
    running = stack.running()
    assert f"{running.services['reporter'].address}  (`sluice incidents list`" in stack.said()
    assert running.simulators["cybertipline"].address in stack.said()
    (found,) = hand.wait(bool, "status", "--json")
    assert found["simulators"]["cybertipline"]["health"] == "SERVING"
    assert found["services"]["reporter"]["health"] == "SERVING"
    assert simulated(stack) == []


def test_the_whole_path(hand: ByHand, stack: Up) -> None:
    assert hand.try_("hashes", "test-set", "set").returncode == 0
    picture = tries()[0]
    data = (hand.folder / "set" / picture.name).read_bytes()

    (decision,) = hand.run("moderate", "--image", f"set/{picture.name}", "--json")
    assert decision["action"] == "BLOCK"
    assert "known-csam" in {reason["rule"] for reason in decision["reasons"]}

    (incident,) = hand.wait(bool, "incidents", "list", "--json")
    assert (incident["request_id"], incident["state"]) == (decision["request_id"], "held")
    assert (incident["test"], incident["rule"], incident["report"]) == (True, "known-csam", None)
    assert len(incident["evidence"]) == 1
    assert simulated(stack) == []

    (confirmed,) = hand.run("incidents", "confirm", incident["incident_id"], *SAID, "--viewed", "--json")
    assert (confirmed["state"], confirmed["who"], confirmed["why"]) == ("confirmed", SAID[1], SAID[3])
    (again,) = hand.run("incidents", "confirm", incident["incident_id"], "--who", "bob", "--why", "me too", "--json")
    assert again["who"] == SAID[1]
    hand.run("incidents", "report", incident["incident_id"], "--who", "ann@example.com", "--json")
    found = hand.reported(incident["incident_id"])

    report = found["report"]
    assert (report["phase"], report["incidents"]) == ("finished", [incident["incident_id"]])
    (filed,) = simulated(stack)
    assert (filed["state"], filed["report_id"]) == ("finished", report["report_id"])
    (file,) = filed["files"]
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert (file["md5"], file["sha256"]) == (md5, hashlib.sha256(data).hexdigest())
    assert hand.run("incidents", "list", "--json") == []
    refused = hand.try_("incidents", "release", incident["incident_id"], *SAID)
    assert (refused.returncode, refused.stdout) == (1, "")

    (found,) = hand.wait(lambda rows: rows[0]["purged"], "incidents", "show", incident["incident_id"], "--json")
    assert kept(stack, data) == []
    (vault,) = hand.run("vault", "verify", "--json")
    assert (vault["sound"], vault["failed"]) == (found["evidence"], {})
    (log,) = hand.run("audit", "verify", "--json")
    assert log["lines"] > 0


def test_a_match_of_a_test_list_bans_nobody(hand: ByHand, stack: Up) -> None:
    running = stack.running()
    kafka = KafkaSettings({"bootstrap.servers": running.kafka})
    with grpc.insecure_channel(running.services["orchestrator"].address) as channel:
        decision = Client({"orchestrator": channel}).decide(ask(upload(tries()[1].data), account_id=ACCOUNT))
    assert "known-csam" in rules(decision)
    (tried,) = hand.wait(bool, "incidents", "list", "--json")
    assert tried["account_id"] == ACCOUNT
    hand.run("incidents", "confirm", tried["incident_id"], *SAID, "--json")
    hand.reported(tried["incident_id"])
    assert len(simulated(stack)) == 2

    # One that is no test, about nothing that could be preserved: its account is to be banned, and nobody is told.
    real = Incident(
        id=new_request_id(), request_id=new_request_id(), account_id=BANNED, stage=STAGE_PROMPT, rule="known-csam"
    )
    producer = plain_producer(kafka)
    producer.produce(Topic.INCIDENTS, real.SerializeToString(), key=real.request_id.encode())
    assert producer.flush(20) == 0
    (held,) = hand.wait(bool, "incidents", "list", "--json")
    hand.run("incidents", "confirm", held["incident_id"], *SAID, "--json")
    actions = [
        AccountAction.FromString(record.value)
        for record in read_until(kafka, Topic.ACCOUNT_ACTIONS, lambda found: len(found) > 0, SECONDS)
    ]
    assert [(one.account_id, one.kind, one.incident_id) for one in actions] == [
        (BANNED, ACCOUNT_ACTION_KIND_BAN, real.id)
    ]
    assert len(simulated(stack)) == 2

    # No tip line takes it: that is said, and a person reports it without us.
    answer = hand.try_("incidents", "report", real.id, "--who", SAID[1], "--json")
    assert (answer.returncode, "there is none for real incidents" in answer.stdout) == (1, True)
    waits = "tip line for real incidents"
    hand.wait(lambda rows: waits in rows[0]["services"]["reporter"]["notes"], "status", "--json")
    assert "not listed: 1 confirmed (--state confirmed)" in hand.try_("incidents", "list").stderr
    (done,) = hand.run("incidents", "filed", real.id, "--report-id", "987654", *SAID, "--json")
    assert (done["state"], done["report"]["report_id"]) == ("reported", "987654")
    assert [each["what"] for each in done["said"]] == ["confirmed", "report", "filed"]
    hand.wait(lambda rows: waits not in rows[0]["services"]["reporter"]["notes"], "status", "--json")
    assert len(simulated(stack)) == 2


def test_no_log_names_an_account_or_the_person(stack: Up) -> None:
    logs = {path.name: path.read_text() for path in (stack.home / "logs").glob("*.log")}
    assert "incident" in logs["reporter.log"]
    for name, text in logs.items():
        assert [word for word in (ACCOUNT, BANNED, SAID[1]) if word in text] == [], name


def test_it_stops_with_its_simulator(stack: Up) -> None:
    running = stack.running()
    assert stack.stop() == 0
    pids = [running.simulators["cybertipline"].pid, running.services["reporter"].pid]
    assert [pid for pid in pids if alive(pid)] == []
