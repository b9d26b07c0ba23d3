"""python -m benchmarks.policy: what does a decision cost, and what do plans save of it?

By the orchestrator's own `decide`, from records that have been parsed: a prompt that the text check has answered for,
and an edit's output, an upload and a generated picture with four checks each. With a policy of forty rules
(benchmarks/forty.yaml) and with the default policy; by the plans of the rules, and by CEL alone, in turn in every
round. Both sides must come to the same decisions. What is compared is CPU time.
"""

import argparse
import dataclasses
import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.orchestrator.records import Asked as Recorded
from benchmarks.orchestrator.records import requests
from orchestrator.decide import decide
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import Contents
from sluice.v1.request_pb2 import OPERATION_EDIT, ROLE_UPLOAD
from sluice.v1.verdict_pb2 import Verdict

ROOT = Path(__file__).parents[1]
POLICIES = {"forty rules": ROOT / "benchmarks" / "forty.yaml", "default": ROOT / "policies" / "default.yaml"}
PLANS, CEL = "plans", "CEL alone"
_DEADLINE_MS = 60_000

Asked = tuple[Contents, Mapping[str, Verdict]]


def main(arguments: Sequence[str]) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy", description=__doc__)
    parser.add_argument("--decisions", type=int, default=2000, help="a round, on each side")
    parser.add_argument("--rounds", type=int, default=9)
    wanted = parser.parse_args(arguments)
    found: dict[tuple[str, str, str], list[float]] = {}
    policies = {name: load(path) for name, path in POLICIES.items()}
    asked = {"prompt": prompts(), "output, two pictures": outputs()}
    for _ in range(wanted.rounds):
        for name, policy in policies.items():
            sides = {PLANS: policy, CEL: by_cel(policy)}
            for kind, some in asked.items():
                alike(some, *sides.values())
                for side, one in sides.items():
                    took = microseconds(some, one, wanted.decisions)
                    found.setdefault((name, kind, side), []).append(took)
    report(policies, found)
    return 0


def prompts() -> Sequence[Asked]:
    """64 prompts, no two alike."""
    return [_read(one.contents, one.verdicts) for one, _ in zip(_requests("prompt"), range(64), strict=False)]


def outputs() -> Sequence[Asked]:
    """64 outputs of edits: the upload is c0, the generated picture c1."""
    made = []
    for one, _ in zip(_requests("picture"), range(64), strict=False):
        contents, verdicts = _read(one.contents, one.verdicts)
        contents.operation = OPERATION_EDIT
        contents.contents.insert(0, contents.contents[0])
        contents.contents[0].role = ROLE_UPLOAD
        contents.contents[1].id = "c1"
        for verdict in verdicts.values():
            verdict.results.append(verdict.results[0])
            verdict.results[1].content_id = "c1"
        made.append((contents, verdicts))
    return made


def by_cel(policy: Policy) -> Policy:
    """The same policy, written so that no rule has a plan or a guard."""
    rules = tuple(dataclasses.replace(rule, when=f"{rule.when} // by CEL") for rule in policy.rules)
    if any(rule.plan or rule.guard for rule in rules):
        raise SystemExit("CEL alone is not alone: plans have learnt to read comments")
    return dataclasses.replace(policy, rules=rules)


def alike(asked: Sequence[Asked], one: Policy, other: Policy) -> None:
    """Ends the run where the two do not decide alike."""
    for contents, verdicts in asked:
        if repr(decide(contents, verdicts, one, late=False)) != repr(decide(contents, verdicts, other, late=False)):
            raise SystemExit("the sides do not come to the same decision")


def microseconds(asked: Sequence[Asked], policy: Policy, decisions: int) -> float:
    """CPU time of this process, per decision."""
    turns = max(1, decisions // len(asked))
    begun = time.process_time()
    for _ in range(turns):
        for contents, verdicts in asked:
            decide(contents, verdicts, policy, late=False)
    return (time.process_time() - begun) / (turns * len(asked)) * 1e6


def report(policies: Mapping[str, Policy], found: Mapping[tuple[str, str, str], Sequence[float]]) -> None:
    """The table, then one JSON line."""
    table = Table(title="A decision, CPU µs: best and median of the rounds")
    for name in ("policy", "rules", "of them by CEL", "request", PLANS, "median", CEL, "median", "CEL / plans"):
        table.add_column(name, justify="left" if name in {"policy", "request"} else "right")
    result: dict[str, float] = {}
    for (name, kind, side), took in found.items():
        if side != PLANS:
            continue
        other = found[name, kind, CEL]
        ratio = statistics.median(b / a for a, b in zip(took, other, strict=True))
        rules = policies[name].rules
        table.add_row(
            name,
            str(len(rules)),
            str(sum(rule.plan is None for rule in rules)),
            kind,
            *(f"{value:.0f}" for value in (min(took), statistics.median(took), min(other), statistics.median(other))),
            f"{ratio:.1f}",
        )
        key = f"{name.split()[0]}_{kind.split(',')[0]}"
        result[f"{key}_plans_best_us"] = round(min(took), 2)
        result[f"{key}_plans_us"] = round(statistics.median(took), 2)
        result[f"{key}_cel_us"] = round(statistics.median(other), 1)
        result[f"{key}_cel_over_plans"] = round(ratio, 2)
    Console(width=120).print(table)
    sys.stdout.write(json.dumps(result) + "\n")


def _requests(kind: str) -> Iterator[Recorded]:
    return requests(kind, 1_790_000_000_000, _DEADLINE_MS)


def _read(contents: bytes, verdicts: Sequence[Verdict]) -> Asked:
    return Contents.FromString(contents), {
        verdict.check: Verdict.FromString(verdict.SerializeToString()) for verdict in verdicts
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
