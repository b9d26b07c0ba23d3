"""A real OpenTelemetry Collector with the configuration of deploy/otel, on ports of its own."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice.errors import NotReadyError
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process
from tests.deploy.programs import collector

OTEL: Final = Path(__file__).parents[2] / "deploy/otel"
ALL_FILES: Final = ("collector.yaml", "tail-sampling.yaml", "debug.yaml")

_READY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Collecting:
    """Where it listens, on loopback, and what it says."""

    grpc: int
    http: int
    metrics: int
    own: int
    log: Path

    @property
    def otlp(self) -> str:
        """host:port for exporters."""
        return f"{LOOPBACK}:{self.grpc}"

    def exported(self) -> str:
        """What Prometheus would find."""
        return _get(f"http://{LOOPBACK}:{self.metrics}/metrics")


def arguments(files: Sequence[str]) -> list[str]:
    """`--config` for each file, in the order in which they are laid over each other."""
    return [f"--config={OTEL / name}" for name in files]


def validate(files: Sequence[str], env: Mapping[str, str]) -> tuple[int, str]:
    """What the collector says of the files: exit status and words. `env`: variables that they name."""
    done = subprocess.run(
        [collector(), "validate", *arguments(files)],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
        text=True,
    )
    return done.returncode, done.stdout


@contextmanager
def collecting(folder: Path, files: Sequence[str], traces: int, **env: str) -> Iterator[Collecting]:
    """A collector that takes telemetry while this is open. `traces`: the port to which it sends spans; `env`: more of
    the variables that the files name. Its log is in `folder`."""
    grpc, http, metrics, health, own = free_ports(5)
    found = Collecting(grpc, http, metrics, own, folder / "collector.log")
    variables = {
        "COLLECTOR_OTLP_GRPC": f"{LOOPBACK}:{grpc}",
        "COLLECTOR_OTLP_HTTP": f"{LOOPBACK}:{http}",
        "COLLECTOR_METRICS": f"{LOOPBACK}:{metrics}",
        "COLLECTOR_HEALTH": f"{LOOPBACK}:{health}",
        "COLLECTOR_OWN_PORT": str(own),
        "COLLECTOR_TRACES": f"{LOOPBACK}:{traces}",
        "COLLECTOR_TRACES_PLAIN": "true",
    }
    command = [str(collector()), *arguments(files)]
    process = Process.start("collector", command, {**os.environ, **variables, **env}, found.log)
    try:
        give_up = time.monotonic() + _READY_SECONDS
        while not _answers(f"http://{LOOPBACK}:{health}/"):
            if process.exit_code() is not None or time.monotonic() >= give_up:
                raise NotReadyError(f"the collector does not work: {found.log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield found
    finally:
        process.terminate()
        if not process.wait(_STOP_SECONDS):
            process.kill()


def _answers(url: str) -> bool:
    try:
        _get(url)
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())
