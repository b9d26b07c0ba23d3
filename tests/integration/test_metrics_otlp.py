"""A service as a process sends what its operators' door tells to a real receiver, and once more when it stops."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.conftest import DEFAULT_POLICY
from tests.unit.otlp_receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


class Shadow:
    """The shadow service, with no broker to join: it is up, and not ready."""

    def __init__(self, receiver: Receiver, home: Path, seconds: int) -> None:
        self._log = home / "log"
        told = {
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "SLUICE_HOME": str(home),
            "SLUICE_SHADOW_POLICY": str(DEFAULT_POLICY),
            "SLUICE_OPS_ADDRESS": "127.0.0.1:0",
            "SLUICE_METRICS_SECONDS": str(seconds),
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.port}",
        }
        with self._log.open("w") as written:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "policy_shadow"], env={**os.environ, **told}, stderr=written
            )

    def page(self) -> str:
        """/metrics, as soon as it runs."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            lines = [json.loads(line) for line in self._log.read_text().splitlines()]
            if any(line["event"] == "running" for line in lines):
                at = next(line["address"] for line in lines if line["event"] == "operators' door")
                with urllib.request.urlopen(f"http://{at}/metrics", timeout=5) as answer:
                    text: str = answer.read().decode()
                return text
            time.sleep(0.1)
        raise TimeoutError(self._log.read_text())

    def stop(self) -> None:
        """Asks it to stop; it does."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0


# At its start, and when it begins to work.
@pytest.mark.parametrize(("seconds", "calls"), [(1, 4), (3600, 2)])
def test_all_of_it_arrives(seconds: int, calls: int, receiver: Receiver, tmp_path: Path) -> None:
    service = Shadow(receiver, tmp_path, seconds)
    page = service.page()
    assert receiver.numbers.wait(calls, 90) >= calls
    (ready,) = receiver.numbers.last()["sluice_ready"].gauge.data_points
    assert (ready.as_double, ready.attributes[0].value.string_value) == (0, "policy-shadow")
    service.stop()
    assert receiver.numbers.calls > calls
    names = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(page)
    }
    assert {"sluice_ready", "sluice_records_total", "sluice_record_seconds", "process_cpu_seconds_total"} <= names
    # The last word of a process that ends properly is not that it is not ready: that would be an alert.
    assert names - receiver.numbers.last().keys() == {"sluice_ready"}


def test_nought_seconds_send_nothing(receiver: Receiver, tmp_path: Path) -> None:
    service = Shadow(receiver, tmp_path, 0)
    service.page()
    service.stop()
    assert receiver.numbers.calls == 0
