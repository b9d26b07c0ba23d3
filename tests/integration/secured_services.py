"""Services on a broker that knows who is who, each with credentials of its own."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sluice.local.certificates import certs_folder, ensure_chain
from sluice.local.entry_points import HTTP_DOORS, told_where
from sluice.local.health import Health, ask_health
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process, stop_all
from sluice.local.vault_key import ensure_vault_key
from tests.integration.secured_kafka import wait_until

READY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running service. `ops`: where operators ask it; `http`: where the world does, of a service that has HTTP."""

    name: str
    process: Process
    address: str
    ops: str
    http: str = ""

    def ready(self) -> bool:
        """Whether it says that it is."""
        return ask_health(self.address) is Health.SERVING

    def reasons(self) -> str:
        """Why it is not ready, as its readiness page has it; empty while the page is not there."""
        try:
            with urllib.request.urlopen(f"http://{self.ops}/readyz", timeout=5) as page:
                return str(page.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""

    def log(self) -> str:
        """All that it has written."""
        return self.process.log.read_text(errors="replace")


@contextmanager
def served(
    home: Path, names: Sequence[str], credentials: Callable[[str], Mapping[str, str]], more: Mapping[str, str]
) -> Iterator[Mapping[str, Served]]:
    """Starts these services, and stops them. `credentials`: the Kafka variables of each; `more`: of all."""
    ensure_chain(home)
    ensure_vault_key(home)
    ports = iter(free_ports(3 * len(names)))
    addresses = {name: f"{LOOPBACK}:{next(ports)}" for name in names}
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "KAFKA_", "OTEL_"))}
    found: dict[str, Served] = {}
    try:
        for name in names:
            grpc, ops = addresses[name], f"{LOOPBACK}:{next(ports)}"
            http = f"{LOOPBACK}:{next(ports)}" if name in HTTP_DOORS else ""
            env = {
                **mine,
                "SLUICE_HOME": str(home),
                "SLUICE_OBJECT_STORE": f"file://{home / 'objects'}",
                "SLUICE_C2PA_CERTS": str(certs_folder(home)),
                "SLUICE_TEST_BANK": "1",
                "SLUICE_DRAIN_SECONDS": "5",
                "SLUICE_GRPC_ADDRESS": grpc,
                "SLUICE_OPS_ADDRESS": ops,
                "PYTHONUNBUFFERED": "1",
                **told_where(name, addresses),
                **({HTTP_DOORS[name]: http} if http else {}),
                **more,
                **credentials(name),
            }
            argv = [sys.executable, "-m", "sluice.cli.main", "serve", name]
            (home / "logs").mkdir(exist_ok=True)
            process = Process.start(name, argv, env, home / "logs" / f"{name}.log")
            found[name] = Served(name, process, grpc, ops, http)
        yield found
    finally:
        stop_all([one.process for one in found.values()], 10.0)


def wait_ready(services: Mapping[str, Served]) -> None:
    """Returns once all are; fails with what they say where one is not."""

    def done() -> bool:
        for one in services.values():
            assert one.process.exit_code() is None, one.log()
        return all(one.ready() for one in services.values())

    try:
        wait_until(done, READY_SECONDS)
    except AssertionError as error:
        told = {name: one.reasons() for name, one in services.items() if not one.ready()}
        raise AssertionError(f"{error}: {json.dumps(told)}") from error
