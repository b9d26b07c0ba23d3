"""`sluice trace` among processes: the real exporter, the real collector, a stack that has one, and a real log."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path

import pytest

from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.local.collector_child import CollectorChild
from sluice.local.health import Health, ask_health
from sluice.local.state import Running, claim, publish
from sluice.settings import KafkaSettings, Reader
from sluice.telemetry.export import OtlpSpans
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.otlp_client import resource_of
from sluice.telemetry.otlp_settings import read_otlp
from tests.integration.client import Client, ask, prompt
from tests.integration.test_stack_local import alive, up
from tests.trace_samples import REQUEST_ID, TRACE_ID, request_spans

OWN = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[CollectorChild]:
    child = CollectorChild(os.environ, tmp_path / "collector.log")
    give_up = time.monotonic() + 60
    while ask_health(child.at.address) is not Health.SERVING:
        assert time.monotonic() < give_up, (tmp_path / "collector.log").read_text()
        time.sleep(0.05)
    yield child
    child.stop()
    assert child.kept.process.exit_code() == 0


def export(otlp: str) -> None:
    """Tells the sample request as the services would, each as an exporter of its own."""
    settings = read_otlp(Reader({"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{otlp}"}))
    for service, several in request_spans().items():
        spans = OtlpSpans(settings, resource_of(service, "0"), Log(service), Metrics(service))
        for span in several:
            spans.emit(span)
        spans.close()


def trace(*words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """The command, in an environment without any of ours but these."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "SLUICE_"))} | more
    argv = [sys.executable, "-m", "sluice.cli.main", "trace", *words]
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)


def got(address: str, path: str) -> Mapping[str, object]:
    connection = HTTPConnection(address, timeout=10)
    connection.request("GET", path)
    found: Mapping[str, object] = json.loads(connection.getresponse().read())
    connection.close()
    return found


def test_what_was_exported_is_read_with_the_command(collector: CollectorChild, tmp_path: Path) -> None:
    # Twice: a span that comes again is the same span.
    export(collector.at.address)
    export(collector.at.address)
    assert got(collector.at.http, "/traces?limit=5")["traces"] == [
        {"traceId": TRACE_ID, "spans": 8, "since_ms": pytest.approx(time.time() * 1000, abs=120_000)}
    ]

    where = {"SLUICE_TRACES_URL": f"http://{collector.at.http}", "SLUICE_HOME": str(tmp_path / "none")}
    ran = trace(REQUEST_ID, "--wait", "30", **where)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["request_id"], told["trace_id"], told["source"]) == (REQUEST_ID, TRACE_ID, "jaeger")
    assert (told["action"], told["decided_after_ms"], told["total_ms"]) == ("BLOCK", 266.0, 266.0)
    assert [(span["depth"], span["service"], span["name"]) for span in told["spans"]] == [
        (0, "ingest", "request"),
        (1, "ingest", "process moderation.requests"),
        (2, "text-classifier", "process moderation.contents"),
        (2, "image-classifier", "process moderation.contents"),
        (3, "image-classifier", "fetch"),
        (3, "image-classifier", "wait"),
        (3, "image-classifier", "batch"),
        (2, "orchestrator", "decide"),
    ]
    assert [each["service"] for each in told["spans"][-1]["joins"]] == ["text-classifier", "image-classifier"]
    assert told["spans"][-2]["error"] == "TIMEOUT"

    missing = trace("1" * 32, **where)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert f"no trace of {'1' * 32}" in missing.stderr


def test_the_running_stacks_collector_is_found_by_itself(collector: CollectorChild, tmp_path: Path) -> None:
    export(collector.at.address)
    home = tmp_path / "home"
    home.mkdir()
    lock = claim(home)
    publish(home, Running(os.getpid(), "", "127.0.0.1:1", "file:///o", "/c", {}, collector.at))
    ran = trace(TRACE_ID, SLUICE_HOME=str(home))
    lock.release()
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["source"], told["where"]) == ("collector", f"http://{collector.at.http}")
    assert told["request_id"] == REQUEST_ID


def test_a_stack_has_a_collector_and_goes_on_without_it(tmp_path: Path) -> None:
    with up(tmp_path / "home", "alpha=ready", "traces") as stack:
        stack.wait_until_said("Ctrl-C stops it.")
        before = stack.running().collector
        assert before is not None
        assert f"{before.address}  (`sluice trace REQUEST_ID`)" in stack.said()
        service = stack.running().services["alpha"]
        told = Path(f"/proc/{service.pid}/environ").read_bytes().split(b"\0")
        assert f"OTEL_EXPORTER_OTLP_ENDPOINT=http://{before.address}".encode() in told
        export(before.address)
        assert trace(REQUEST_ID, SLUICE_HOME=str(stack.home)).returncode == 0

        os.kill(before.pid, signal.SIGKILL)
        stack.wait_until_said("collector was ended by SIGKILL")
        stack.wait_until_said("collector is back after")
        after = stack.running().collector
        assert after is not None
        assert (after.address, after.http, after.restarts) == (before.address, before.http, 1)
        assert stack.running().services["alpha"] == service
        assert ask_health(service.address, 30.0) is Health.SERVING
        # What it held is gone, and it takes more.
        assert got(after.http, "/traces")["traces"] == []
        export(after.address)
        assert trace(REQUEST_ID, SLUICE_HOME=str(stack.home)).returncode == 0
        assert stack.stop() == 0
        assert not alive(after.pid)
        assert '"event": "stopped"' in (stack.home / "logs" / "collector.log").read_text()


def test_where_spans_go_elsewhere_there_is_no_collector(tmp_path: Path) -> None:
    elsewhere = "http://collector.example:4317"
    with up(tmp_path / "home", "alpha=ready", "traces", OTEL_EXPORTER_OTLP_ENDPOINT=elsewhere) as stack:
        stack.wait_until_said("Ctrl-C stops it.")
        assert stack.running().collector is None
        told = Path(f"/proc/{stack.running().services['alpha'].pid}/environ").read_bytes().split(b"\0")
        assert f"OTEL_EXPORTER_OTLP_ENDPOINT={elsewhere}".encode() in told
        ran = trace(REQUEST_ID, SLUICE_HOME=str(stack.home))
        assert ran.returncode == 1
        assert "no stack with a collector runs" in ran.stderr
        assert "looked on the log at" in ran.stderr
        assert stack.stop() == 0


def test_without_spans_the_log_tells_also_of_a_trace_that_was_brought_along(
    kafka: KafkaSettings, client: Client, tmp_path: Path
) -> None:
    where = {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "SLUICE_HOME": str(tmp_path)}
    first = ask(prompt("a painting of a lighthouse"))
    decision = client.decide(first)
    ran = trace(first.id, "--wait", "60", **where)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["source"], told["where"]) == ("log", kafka.bootstrap)
    assert (told["trace_id"], told["action"]) == (first.id.replace("-", ""), "ALLOW")
    assert told["decided_after_ms"] == decision.decided_at_ms - decision.requested_at_ms
    hops = {(span["service"], span["name"]) for span in told["spans"]}
    assert {("ingest", "process moderation.requests"), ("text", "process moderation.contents")} <= hops

    second = ask(prompt("a painting of a harbour"))
    producer = plain_producer(kafka)
    parent: list[tuple[str, str | bytes | None]] = [("traceparent", f"00-{OWN}-00f067aa0ba902b7-01")]
    producer.produce(Topic.REQUESTS, second.SerializeToString(), key=second.id.encode(), headers=parent)
    producer.flush(10)
    ran = trace(second.id, "--wait", "60", **where)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["trace_id"] == OWN
    shown = trace("f" * 32, **where)
    assert shown.returncode == 1
