"""CPU seconds by service, from files as the kernel writes them."""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sluice.load.cpu import OpsCpu, TreeCpu, busy_seconds, cpu_seconds
from sluice.load.usage import Reading, Usage

TICKS = os.sysconf("SC_CLK_TCK")
UP, INGEST, DECODER, KAFKA, STRANGER, TEXT = 10, 11, 12, 13, 14, 15


def process(proc: Path, pid: int, parent: int, seconds: float, *words: str) -> None:
    """A process: half of its time its own, half that of children that have ended."""
    (proc / str(pid)).mkdir(parents=True)
    half = int(seconds * TICKS / 2)
    fields = ["S", str(parent), *["0"] * 9, str(half), "0", str(half), "0", *["0"] * 20]
    (proc / str(pid) / "stat").write_text(f"{pid} (a (strange) name) {' '.join(fields)}\n")
    (proc / str(pid) / "cmdline").write_bytes(b"\0".join(word.encode() for word in words))


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A stack: ingest with a decoder, a broker, the text service; and what is none of its."""
    process(tmp_path, UP, 1, 100.0, "sluice", "up")
    process(tmp_path, INGEST, UP, 4.0)
    process(tmp_path, DECODER, INGEST, 6.0)
    process(tmp_path, KAFKA, UP, 8.0, "java", "kafka.Kafka", "server.properties")
    process(tmp_path, STRANGER, UP, 50.0, "something", "else")
    process(tmp_path, TEXT, UP, 2.0)
    process(tmp_path, 99, 1, 70.0)
    (tmp_path / "meminfo").write_text("")
    return tmp_path


def test_children_count_for_their_service_and_others_for_none(proc: Path) -> None:
    meter = TreeCpu(UP, lambda: {"ingest": INGEST, "text": TEXT}, proc)
    assert meter.read() == {"ingest": 10.0, "kafka": 8.0, "text": 2.0}


def test_a_service_that_has_ended_is_left_out(proc: Path) -> None:
    meter = TreeCpu(UP, lambda: {"ingest": INGEST, "text": 77}, proc)
    assert meter.read() == {"ingest": 10.0, "kafka": 8.0}


def test_what_was_used_lies_between_two_readings() -> None:
    first = Reading(100.0, {"text": 5.0, "ingest": 9.0}, machine=50.0, own=1.0)
    last = Reading(110.0, {"text": 7.5, "ingest": 2.0, "hash": 1.0}, machine=60.0, own=1.5)
    usage = Usage.between(first, last)
    # Ingest was started anew, and hash for the first time.
    assert usage.services == {"text": 2.5, "ingest": 2.0, "hash": 1.0}
    assert (usage.seconds, usage.machine, usage.own, usage.total) == (10.0, 10.0, 0.5, 5.5)


def test_the_machine_is_busy_where_it_neither_idles_nor_waits(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 200 300 9999 8888 10 20 30 400 500\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    assert busy_seconds(stat) == pytest.approx(660 / TICKS)
    assert busy_seconds(tmp_path / "none") == 0.0


@pytest.mark.parametrize(
    ("page", "seconds"),
    [
        ("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 12.5\n", 12.5),
        ('process_cpu_seconds_total{service="ingest"} 3.0\n', 3.0),
        ('process_cpu_seconds_total{s="x"} 3.0\nsluice_children_cpu_seconds_total{s="x"} 1.5\n', 4.5),
        ("sluice_children_cpu_seconds_total 1.5\n", None),
        ("process_cpu_seconds_total_more 3.0\nother 1\n", None),
        ("process_cpu_seconds_total x\n", None),
        ("", None),
    ],
)
def test_services_tell_it_among_their_metrics(page: str, seconds: float | None) -> None:
    assert cpu_seconds(page) == seconds


class Door(BaseHTTPRequestHandler):
    """An operators' door that knows one page."""

    def do_GET(self) -> None:
        """Answers /metrics."""
        found = self.path == "/metrics"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(b"process_cpu_seconds_total 4.25\n" if found else b"")

    def log_message(self, *words: object) -> None:
        """Nothing."""


def test_doors_are_asked_and_one_that_does_not_answer_is_left_out() -> None:
    with HTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        try:
            found = OpsCpu({"ingest": f"127.0.0.1:{port}", "text": "127.0.0.1:1"}).read()
        finally:
            server.shutdown()
    assert found == {"ingest": 4.25}
