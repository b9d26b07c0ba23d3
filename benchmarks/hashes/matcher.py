"""The hash matcher as a process, on a broker of its own, with a store of random entries."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hashes.inputs import Inputs
from benchmarks.hashes.questions import BANK, entries
from sluice.bus.create_topics import create
from sluice.deadline import now_ms
from sluice.errors import NotReadyError
from sluice.hashes.compact import Compacted, Lists, compact
from sluice.local.health import Health, ask_health
from sluice.local.kafka import start_broker
from sluice.local.ports import LOOPBACK, free_ports

SECONDS = 120.0
"""For the service to become ready, and to end."""
_BANKS = f"{BANK}: {{kind: csam, test: true, source: random, terms: none}}\n"


@dataclass(frozen=True, slots=True)
class Matcher:
    """Where it is. `ready_s`: from its start until it was ready."""

    address: str
    pid: int
    ready_s: float

    def maps(self, name: str) -> bool:
        """Whether it has a file of that name mapped."""
        return name in Path(f"/proc/{self.pid}/maps").read_text()


def make_store(folder: Path, inputs: Inputs, threads: int) -> Compacted:
    """Builds the store."""
    folder.mkdir()
    (folder / "banks.yaml").write_text(_BANKS)
    return compact(folder, Lists([BANK], entries(inputs)), {BANK: now_ms()}, threads)


@contextmanager
def matcher(store: Path, home: Path) -> Iterator[Matcher]:
    """A ready one; its log is `home`/matcher.log. NotReadyError where it does not become ready or does not end
    well."""
    broker = start_broker(home / "kafka", home / "kafka.log", os.environ, lambda _: None)
    try:
        create(broker.kafka, 4, 1)
        address = f"{LOOPBACK}:{free_ports(1)[0]}"
        told = {
            "KAFKA_BOOTSTRAP_SERVERS": broker.kafka.bootstrap,
            "SLUICE_HOME": str(home),
            "SLUICE_HASHES": str(store),
            "SLUICE_REQUIRED_BANKS": BANK,
            "SLUICE_GRPC_ADDRESS": address,
        }
        with (home / "matcher.log").open("wb") as log:
            command = [sys.executable, "-m", "hash_matcher"]
            begin = time.monotonic()
            process = subprocess.Popen(command, env={**os.environ, **told}, stdout=log, stderr=log)
            try:
                _wait_until_ready(address, process)
                yield Matcher(address, process.pid, time.monotonic() - begin)
            finally:
                process.terminate()
                status = process.wait(SECONDS)
        if status:
            raise NotReadyError(f"the hash matcher ended with {status}")
    finally:
        broker.stop()


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        if ask_health(address) is Health.SERVING:
            return
        time.sleep(0.1)
    raise NotReadyError("the hash matcher did not become ready")
