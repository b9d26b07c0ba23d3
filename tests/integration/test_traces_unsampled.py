"""Where nothing is sampled: what was allowed is not told, and of all else everything is."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from sluice import samples
from sluice.bus.topics import Topic
from sluice.demo.sample_set import PIPE_BOMB
from sluice.local.entry_points import service_commands
from sluice.local.state import Running
from sluice.local.temporary import temporary
from sluice.settings import KafkaSettings
from sluice.telemetry.trace_context import TraceContext, headers_of, of_request
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import Request
from sluice.v1.verdict_pb2 import Verdict
from tests.integration.client import Client, action, ask, prompt, upload
from tests.integration.span_trees import got, ids_by_the_log, tree, wait_for_tree
from tests.integration.test_traces import publish
from tests.integration.topics import of_request as records_of
from tests.unit.otlp_receiver import Receiver, receiving

AWAY = (
    "c2pa-signer", "hash-matcher", "image-classifier", "image-text-classifier", "person-classifier", "provenance",
    "reporter", "gateway",
)  # fmt: skip
LATE = 3.0
"""Seconds after which what was told would have come: exporters send every second."""


@dataclass(frozen=True, slots=True)
class Unsampled:
    """A stack of three services, none of which looks at pictures, and nothing is sampled."""

    running: Running
    receiver: Receiver
    client: Client

    @property
    def kafka(self) -> KafkaSettings:
        return KafkaSettings({"bootstrap.servers": self.running.kafka})

    def decision(self, request: Request) -> Decision:
        """The decision of a request that was published."""
        (record,) = records_of(self.kafka, Topic.DECISIONS, request.id, seconds=60.0)
        return Decision.FromString(record.value)


@pytest.fixture(scope="module")
def unsampled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unsampled]:
    home = tmp_path_factory.mktemp("unsampled")
    with receiving() as receiver:
        told = {
            "SLUICE_TRACE_SAMPLE": "0",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.port}",
            "SLUICE_PARTITIONS": "2",
        }
        env = {**os.environ, **told}
        said: list[str] = []
        with temporary(home, env, service_commands(AWAY, env), said.append) as running:
            channels = {name: grpc.insecure_channel(at.address) for name, at in running.services.items()}
            yield Unsampled(running, receiver, Client(channels))
            for channel in channels.values():
                channel.close()


TREE = [
    "orchestrator request",
    "  orchestrator process moderation.requests",
    "    orchestrator decide BLOCK",
    "    orchestrator text process moderation.contents",
    "      orchestrator send moderation.verdicts",
]
SILENT = [
    "orchestrator request",
    "  orchestrator process moderation.requests",
    "    orchestrator decide BLOCK !incomplete",
    *[f"    orchestrator missing {check} !timeout" for check in ("hash", "image", "image_text", "person")],
    "    orchestrator text process moderation.contents",
    "      orchestrator send moderation.verdicts",
]


def test_what_was_allowed_is_not_told_and_what_was_blocked_is_told_whole(unsampled: Unsampled) -> None:
    allowed, blocked = ask(prompt("a watercolor of a lighthouse")), ask(prompt(PIPE_BOMB))
    publish(unsampled.kafka, allowed)
    assert action(unsampled.decision(allowed)) == "ALLOW"
    publish(unsampled.kafka, blocked)
    root = of_request(blocked.id)
    spans = wait_for_tree(unsampled.receiver, root.trace_id, TREE)
    assert tree(spans) == TREE
    ids = ids_by_the_log(unsampled.kafka, blocked.id, root, answers=1)
    named = {
        span.attributes.get("sluice.check", "ingest"): span.id for span in spans if span.name.startswith("process ")
    } | {span.name: span.id for span in spans if span.name in ("decide", "request")}
    assert named == {**ids, "request": root.span_id}
    (decide,) = [span for span in spans if span.name == "decide"]
    assert decide.links == (ids["text"],)
    assert "illicit" in str(decide.attributes["sluice.rule"]).split(",")

    decision = unsampled.decision(blocked)
    (check,) = [span for span in spans if span.name == "process moderation.contents"]
    (text,) = decision.inputs
    assert (check.start_ns, check.end_ns) == (text.received_at_ms * 1_000_000, text.finished_at_ms * 1_000_000)
    assert (decide.start_ns, decide.end_ns) == (
        decision.prepared_at_ms * 1_000_000,
        decision.decided_at_ms * 1_000_000,
    )

    time.sleep(LATE)
    assert got(unsampled.receiver, of_request(allowed.id).trace_id) == []


def test_the_tree_of_an_incomplete_decision_says_who_did_not_answer(unsampled: Unsampled) -> None:
    picture = samples.pictures()[0].encoded("JPEG")
    request = ask(prompt("a watercolor of a lighthouse"), upload(picture), deadline_ms=12_000)
    publish(unsampled.kafka, request)
    spans = wait_for_tree(unsampled.receiver, of_request(request.id).trace_id, SILENT)
    assert tree(spans) == SILENT
    decision = unsampled.decision(request)
    assert (action(decision), decision.complete) == ("BLOCK", False)
    # What comes of it says that it is told.
    (record,) = records_of(unsampled.kafka, Topic.DECISIONS, request.id)
    (decide,) = [span for span in spans if span.name == "decide"]
    assert dict(record.headers)["traceparent"].split(b"-")[2:] == [decide.id.encode(), b"01"]


def test_a_senders_trace_that_is_not_sampled_is_told_below_the_sender(unsampled: Unsampled) -> None:
    given = TraceContext("5bf92f3577b34da6a3ce929d0e0e4737", "00f067aa0ba902b8", sampled=False)
    request = ask(prompt(PIPE_BOMB))
    publish(unsampled.kafka, request, *headers_of(given))
    wanted = [line.removeprefix("  ") for line in TREE[1:]]
    assert tree(wait_for_tree(unsampled.receiver, given.trace_id, wanted, given.span_id), given.span_id) == wanted


def test_at_the_door_too_what_was_allowed_is_not_told(unsampled: Unsampled) -> None:
    allowed, blocked = ask(prompt("a harbour in the morning")), ask(prompt(PIPE_BOMB))
    assert [action(unsampled.client.decide(request)) for request in (allowed, blocked)] == ["ALLOW", "BLOCK"]
    assert tree(wait_for_tree(unsampled.receiver, of_request(blocked.id).trace_id, TREE)) == TREE
    time.sleep(LATE)
    assert got(unsampled.receiver, of_request(allowed.id).trace_id) == []


def test_a_record_that_is_worked_again_is_the_same_span(unsampled: Unsampled) -> None:
    request = ask(prompt("a bowl of oranges"))
    given = TraceContext("6bf92f3577b34da6a3ce929d0e0e4738", "00f067aa0ba902b9", sampled=True)
    publish(unsampled.kafka, request, *headers_of(given))
    wanted = [
        "ingest process moderation.requests",
        "  orchestrator decide ALLOW",
        "  text-classifier process moderation.contents",
        "    text-classifier batch",
        "    text-classifier send moderation.verdicts",
        "    text-classifier wait c0",
    ]
    before = wait_for_tree(unsampled.receiver, given.trace_id, wanted, given.span_id)
    assert tree(before, given.span_id) == wanted

    (contents,) = records_of(unsampled.kafka, Topic.CONTENTS, request.id)
    with Restarted(unsampled.running, "text-classifier") as classifier:
        rewind(unsampled.kafka, "sluice-text", TopicPartition(contents.topic, contents.partition, contents.offset))
        classifier.start()
        verdicts = records_of(unsampled.kafka, Topic.VERDICTS, request.id, count=2, seconds=60.0)
        (hop,) = [span for span in before if span.name == "process moderation.contents"]
        until = time.monotonic() + 90
        while len(after := got(unsampled.receiver, given.trace_id)) < len(before) + 4 and time.monotonic() < until:
            time.sleep(0.1)
    # It was worked twice, told twice, and is one.
    assert [Verdict.FromString(record.value).check for record in verdicts] == ["text", "text"]
    assert sum(span.id == hop.id for span in after) == 2
    assert {span.id for span in after} == {span.id for span in before}
    assert tree(after, given.span_id) == wanted


class Restarted:
    """One service of a stack, ended in order and started again as it was, by the test; in the end, ended."""

    def __init__(self, running: Running, name: str) -> None:
        pid = running.services[name].pid
        self._argv = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
        variables = Path(f"/proc/{pid}/environ").read_text().rstrip("\0").split("\0")
        self._env = dict(variable.split("=", 1) for variable in variables)
        self._log = Path(self._env["SLUICE_HOME"], "logs", f"{name}-again.log")
        self._process: subprocess.Popen[bytes] | None = None
        os.kill(pid, signal.SIGTERM)

    def __enter__(self) -> "Restarted":
        return self

    def start(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._argv, env=self._env, stdout=log, stderr=log)

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            assert self._process.wait(60) == 0


def rewind(kafka: KafkaSettings, group: str, to: TopicPartition) -> None:
    """The group reads this record next. Only a group without members lets itself be told."""
    admin = AdminClient(dict(kafka.properties))
    until = time.monotonic() + 60
    while True:
        asked = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, [to])])
        try:
            (found,) = asked[group].result().topic_partitions
        except KafkaException:
            found = None
        if found is not None and found.error is None:
            return
        assert time.monotonic() < until
        time.sleep(0.5)
