"""python -m benchmarks.signing: pictures of 1024 x 1024 signed by the service, and by the library alone.

Four sides, in turn in every round. *bare*: the library's own call, which reads back what it signed; *bare, unread*:
the same without reading back, which lets through what no verifier accepts; *handle*: the service without Kafka, from
the object store and back to it; *service*: all of it, a process with a real broker beside it. The first three have
the same number of threads. CPU time is that of the side alone; by the clock the broker takes its share of the
machine. The last line is one JSON object.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.images.measure import Spent, median, ratio
from benchmarks.orchestrator.measure import Drained
from benchmarks.signing.bare import run, signing
from benchmarks.signing.inputs import Asked, asked
from benchmarks.signing.records import Handling
from benchmarks.signing.service import Bench
from sluice.cli.tell import say
from sluice.local.kafka import start_broker

BARE, UNREAD, HANDLE = "bare", "bare, unread", "handle"


@dataclass
class Found:
    """What was measured with one picture: a figure per round. `added`: bytes of credentials."""

    asked: Asked
    added: int
    sides: dict[str, list[Spent]] = field(default_factory=lambda: {BARE: [], UNREAD: [], HANDLE: []})
    service: list[Drained] = field(default_factory=list)

    def over_bare(self, side: str) -> tuple[float, float]:
        """A side's rate over that of the bare call: by the clock, by CPU time."""
        bare, other = self.sides[BARE], self.sides[side]
        return (
            ratio([one.per_second for one in other], [one.per_second for one in bare]),
            ratio([one.here for one in bare], [one.here for one in other]),
        )

    def service_over_bare(self) -> tuple[float, float]:
        """The same of the whole service."""
        bare = self.sides[BARE][: len(self.service)]
        return (
            ratio([one.per_second for one in self.service], [one.per_second for one in bare]),
            ratio([one.per_cpu_second for one in self.service], [1 / one.here for one in bare]),
        )


def main(arguments: Sequence[str]) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=100, help="a round, of each side without Kafka")
    parser.add_argument("--backlog", type=int, default=600, help="pictures of the whole service; 0: without it")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", action="append", default=[], help="jpeg_es256, ...; may be repeated")
    wanted = parser.parse_args(arguments)
    chosen = [one for one in asked() if not wanted.only or one.key in wanted.only]
    with tempfile.TemporaryDirectory(prefix="sluice-benchmark-") as folder:
        found = [_alone(one, Path(folder), wanted) for one in chosen]
        if wanted.backlog:
            _service(found, Path(folder), wanted)
    result = report(found)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


def _alone(asked: Asked, folder: Path, wanted: argparse.Namespace) -> Found:
    say(asked.title)
    bare, unread = signing(asked, verify=True), signing(asked, verify=False)
    handling = Handling(asked, folder, wanted.threads)
    found = Found(asked, len(bare()) - len(asked.data))
    for turn in range(wanted.rounds + 1):
        spent = {
            BARE: run(bare, wanted.pictures, wanted.threads),
            UNREAD: run(unread, wanted.pictures, wanted.threads),
            HANDLE: handling.run(wanted.pictures),
        }
        for side, one in spent.items():
            if turn:
                found.sides[side].append(one)
    return found


def _service(found: Sequence[Found], folder: Path, wanted: argparse.Namespace) -> None:
    broker = start_broker(folder / "kafka", folder / "kafka.log", os.environ, say)
    try:
        bench = Bench(broker.kafka, folder)
        for turn in range(wanted.rounds):
            for one in found:
                say(f"round {turn + 1} of {wanted.rounds}: the service, {one.asked.title}")
                one.service.append(bench.run(one.asked, wanted.backlog))
    finally:
        broker.stop()


def report(found: Sequence[Found]) -> Mapping[str, float]:
    """The table, and the figures for programs."""
    table = Table(title="Signed pictures of 1024 x 1024: rates, CPU time, and over the bare call; medians")
    for name in ("picture", "side", "images/s", "over bare", "CPU ms", "over bare, CPU", "bytes added"):
        table.add_column(name, justify="left" if name in {"picture", "side"} else "right")
    figures: dict[str, float] = {}
    for one in found:
        title, key = one.asked.title, one.asked.key
        for side, spent in one.sides.items():
            rate, cpu = median([each.per_second for each in spent]), median([each.here * 1000 for each in spent])
            by_clock, by_cpu = one.over_bare(side)
            added = f"{one.added:,}" if side == BARE else ""
            table.add_row(title, side, f"{rate:,.0f}", f"{by_clock:.2f}", f"{cpu:.2f}", f"{by_cpu:.2f}", added)
            name = side.replace(", ", "_")
            figures |= {f"{key}_{name}_per_second": rate, f"{key}_{name}_cpu_ms": cpu}
        figures[f"{key}_bytes_added"] = one.added
        by_clock, by_cpu = one.over_bare(HANDLE)
        figures |= {f"{key}_handle_over_bare": by_clock, f"{key}_handle_over_bare_cpu": by_cpu}
        if one.service:
            rate = statistics.median(each.per_second for each in one.service)
            cpu = 1000 / statistics.median(each.per_cpu_second for each in one.service)
            by_clock, by_cpu = one.service_over_bare()
            table.add_row(title, "service", f"{rate:,.0f}", f"{by_clock:.2f}", f"{cpu:.2f}", f"{by_cpu:.2f}", "")
            figures |= {f"{key}_service_per_second": rate, f"{key}_service_cpu_ms": cpu}
            figures |= {f"{key}_service_over_bare": by_clock, f"{key}_service_over_bare_cpu": by_cpu}
    Console(width=120).print(table)
    return {name: round(value, 3) for name, value in figures.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
