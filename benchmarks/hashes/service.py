"""The whole service over gRPC: lookups a second while nothing changes, and while lists and the base do."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from benchmarks.cpu import seconds_of
from benchmarks.hashes.inputs import Inputs
from benchmarks.hashes.matcher import Matcher, make_store, matcher
from benchmarks.hashes.questions import BANK, stranger
from sluice.cli.tell import say
from sluice.deadline import now_ms
from sluice.errors import TerminalError
from sluice.hashes.change import Change, Op
from sluice.hashes.current import read_current
from sluice.hashes.listed import Listed
from sluice.hashes.store import append
from sluice.v1.hash_matcher_pb2 import HashMatcherMatchRequest
from sluice.v1.hash_matcher_pb2_grpc import HashMatcherStub

WARM_SECONDS = 3.0
PAUSE_SECONDS = 0.5
"""Between two additions."""
_LOOK_SECONDS = 0.01
_MOST_SECONDS = 600.0
"""For an addition to be seen, and for a base to be swapped."""

Times = npt.NDArray[np.int64]
"""Shape (n, 2): when an answer came, and what it took, in ns."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`at_once`: questions under way on each connection. `seconds`: of each of the two phases, at least.
    `stream`: by `MatchStream`, one stream a connection, and not by `Match`."""

    connections: int = 4
    at_once: int = 4
    drivers: int = 2
    seconds: float = 20.0
    threads: int = 1
    stream: bool = False


@dataclass(slots=True)
class Phase:
    """From one moment to another (`time.monotonic_ns`), and the service's CPU seconds in between."""

    name: str
    begin: int = 0
    end: int = 0
    cpu_s: float = 0.0
    waited: list[float] = field(default_factory=list)
    """Seconds from the beginning of an addition until it was seen."""
    written: list[float] = field(default_factory=list)
    """Of these, until it was on the disk."""

    def figures(self, times: Times) -> dict[str, float]:
        """What came of it."""
        took = times[(times[:, 0] >= self.begin) & (times[:, 0] < self.end), 1] / 1e6
        p50, p99 = np.percentile(took, (50, 99)) if len(took) else (0.0, 0.0)
        return {
            "lookups": len(took),
            "lookups_per_s": round(len(took) / ((self.end - self.begin) / 1e9), 1),
            "p50_ms": round(float(p50), 2),
            "p99_ms": round(float(p99), 2),
            "max_ms": round(float(took.max(initial=0.0)), 1),
            "cpu_s_per_1000": round(1000 * self.cpu_s / max(1, len(took)), 3),
        }


def run(inputs: Inputs, folder: Path, plan: Plan) -> Mapping[str, object]:
    """Builds, starts, asks, prints a table; the figures. Linux only. Raises what the service's start raises."""
    say(f"building a store of {inputs.size:,} entries with PDQ and MD5")
    store, home = folder / "store", folder / "home"
    home.mkdir()
    begin = time.process_time()
    built = make_store(store, inputs, plan.threads)
    build_cpu_s = time.process_time() - begin
    say("starting a broker and the hash matcher")
    with matcher(store, home) as found:
        phases, told, times, swap = _measured(found, inputs, store, folder, plan)
    figures = {phase.name: phase.figures(times) for phase in phases}
    wrong, first = sum(one["wrong"] for one in told), [line for one in told for line in one["first"]]
    for line in first:
        say(f"wrong: {line}")
    _report(figures, wrong, plan)
    waited = phases[1].waited
    return {
        "size": inputs.size,
        "store_bytes": built.bytes,
        "build_cpu_s": round(build_cpu_s, 1),
        "ready_s": round(found.ready_s, 1),
        "connections": plan.connections,
        "at_once": plan.at_once,
        "stream": plan.stream,
        **figures,
        "wrong": wrong,
        "additions": len(waited),
        "addition_seen_s": _spread(waited),
        "addition_on_disk_s": _spread(phases[1].written),
        **swap,
    }


def _measured(
    found: Matcher, inputs: Inputs, store: Path, folder: Path, plan: Plan
) -> tuple[Sequence[Phase], Sequence[Any], Times, Mapping[str, float]]:
    steady, changing = Phase("steady"), Phase("changing")
    with _drivers(found, inputs, folder, plan) as driven:
        time.sleep(WARM_SECONDS)
        with _timed(steady, found.pid):
            time.sleep(plan.seconds)
        say("adding entries, and merging")
        with _timed(changing, found.pid), grpc.insecure_channel(found.address) as channel:
            swap = _changes(found, store, HashMatcherStub(channel), changing, plan.seconds)
        for driver in driven:
            if driver.poll() is not None:
                raise TerminalError(f"a process that asks ended with {driver.returncode}")
        told = [json.loads(driver.communicate()[0]) for driver in driven]
    times = np.concatenate([np.load(_times(folder, number)) for number in range(plan.drivers)])
    return (steady, changing), told, times, swap


@contextmanager
def _drivers(found: Matcher, inputs: Inputs, folder: Path, plan: Plan) -> Iterator["Sequence[subprocess.Popen[str]]"]:
    each = max(1, plan.connections // plan.drivers)
    options = ["--size", str(inputs.size), "--connections", str(each), "--at-once", str(plan.at_once)]
    if plan.stream:
        options.append("--stream")
    started: list[subprocess.Popen[str]] = []
    try:
        for number in range(plan.drivers):
            command = [sys.executable, "-m", "benchmarks.hashes.asking", found.address, str(_times(folder, number))]
            pipe = subprocess.PIPE
            started.append(subprocess.Popen([*command, *options], stdin=pipe, stdout=pipe, text=True))
        yield started
    finally:
        for driver in started:
            if driver.poll() is None:
                driver.kill()
                driver.wait()


def _times(folder: Path, number: int) -> Path:
    return folder / f"times-{number}.npy"


@contextmanager
def _timed(phase: Phase, pid: int) -> Iterator[None]:
    phase.begin, before = time.monotonic_ns(), seconds_of(pid)
    yield
    phase.end, phase.cpu_s = time.monotonic_ns(), seconds_of(pid) - before


def _changes(found: Matcher, store: Path, stub: HashMatcherStub, phase: Phase, seconds: float) -> Mapping[str, float]:
    """Adds one entry after the other, merges in the middle as an operator does, and goes on until the new base is in
    use."""
    source = np.random.default_rng(int(time.monotonic_ns()))
    begin = time.monotonic()
    merging: subprocess.Popen[bytes] | None = None
    merged = swapped = 0.0
    old = _base(store)
    while not swapped or time.monotonic() - begin < seconds:
        written, seen = _added(store, stub, source, len(phase.waited))
        phase.written.append(written)
        phase.waited.append(seen)
        if merging is None and time.monotonic() - begin >= seconds / 4:
            command = [
                "nice",
                sys.executable,
                "-m",
                "sluice.cli.main",
                "hashes",
                "merge",
                "--json",
                "--store",
                str(store),
            ]
            merge_begin, merging = time.monotonic(), subprocess.Popen(command, stdout=subprocess.DEVNULL)
        if merging is not None and not merged and merging.poll() is not None:
            if merging.returncode:
                raise TerminalError(f"the merge ended with {merging.returncode}")
            merged = time.monotonic()
        if merged and not swapped and found.maps(_base(store)) and not found.maps(old):
            swapped = time.monotonic()
        if merged and not swapped and time.monotonic() - merged > _MOST_SECONDS:
            raise TerminalError("the new base is not taken into use")
        time.sleep(PAUSE_SECONDS)
    return {"merge_s": round(merged - merge_begin, 1), "swapped_after_s": round(swapped - merged, 1)}


def _base(store: Path) -> str:
    current = read_current(store)
    if current is None:
        raise TerminalError(f"{store} is no store")
    return current.base


def _added(store: Path, stub: HashMatcherStub, source: np.random.Generator, number: int) -> tuple[float, float]:
    """Seconds from the beginning of the addition until it is on the disk, and until the service finds it."""
    new = stranger(source)
    digests = new.image.digests
    listed = Listed(f"added-{number}", digests.pdq[0], 100, digests.md5)
    begin = time.monotonic()
    append(store, [Change(now_ms(), (Op(BANK, listed.id, listed),))])
    written = time.monotonic() - begin
    while time.monotonic() - begin < _MOST_SECONDS:
        answer = stub.Match(HashMatcherMatchRequest(content=new), timeout=_MOST_SECONDS)
        if [match.entry for match in answer.result.matches] == [listed.id]:
            return written, time.monotonic() - begin
        time.sleep(_LOOK_SECONDS)
    raise TerminalError("an addition is not seen")


def _spread(seconds: Sequence[float]) -> Mapping[str, float]:
    return {"median": round(statistics.median(seconds), 3), "max": round(max(seconds), 3)}


def _report(figures: Mapping[str, Mapping[str, float]], wrong: int, plan: Plan) -> None:
    many = f"{plan.connections} connections x {plan.at_once} lookups"
    method = "MatchStream" if plan.stream else "Match"
    table = Table(title=f"HashMatcher.{method}, {many}; {wrong} wrong answers")
    table.add_column("phase")
    for name in ("lookups", "lookups/s", "p50 ms", "p99 ms", "max ms", "CPU s per 1,000"):
        table.add_column(name, justify="right")
    for name, one in figures.items():
        table.add_row(name, *(f"{value:,}" for value in one.values()))
    Console(width=120).print(table)
