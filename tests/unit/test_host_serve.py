"""What a service does with settings that cannot work: it says so and does not start."""

import io
from collections.abc import Mapping
from pathlib import Path

import grpc.aio
import pytest

from sluice.errors import EX_CONFIG, FatalError
from sluice.host.serve import _open_spans, serve
from sluice.host.service import Context, Service
from sluice.settings import Reader
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.otlp_settings import OtlpSettings


class Idle(Service):
    """Must not be opened."""

    name = "idle"

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:
        return

    def add_rpc(self, server: grpc.aio.Server) -> None:
        raise AssertionError("it started")

    async def open(self, context: Context) -> None:
        raise AssertionError("it started")

    async def run(self, stop: object) -> None:
        raise AssertionError("it started")


def test_a_receiver_that_cannot_be_is_named_with_all_that_is_wrong(capfd: pytest.CaptureFixture[str]) -> None:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317", "SLUICE_TRACE_SAMPLE": "5%"}
    assert serve(Idle, env) == EX_CONFIG
    said = capfd.readouterr().err
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "OTEL_EXPORTER_OTLP_ENDPOINT", "SLUICE_TRACE_SAMPLE"):
        assert f"idle: {name}" in said


def test_a_file_that_went_away_ends_the_start_with_its_name(tmp_path: Path) -> None:
    otlp = OtlpSettings("collector:4317", tls=True, authority=tmp_path / "gone.pem")
    with pytest.raises(FatalError, match=r"gone\.pem: No such file"):
        _open_spans(otlp, "idle", "0", Log("idle", stream=io.StringIO()), Metrics("idle"))
