"""The work of each service and of each person, as the broker knows them: it gets done with their own rights."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import grpc
import httpx2

from sluice import samples
from sluice.bus.topics import Topic
from sluice.ids import new_request_id, released_id
from sluice.v1.account_action_pb2 import AccountAction
from sluice.v1.request_pb2 import Request, Subject
from tests.integration.access_records import decided, publish, record_of
from tests.integration.alert_incidents import match
from tests.integration.client import Client, action, ask, ask_output, prompt
from tests.integration.secured_kafka import SecuredKafka
from tests.integration.secured_services import Served
from tests.integration.topics import of_request

Answer = subprocess.CompletedProcess[str]


def sluice(home: Path, env: Mapping[str, str], *words: str) -> Answer:
    """A command with a principal's credentials."""
    whole = {"SLUICE_HOME": str(home), "PATH": "", **env}
    command = [sys.executable, "-m", "sluice.cli.main", *words]
    return subprocess.run(command, env=whole, cwd=home, capture_output=True, check=False, timeout=120, text=True)


def held(request: Request) -> Request:
    request.subject.CopyFrom(Subject(tenant="held"))
    return request


def at_the_door(orchestrator: Served) -> None:
    """Over gRPC: the orchestrator publishes what it is asked."""
    with grpc.insecure_channel(orchestrator.address) as channel:
        answer = Client({"orchestrator": channel}).moderate(ask_output(samples.pictures()[0].data))
    assert action(answer.decision) == "ALLOW"
    assert answer.HasField("asset")


def over_http(gateway: Served, secret: str, known: str) -> None:
    """The gateway asks for its callers, and finds what others asked: the decision, its verdicts, what was signed."""
    headers = {"authorization": f"Bearer {secret}"}
    with httpx2.Client(base_url=f"http://{gateway.http}", headers=headers, timeout=60) as client:
        asked = client.post("/v1/moderations", json={"input": "a lighthouse at noon"})
        assert [result["flagged"] for result in asked.json()["results"]] == [False], asked.text
        assert client.get(f"/v1/requests/{known}").json()["status"] == "decided"
        told = client.get(f"/v1/requests/{known}/events").text
        assert {"event: verdict", "event: decision", "event: asset"} <= set(told.splitlines())
        picture = client.get(f"/v1/assets/{known}")
        assert hashlib.sha256(picture.content).hexdigest() == picture.headers["etag"].strip('"')


def on_the_other_policy(kafka: SecuredKafka) -> None:
    """What the shadow decides otherwise."""
    request = ask(prompt("a lighthouse at dusk"))
    request.subject.CopyFrom(Subject(tenant="shadowed"))
    assert action(decided(kafka, request)) == "ALLOW"
    assert len(of_request(kafka.login("operator"), Topic.SHADOW, request.id)) == 1


def of_a_match(kafka: SecuredKafka, home: Path) -> None:
    """Preserved, and its account named to those who ban."""
    incident = match(home, b"what matched")
    publish(kafka.login("orchestrator"), Topic.INCIDENTS, incident.id, incident.SerializeToString())
    key = hashlib.sha256(f"{incident.tenant}\0{incident.account_id}".encode()).hexdigest()
    told = record_of(kafka.login("accounts"), Topic.ACCOUNT_ACTIONS, key, "accounts-app")
    assert AccountAction.FromString(told).incident_id == incident.id


def by_a_reviewer(kafka: SecuredKafka, home: Path, more: Mapping[str, str]) -> None:
    """Held, looked at with its texts, and released; nobody else may."""
    request = held(ask(prompt("a lighthouse by night")))
    assert action(decided(kafka, request)) == "REVIEW"
    env = {**kafka.by_password("reviewer"), **more}
    shown = sluice(home, env, "reviews", "show", request.id, "--content", "--json")
    assert json.loads(shown.stdout)["request_id"] == request.id, shown.stderr
    words = ("reviews", "resolve", request.id, "--release", "--why", "harmless", "--by", "kim", "--json")
    refused = sluice(home, {**kafka.by_password("operator"), **more}, *words)
    assert refused.returncode == 1
    assert "moderation.reviews: TOPIC_AUTHORIZATION_FAILED" in refused.stderr
    ended = sluice(home, env, *words)
    assert ended.returncode == 0, ended.stderr
    assert len(of_request(kafka.login("operator"), Topic.DECISIONS, released_id(request.id))) == 1


def by_an_operator(kafka: SecuredKafka, home: Path, asked: Request) -> None:
    """The commands that look, and the one that asks again."""
    junk = new_request_id()
    publish(kafka.login("generator"), Topic.REQUESTS, junk, b"not a request")
    assert len(of_request(kafka.login("operator"), Topic.DEAD_LETTERS, junk)) == 1
    looker, repairer = kafka.by_password("operator"), kafka.by_password("repairer")
    for words in (
        ("decisions", "tail", "--from-beginning", "--count", "1"),
        ("decisions", "export", "--out", str(home / "decisions.jsonl")),
        ("dead-letters", "show", junk),
        ("policy", "explain", asked.id),
        ("policy", "shadow", "--since", "1h"),
        ("topics", "list"),
        ("repair", "--check", "--patience", "2"),
    ):
        done = sluice(home, looker, *words)
        assert done.returncode == 0, (words, done.stderr)
    again = ("dead-letters", "replay", junk)
    refused = sluice(home, looker, *again)
    assert refused.returncode == 1
    assert "CLUSTER_AUTHORIZATION_FAILED" in refused.stdout + refused.stderr
    done = sluice(home, repairer, *again)
    assert done.returncode == 0, done.stderr
    assert len(of_request(kafka.login("operator"), Topic.DEAD_LETTERS, junk, count=2)) == 2
