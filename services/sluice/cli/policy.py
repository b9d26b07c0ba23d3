"""`sluice policy`: whether a policy file is good, what it does with examples, and its schema for editors."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.models_add import models_folder
from sluice.cli.policy_diff import diff
from sluice.cli.policy_explain import explain
from sluice.cli.policy_file import policy_in_use
from sluice.cli.policy_replay import replay
from sluice.cli.policy_shadow import shadow
from sluice.cli.policy_try import try_policy
from sluice.cli.tell import put_json
from sluice.errors import ConfigError
from sluice.policy.load import load
from sluice.policy.provided import provided, required_in_vain, silent, unheeded
from sluice.policy.schema import text

app = typer.Typer(help="The policy file: check, test, explain, diff, replay, shadow, schema.", no_args_is_help=True)
app.command("test")(try_policy)
app.command("replay")(replay)
app.command("shadow")(shadow)
app.command("explain")(explain)
app.command("diff")(diff)


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="Default: the policy in use.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say every mistake of a policy file, as file:line: what is wrong; and which rules never fire, and which
    scores come to nothing.

    Exit status: 0 it is good (there may be warnings), 1 it is not.
    """
    path = policy_in_use(os.environ) if file is None else file
    form: dict[str, object] = {"file": str(path)}
    warnings: list[str] = []
    problems: Sequence[str] = ()
    summary = ""
    try:
        policy = load(path)
    except ConfigError as error:
        problems = error.problems
    else:
        scored = provided(models_folder(), policy)
        warnings = [f"{path}:{line}: warning: {said}" for line, said in silent(policy, scored)]
        warnings += [f"{path}: warning: {said}" for said in unheeded(policy, scored)]
        problems = [f"{path}: {said}" for said in required_in_vain(policy, scored)]
        form |= {"version": policy.version, "digest": policy.digest.hex(), "rules": len(policy.rules)}
        summary = f"{path}: good: version {policy.version}, {len(policy.rules)} rules, digest {policy.digest.hex()}"
    if as_json:
        put_json({**form, "good": not problems, "problems": list(problems), "warnings": list(warnings)})
    else:
        for line in (*problems, *warnings, *(() if problems else (summary,))):
            print(line)
    if problems:
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy files; policies/policy.schema.json is this."""
    sys.stdout.write(text())
