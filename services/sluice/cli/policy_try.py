"""`sluice policy test`: a policy's examples, and whether every rule has one that fires it and one that does not."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from sluice.cli.policy_file import policy_in_use
from sluice.cli.tell import put_json
from sluice.errors import ConfigError
from sluice.policy.decider import installed_decide
from sluice.policy.examples import read_examples
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.policy.tried import Coverage, Tried, coverage, try_example


def try_policy(
    file: Annotated[Path | None, typer.Argument(help="Default: the policy in use.")] = None,
    tests: Annotated[
        Path | None, typer.Option("--tests", metavar="DIR", help="Examples. Default: tests/ beside the policy.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Decide every example as the orchestrator would.

    Exit status: 0 all is as the examples say and every rule is covered, 1 it is not.
    """
    path = policy_in_use(os.environ) if file is None else file
    try:
        policy = load(path)
        examples = read_examples(tests or path.parent / "tests", policy)
    except ConfigError as error:
        if as_json:
            put_json({"file": str(path), "good": False, "problems": list(error.problems)})
        else:
            print(*error.problems, sep="\n")
        raise typer.Exit(1) from error
    decide = installed_decide()
    tried = [try_example(example, policy, decide) for example in examples]
    rows = coverage(policy, tried)
    problems = [
        *_failures(tried),
        *(f"{path}:{row.rule.line}: rule {row.rule.id!r}: {w}" for row in rows for w in row.lacks),
    ]
    if as_json:
        put_json({**_form(path, policy, tried, rows), "good": not problems, "problems": problems})
    else:
        _print_table(rows)
        failed = sum(bool(one.differs) for one in tried)
        print(f"{path}: {len(tried)} examples, {failed} failed; {len(rows)} rules, {_uncovered(rows)} not covered")
        print(*problems, sep="\n", end="\n" if problems else "")
    if problems:
        raise typer.Exit(1)


def _failures(tried: Sequence[Tried]) -> Sequence[str]:
    return [
        f"{one.example.file}:{one.example.line}: {one.example.name}: {'; '.join(one.differs)}"
        for one in tried
        if one.differs
    ]


def _uncovered(rows: Sequence[Coverage]) -> int:
    return sum(bool(row.lacks) for row in rows)


def _print_table(rows: Sequence[Coverage]) -> None:
    table = Table(Column("rule", no_wrap=True), "action", "cites", "fire it", "near misses", "")
    for row in rows:
        rule = row.rule
        cells = (rule.action.name, ", ".join(rule.cites), str(row.fire), str(row.quiet), ", ".join(row.lacks) or "ok")
        table.add_row(rule.id, *cells)
    Console(file=sys.stdout).print(table)


def _form(path: Path, policy: Policy, tried: Sequence[Tried], rows: Sequence[Coverage]) -> dict[str, object]:
    return {
        "file": str(path),
        "digest": policy.digest.hex(),
        "examples": [
            {
                "file": one.example.file,
                "line": one.example.line,
                "name": one.example.name,
                "cites": list(one.example.cites),
                "action": one.action,
                "fired": list(one.fired),
                "differs": list(one.differs),
            }
            for one in tried
        ],
        "rules": [{"id": row.rule.id, "line": row.rule.line, "fire": row.fire, "quiet": row.quiet} for row in rows],
    }
