"""See the package: python -m benchmarks.orchestrator --help"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

import benchmarks.orchestrator as package
from benchmarks.orchestrator.backlog import fill
from benchmarks.orchestrator.measure import Drained, Latency, drain, latency
from benchmarks.orchestrator.quix_env import python_with_quixstreams
from benchmarks.orchestrator.sides import Side, copy_loop, loop, orchestrator, quixstreams
from benchmarks.orchestrator.topics import Topics
from orchestrator.service import GROUP
from sluice.bus.topics import Topic
from sluice.cli.tell import say
from sluice.local.kafka import start_broker
from sluice.settings import KafkaSettings

_SETTLE = 0.25
"""Share of a stream that does not count: connections are made, caches fill."""
_LOAD = 0.5
_TRIVIAL = "loop, trivial policy"
_LOOPS = {_TRIVIAL: "trivial", "loop, default policy": "default"}
_PICTURES = "loop, default policy, pictures"
_SERVICE = "whole service, trivial policy"
_COPY = "copy loop"
_QUIX = {"quixstreams, protobuf": "protobuf", "quixstreams, bytes only": "bytes"}
_QUIX_COMMIT_SECONDS = {"drain": 1.0, "stream": 0.05}
"""Rare commits are to its advantage where the backlog counts, frequent ones where latency does."""


@dataclass(slots=True)
class Row:
    """What was measured of one side: a figure per round."""

    name: str
    kind: str
    drained: list[Drained] = field(default_factory=list)
    latencies: list[Latency] = field(default_factory=list)

    @property
    def per_cpu_second(self) -> float:
        """Outputs per CPU second, best."""
        return max(one.per_cpu_second for one in self.drained)

    @property
    def per_cpu_second_median(self) -> float:
        """Outputs per CPU second, median."""
        return statistics.median(one.per_cpu_second for one in self.drained)

    @property
    def per_second(self) -> float:
        """Outputs per second of the clock, median."""
        return statistics.median(one.per_second for one in self.drained)

    def latency(self, name: str) -> float:
        """One of the figures of `Latency`, median; there must be one."""
        return float(statistics.median(getattr(one, name) for one in self.latencies))


class Bench:
    """All sides against one broker."""

    def __init__(self, kafka: KafkaSettings, folder: Path, python: Path | None, wanted: argparse.Namespace) -> None:
        self._kafka = kafka
        self._folder = folder
        self._python = python
        self._wanted = wanted
        self._topics = Topics(kafka)
        self._grouped = False
        self.rows: dict[str, Row] = {}

    def run(self) -> None:
        """Every round, every side."""
        for turn in range(self._wanted.rounds):
            say(f"Round {turn + 1} of {self._wanted.rounds}")
            self._drain_prompts(turn)
            self._drain_pictures()
            if self._wanted.seconds:
                self._stream(turn)

    def _drain_prompts(self, turn: int) -> None:
        count = self._wanted.prompts
        self._topics.renew()
        fill(self._kafka, "prompt", count)
        for name, policy in _LOOPS.items():
            size = self._drain(name, "prompt", loop(self._kafka, policy), count).bytes
        self._drain(_COPY, "prompt", copy_loop(self._kafka, round(size)), count)
        self._drain(_SERVICE, "prompt", self._service(), count)
        if self._python is not None:
            fewer = min(count, self._wanted.quix_prompts)
            if fewer < count:
                self._topics.renew()
                fill(self._kafka, "prompt", fewer)
            for name in _QUIX:
                self._drain(name, "prompt", self._quix(name, turn, "drain"), fewer)

    def _drain_pictures(self) -> None:
        self._topics.renew()
        fill(self._kafka, "picture", self._wanted.pictures)
        self._drain(_PICTURES, "picture", loop(self._kafka, "default"), self._wanted.pictures)

    def _drain(self, name: str, kind: str, side: Side, count: int) -> Drained:
        self._topics.renew_outputs()
        self._forget_offsets(side)
        with side.running(self._folder) as process:
            found = drain(self._kafka, process, side.output, count)
        row = self.rows.setdefault(name, Row(name, kind))
        row.drained.append(found)
        say(f"  {name}: {found.per_cpu_second:,.0f} per CPU second, {found.per_second:,.0f} per second")
        return found

    def _stream(self, turn: int) -> None:
        for row in self.rows.values():
            side = self._side(row, turn)
            self._topics.renew()
            # Whoever is faster is asked for no more than the loop: what it takes less is what the loop adds.
            rate = self._wanted.rate or min(row.per_second, self.rows[_TRIVIAL].per_second) * _LOAD
            count = int(rate * self._wanted.seconds)
            self._forget_offsets(side)
            argv = [sys.executable, "-m", "benchmarks.orchestrator.backlog", self._kafka.bootstrap]
            with side.running(self._folder) as process:
                side.wait_ready(process)
                with subprocess.Popen([*argv, row.kind, str(rate), str(self._wanted.seconds)]):
                    found = latency(self._kafka, side.output, rate, count, _SETTLE)
            row.latencies.append(found)
            say(f"  {row.name}: at {rate:,.0f} per second p50 {found.read_p50:.1f} ms, p99 {found.read_p99:.1f} ms")

    def _side(self, row: Row, turn: int) -> Side:
        if row.name == _COPY:
            return copy_loop(self._kafka, round(row.drained[-1].bytes))
        if row.name in _QUIX:
            return self._quix(row.name, turn, "stream")
        return self._service() if row.name == _SERVICE else loop(self._kafka, _LOOPS.get(row.name, "default"))

    def _forget_offsets(self, side: Side) -> None:
        # Before its first member has come, the group cannot be asked for.
        if self._grouped:
            self._topics.forget_group(GROUP)
        self._grouped = side.output == Topic.DECISIONS

    def _service(self) -> Side:
        return orchestrator(self._kafka, "trivial", self._folder / "home")

    def _quix(self, name: str, turn: int, purpose: str) -> Side:
        assert self._python is not None
        form = _QUIX[name]
        state = self._folder / f"{form}-{purpose}-{turn}"
        return quixstreams(self._kafka, self._python, form, state, _QUIX_COMMIT_SECONDS[purpose])


def report(rows: Mapping[str, Row]) -> None:
    """The table, then one JSON line with the ratios."""
    console = Console(width=120)
    table = Table(
        title="Outputs; latency at half of the rate reached, or of the loop's where that is less, or at --rate",
        title_justify="left",
    )
    for name in ("side", "best/CPU s", "median/CPU s", "median/s", "append p50 ms", "p99", "readable p50 ms", "p99"):
        table.add_column(name, justify="left" if name == "side" else "right")
    result: dict[str, float] = {}
    for row in rows.values():
        wanted = ("appended_p50", "appended_p99", "read_p50", "read_p99") if row.latencies else ()
        late = [row.latency(name) for name in wanted]
        rates = (row.per_cpu_second, row.per_cpu_second_median, row.per_second)
        table.add_row(row.name, *(f"{rate:,.0f}" for rate in rates), *(f"{ms:.1f}" for ms in late))
        key = _key(row.name)
        result |= {
            f"{key}_per_cpu_second": round(row.per_cpu_second),
            f"{key}_per_cpu_second_median": round(row.per_cpu_second_median),
            f"{key}_per_second": round(row.per_second),
        }
        if late:
            result |= {
                f"{key}_append_p99_ms": round(late[1], 1),
                f"{key}_readable_p99_ms": round(late[3], 1),
            }
    trivial, default = (rows[name].per_cpu_second for name in _LOOPS)
    for name in _QUIX:
        if name in rows:
            key = _key(name)
            result[f"loop_over_{key}"] = round(trivial / rows[name].per_cpu_second, 2)
            result[f"loop_default_policy_over_{key}"] = round(default / rows[name].per_cpu_second, 2)
    result["copy_over_loop"] = round(rows[_COPY].per_cpu_second / trivial, 2)
    console.print(table)
    sys.stdout.write(json.dumps(result) + "\n")


def _key(name: str) -> str:
    return "_".join(re.findall(r"\w+", name))


def main() -> None:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.orchestrator",
        description=package.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--prompts", type=int, default=60_000, help="PROMPT requests in the backlog (60000)")
    parser.add_argument("--pictures", type=int, default=20_000, help="OUTPUT requests in the backlog (20000)")
    parser.add_argument("--quix-prompts", type=int, default=20_000, help="at most so many for quixstreams (20000)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the best and medians are taken (3)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each stream; 0: no latencies (10)")
    parser.add_argument(
        "--rate", type=float, help="of each stream, requests a second, in place of half of the rate reached"
    )
    parser.add_argument("--no-quixstreams", action="store_true", help="leave that side out; needs no package index")
    parser.add_argument("--cache", type=Path, default=Path("out/benchmarks"), help="where its environment is kept")
    wanted = parser.parse_args()
    python = None if wanted.no_quixstreams else python_with_quixstreams(wanted.cache.absolute() / "quixstreams")
    with TemporaryDirectory() as name:
        folder = Path(name)
        broker = start_broker(folder / "kafka", folder / "kafka.log", os.environ, say)
        try:
            bench = Bench(broker.kafka, folder, python, wanted)
            bench.run()
        finally:
            broker.stop()
    report(bench.rows)


if __name__ == "__main__":
    main()
