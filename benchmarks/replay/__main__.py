"""See the package: python -m benchmarks.replay --help"""

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

import benchmarks.replay as package
from benchmarks.replay.made import made
from orchestrator.decide import decide
from sluice.cli.tell import say
from sluice.policy.decision_files import read_decisions, write_decisions
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.policy.replay import Replay
from sluice.policy.replay_jobs import run
from sluice.policy.tally import Tally
from sluice.settings import default_policy

_LOWER = {"sexual: 0.5": "sexual: 0.4", "violence: 0.5": "violence: 0.4"}
"""What the candidate has lower."""
_PART = 10
"""The slow sides get one decision in so many."""


@dataclass(slots=True)
class Side:
    """One way to replay. `cpu`, `clock`: seconds of each round. `size`: bytes of its file."""

    name: str
    path: Path
    open: Callable[[], Replay]
    cpu: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def round(self) -> None:
        """Replays the file once."""
        opened = self.open()
        cpu, clock = time.process_time(), time.perf_counter()
        run(opened, read_decisions(self.path), keep=0)
        self.cpu.append(time.process_time() - cpu)
        self.clock.append(time.perf_counter() - clock)
        self.tally = opened.tally
        if self.tally.unjudged:
            raise SystemExit(f"{self.tally.unjudged} decisions were not judged")

    @property
    def per_cpu_second(self) -> float:
        """Decisions, best round."""
        return self.tally.decisions / min(self.cpu)


def by_cel(policy: Policy) -> Policy:
    """The same policy, written so that no rule has a plan."""
    return replace(policy, rules=tuple(replace(rule, when=f"{rule.when} // by CEL") for rule in policy.rules))


def sides(folder: Path, live: Policy, candidate: Policy, count: int) -> Sequence[Side]:
    """All of them, over the same decisions."""
    whole, part = folder / "kept.pb", folder / "part.pb"
    packed, lines = folder / "kept.pb.gz", folder / "part.jsonl"
    say(f"making {count:,} decisions")
    write_decisions(whole, made(count, live))
    write_decisions(packed, read_decisions(whole))
    for path in (part, lines):
        write_decisions(path, islice(read_decisions(whole), max(1, count // _PART)))
    planless = by_cel(candidate)
    return [
        Side("protobuf", whole, lambda: Replay(candidate, decide)),
        Side("protobuf, gzipped", packed, lambda: Replay(candidate, decide)),
        Side("with its own policy", whole, lambda: Replay(candidate, decide, live=live)),
        Side("JSON lines", lines, lambda: Replay(candidate, decide)),
        Side("all rules by CEL", part, lambda: Replay(planless, decide)),
    ]


def report(found: Sequence[Side]) -> None:
    """The table, then one JSON line."""
    table = Table(title="Decisions replayed", title_justify="left")
    for name in ("side", "decisions", "MB", "CPU s", "s", "decisions/CPU s", "CPU each, first = 1", "flips"):
        table.add_column(name, justify="left" if name == "side" else "right")
    result: dict[str, float] = {"decisions": found[0].tally.decisions}
    for side in found:
        ratio = found[0].per_cpu_second / side.per_cpu_second
        key = "_".join(re.findall(r"\w+", side.name))
        cells = (f"{min(side.cpu):.1f}", f"{min(side.clock):.1f}", f"{side.per_cpu_second:,.0f}", f"{ratio:.2f}")
        size = f"{side.path.stat().st_size / 1e6:.0f}"
        table.add_row(side.name, f"{side.tally.decisions:,}", size, *cells, f"{side.tally.flips:,}")
        result |= {
            f"{key}_cpu_seconds": round(min(side.cpu), 2),
            f"{key}_per_cpu_second": round(side.per_cpu_second),
            f"{key}_cpu_each_over_first": round(ratio, 2),
        }
    Console(width=120).print(table)
    live = next(side.tally for side in found if side.tally.exact or side.tally.inexact)
    result |= {"exact": live.exact, "not_exact": live.inexact}
    sys.stdout.write(json.dumps(result) + "\n")


def main() -> None:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.replay",
        description=package.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--decisions", type=int, default=100_000, help="recorded requests (100000)")
    parser.add_argument("--rounds", type=int, default=2, help="of which the best is taken (2)")
    wanted = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "candidate.yaml"
        text = default_policy(Path()).read_text()
        for before, after in _LOWER.items():
            text = text.replace(before, after)
        path.write_text(text)
        found = sides(folder, load(default_policy(Path())), load(path), wanted.decisions)
        for turn in range(wanted.rounds):
            say(f"round {turn + 1} of {wanted.rounds}")
            for side in found:
                side.round()
        report(found)


if __name__ == "__main__":
    main()
