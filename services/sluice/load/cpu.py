"""CPU seconds by service: of the processes of a stack on this machine, or as services tell them themselves."""

import os
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final, Protocol

from sluice.load.usage import Reading
from sluice.settings import split_address

KAFKA: Final = "kafka"

_METRIC: Final = "process_cpu_seconds_total"
_CHILDREN: Final = "sluice_children_cpu_seconds_total"
_MOST_BYTES: Final = 8 << 20
_CALL_SECONDS: Final = 2.0


class CpuMeter(Protocol):
    """Reads CPU seconds."""

    def read(self) -> Mapping[str, float]:
        """User and system CPU seconds so far, by service. One that cannot be read now is left out."""
        ...


class NoCpu:
    """Where nothing is known of the services' processes."""

    def read(self) -> Mapping[str, float]:
        """Nothing."""
        return {}


class TreeCpu:
    """Of a stack on this machine: each service with its children, and the broker where it is the stack's own.

    From Linux's /proc/PID/stat (proc_pid_stat(5), utime, stime, cutime, cstime): what children used that have ended
    is in their parent's figures.
    """

    def __init__(self, root: int, services: Callable[[], Mapping[str, int]], proc: Path = Path("/proc")) -> None:
        """`root`: process id of `sluice up`. `services`: process ids by name, as they are now."""
        self._root = root
        self._services = services
        self._proc = proc
        self._ticks = os.sysconf("SC_CLK_TCK")

    def read(self) -> Mapping[str, float]:
        stats = {pid: stat for pid in self._pids() if (stat := self._stat(pid)) is not None}
        names = {pid: name for name, pid in self._services().items()}
        found: dict[str, float] = {}
        for pid, (_, seconds) in stats.items():
            name = self._owner(pid, stats, names)
            if name is not None:
                found[name] = found.get(name, 0.0) + seconds
        return found

    def _owner(self, pid: int, stats: Mapping[int, tuple[int, float]], names: Mapping[int, str]) -> str | None:
        at = pid
        while at in stats:
            if at in names:
                return names[at]
            parent = stats[at][0]
            if parent == self._root:
                return KAFKA if self._is_kafka(at) else None
            at = parent
        return None

    def _pids(self) -> list[int]:
        return [int(entry.name) for entry in self._proc.iterdir() if entry.name.isdecimal()]

    def _stat(self, pid: int) -> tuple[int, float] | None:
        """Parent and CPU seconds; None for a process that has ended."""
        try:
            # The name, in brackets, may hold anything, brackets too.
            words = (self._proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return int(words[1]), sum(map(int, words[11:15])) / self._ticks

    def _is_kafka(self, pid: int) -> bool:
        try:
            return b"kafka.Kafka" in (self._proc / str(pid) / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False


class OpsCpu:
    """As the operators' doors tell it (GET /metrics), a service's children included, such as decoders."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        """host:port by service."""
        self._addresses = addresses

    def read(self) -> Mapping[str, float]:
        found = {name: _ask(address) for name, address in self._addresses.items()}
        return {name: seconds for name, seconds in found.items() if seconds is not None}


def take_reading(meter: CpuMeter) -> Reading:
    """As it is now."""
    return Reading(time.monotonic(), meter.read(), busy_seconds(), time.process_time())


def busy_seconds(stat: Path = Path("/proc/stat")) -> float:
    """CPU seconds that this machine was not idle, since it was started; 0 where there is no /proc/stat.

    proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already.
    """
    try:
        words = stat.read_text().split("\n", 1)[0].split()
    except FileNotFoundError:
        return 0.0
    user, nice, system, _, _, irq, softirq, steal = (int(word) for word in words[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _ask(address: str) -> float | None:
    host, port = split_address(address)
    connection = HTTPConnection(host, port, timeout=_CALL_SECONDS)
    try:
        connection.request("GET", "/metrics")
        return cpu_seconds(connection.getresponse().read(_MOST_BYTES).decode(errors="replace"))
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def cpu_seconds(page: str) -> float | None:
    """process_cpu_seconds_total and sluice_children_cpu_seconds_total of a page in Prometheus's text format, added
    up; None where the first is not there, or one is no number."""
    found: dict[str, float] = {}
    for line in page.splitlines():
        name, _, value = line.rpartition(" ")
        if (metric := name.partition("{")[0]) in {_METRIC, _CHILDREN}:
            try:
                found[metric] = float(value)
            except ValueError:
                return None
    return sum(found.values()) if _METRIC in found else None
