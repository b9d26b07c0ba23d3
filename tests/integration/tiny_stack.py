"""A stack of services that do nothing but live and die: `tiny_stack.py HOME NAME=LIFE...` is `sluice up` with them.

The word `traces` among them: with the collector of traces.

Lives: `ready`, `never` (never gets ready), `unconfigured` (exits with 78), `short` (ends once it is told SIGUSR1),
`stubborn` (does not stop when asked to), `real` (the service of that name, as it is).
"""

import os
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from sluice.cli.up import run_stack
from sluice.errors import EX_CONFIG
from sluice.local.entry_points import service_commands
from sluice.local.plan import make_plan
from sluice.telemetry.logging import Log

TRACES = "traces"


def commands(lives: Sequence[str]) -> dict[str, list[str]]:
    """Command lines of tiny services, from NAME=LIFE words."""
    pairs = [word.split("=") for word in lives if word != TRACES]
    real = service_commands()
    return {
        name: real[name] if life == "real" else [sys.executable, __file__, "serve", name, life]
        for name, life in pairs
    }


def serve(name: str, life: str) -> int:
    """One tiny service."""
    if life == "unconfigured":
        sys.stderr.write(f"{name}: A is not set\n{name}: B is not set\n")
        return EX_CONFIG
    waited_for = {signal.SIGTERM, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, waited_for)
    log = Log(name)
    servicer = health.HealthServicer()
    status = health_pb2.HealthCheckResponse.NOT_SERVING if life == "never" else health_pb2.HealthCheckResponse.SERVING
    servicer.set("", status)
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port(os.environ["SLUICE_GRPC_ADDRESS"])
    server.start()
    log.info("not ready" if life == "never" else "ready", reason="a model is missing: run `fetch`")
    while True:
        told = signal.sigwait(waited_for)
        if told == signal.SIGUSR1 and life == "short":
            log.error("failed", error="ended by itself")
            os._exit(3)
        if told == signal.SIGTERM and life != "stubborn":
            break
    server.stop(None).wait()
    log.info("stopped")
    return 0


def up(home: Path, lives: Sequence[str]) -> int:
    """The stack, until it is told to stop."""
    home.mkdir(exist_ok=True)
    return run_stack(
        make_plan(home, home / "certs", commands(lives), os.environ, short_lived=True, traces=TRACES in lives)
    )


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        sys.exit(serve(sys.argv[2], sys.argv[3]))
    sys.exit(up(Path(sys.argv[1]), sys.argv[2:]))
