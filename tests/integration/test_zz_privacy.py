"""What the services told while all the other tests ran: ids and digests, never content. Runs last, by its name."""

import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.local.state import Running
from sluice.settings import KafkaSettings
from sluice.telemetry.trace_context import of_request
from sluice.v1.account_action_pb2 import AccountAction
from tests.integration.canaries import (
    ACCOUNT,
    PIXELS,
    SECRETS,
    WORD,
    canary_picture,
    through_a_person,
    through_grpc,
    through_http,
    through_kafka,
)
from tests.integration.client import Client, ask, prompt
from tests.integration.span_trees import Got, got
from tests.integration.topics import of_request as records_of
from tests.integration.topics import read_until
from tests.unit.leaks import Leak, leaks
from tests.unit.otlp_receiver import Receiver

OF_OTHER_TESTS = {
    str(at): word.encode()
    for at, word in enumerate(("watercolor of a light", "pipe bomb", "acct-4711", "bowl of oranges", "a purple door"))
}
LETTERS = 3 + 2 * 6 + 2 + 2 + 2 + 2 + 1
"""What nobody can read: two records on each topic, contents read by five checks and the orchestrator; on that of
requests one without an id; a release of nothing."""
NAMES = {"request", "decode", "fetch", "batch", "decide", "sign", "record"}
"""Of spans: some of them come late."""
SETTLED = 4.0
"""Seconds after which exporters have sent what there was."""


@pytest.fixture(scope="module")
def asked(stack: Running, kafka: KafkaSettings, client: Client, receiver: Receiver) -> list[str]:
    """Everything has been asked and dealt with; the ids of what got a decision."""
    ids = through_kafka(kafka)
    ids += through_grpc(client)
    through_http(stack)
    incident = through_a_person(client, kafka)
    actions = read_until(kafka, Topic.ACCOUNT_ACTIONS, lambda found: banning(found, incident) > 0, 60.0)
    assert banning(actions, incident) == 1
    wanted = {request_id.encode() for request_id in ids}
    decisions = read_until(kafka, Topic.DECISIONS, lambda found: wanted <= {each.key for each in found}, 120.0)
    assert wanted <= {each.key for each in decisions}
    letters = read_until(kafka, Topic.DEAD_LETTERS, lambda found: strangers(found) >= LETTERS, 60.0)
    assert strangers(letters) == LETTERS
    give_up = time.monotonic() + 60
    while not (all(spans_of(receiver, request_id) for request_id in ids) and names_of(receiver, ids) >= NAMES):
        assert time.monotonic() < give_up, "not all is told"
        time.sleep(0.2)
    time.sleep(SETTLED)
    return ids


def spans_of(receiver: Receiver, request_id: str) -> list[Got]:
    return got(receiver, of_request(request_id).trace_id)


def names_of(receiver: Receiver, ids: list[str]) -> set[str]:
    """Of the spans of all of these."""
    return {span.name for request_id in ids for span in spans_of(receiver, request_id)}


def banning(actions: list[Record], incident: str) -> int:
    found = [AccountAction.FromString(each.value) for each in actions]
    return sum((each.incident_id, each.account_id) == (incident, ACCOUNT) for each in found)


def strangers(letters: list[Record]) -> int:
    return sum(each.key == WORD.encode() for each in letters)


def told(stack: Running, logs: Path, receiver: Receiver) -> Mapping[str, bytes]:
    """All that services tell, by where: logs, operators' doors, spans, metrics."""
    places = {path.name: path.read_bytes() for path in logs.glob("*.log")}
    for name, at in stack.services.items():
        for path in ("metrics", "readyz"):
            with urllib.request.urlopen(f"http://{at.ops}/{path}", timeout=5) as answer:
                places[f"{name}/{path}"] = answer.read()
    for number, spans in enumerate(receiver.requests):
        places[f"spans {number}"] = spans.SerializeToString()
    for number, metrics in enumerate(receiver.numbers.requests):
        places[f"metrics {number}"] = metrics.SerializeToString()
    places["calls"] = repr(receiver.metadata).encode()
    return places


def test_no_content_in_any_log_metric_or_span(
    stack: Running, logs: Path, receiver: Receiver, asked: list[str]
) -> None:
    found = told(stack, logs, receiver)
    # It was told: every service's log and numbers, and the trace of every request.
    assert {f"{name}.log" for name in stack.services} <= found.keys()
    assert all(b"sluice_ready{" in text for name, text in found.items() if name.endswith("/metrics"))
    assert all(request_id in str(found["orchestrator.log"]) for request_id in asked)
    assert b"a person confirmed an incident" in found["reporter.log"]
    assert [request_id for request_id in asked if not spans_of(receiver, request_id)] == []
    assert names_of(receiver, asked) >= NAMES
    assert leaks(found, SECRETS | OF_OTHER_TESTS) == []


def test_what_is_searched_for_was_really_sent(kafka: KafkaSettings, asked: list[str]) -> None:
    """The same search, of the records that the requests themselves are: it finds them."""
    sent = b"".join(
        repr(each.headers).encode() + each.key + each.value
        for topic in (Topic.REQUESTS, Topic.REQUESTS_BULK)
        for each in read_until(kafka, topic, lambda _: False, 5.0)
    )
    assert {leak.secret for leak in leaks({"requests": sent}, SECRETS)} == set(SECRETS)
    assert Leak("picture", "pixels", "as it is") in leaks({"picture": canary_picture()}, SECRETS)
    assert PIXELS * 3 in canary_picture()


def test_an_account_stays_where_it_belongs(client: Client, kafka: KafkaSettings, logs: Path) -> None:
    decision = client.decide(ask(prompt("a heliotrope-zeppelin over hills"), account_id="acct-4711"))
    assert decision.request_id in (logs / "orchestrator.log").read_text()
    (record,) = records_of(kafka, Topic.DECISIONS, decision.request_id)
    assert leaks({"decision": record.value}, {"account": b"acct-4711", "words": b"heliotrope-zeppelin"}) == []
