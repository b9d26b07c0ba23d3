"""What this process and its children use: CPU seconds, memory, open files. From Linux's /proc; nothing elsewhere."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from prometheus_client import ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from sluice.telemetry.metrics import PREFIX

_CHILDREN: Final = f"{PREFIX}children_cpu_seconds"


class ProcessNumbers(Collector):
    """The usual numbers of a process (`process_cpu_seconds_total` and its like), each with the label `service`, and
    beside them what its children used, such as ingest's decoders."""

    def __init__(self, service: str, proc: Path = Path("/proc")) -> None:
        self._service = service
        self._proc = proc
        self._usual = ProcessCollector(proc=str(proc), registry=None)
        self._ticks = os.sysconf("SC_CLK_TCK")
        self._most = 0.0

    def collect(self) -> Iterable[Metric]:
        for family in self._usual.collect():
            told = Metric(family.name, family.documentation, family.type, family.unit)
            for sample in family.samples:
                told.add_sample(sample.name, {"service": self._service, **sample.labels}, sample.value)
            yield told
        used = self._children()
        if used is not None:
            # A child that is just being waited for is in neither figure for a moment: a counter never falls.
            self._most = max(self._most, used)
            about = "CPU seconds of this process's children, those that have ended among them."
            told = CounterMetricFamily(_CHILDREN, about, labels=["service"])
            told.add_metric([self._service], self._most)
            yield told

    def _children(self) -> float | None:
        own = self._times("self")
        if own is None:
            return None
        return own[1] + sum(self._tree(pid) for pid in self._below("self"))

    def _tree(self, pid: str) -> float:
        """Of a child that lives: its own, those of its children that have ended, and of those that live."""
        times = self._times(pid)
        return 0.0 if times is None else sum(times) + sum(self._tree(below) for below in self._below(pid))

    def _below(self, pid: str) -> list[str]:
        """Process ids of children: a thread of the process has begun each."""
        found: list[str] = []
        try:
            for thread in (self._proc / pid / "task").iterdir():
                found += (thread / "children").read_text().split()
        except OSError:
            # It ended meanwhile, or this kernel does not say.
            return found
        return found

    def _times(self, pid: str) -> tuple[float, float] | None:
        """CPU seconds of the process, and of its children that have ended: proc_pid_stat(5), utime to cstime."""
        try:
            # The name, in brackets, may hold anything, brackets too.
            words = (self._proc / pid / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        user, system, children_user, children_system = (int(word) / self._ticks for word in words[11:15])
        return user + system, children_user + children_system
