"""`sluice policy diff`: what two policy files say differently, and which examples notice."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.tell import USAGE, put_json, say
from sluice.errors import ConfigError
from sluice.policy.decider import installed_decide
from sluice.policy.diff import compare
from sluice.policy.diff_change import Change, Effect
from sluice.policy.diff_examples import Flip, flips
from sluice.policy.load import load


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD")],
    new: Annotated[Path, typer.Argument(metavar="NEW")],
    tests: Annotated[
        Path | None, typer.Option("--tests", metavar="DIR", help="Examples. Default: tests/ beside NEW, if there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what a policy file changes, whether that is stricter or laxer, and which examples come out differently.

    Exit status: 0 nothing differs, 1 something does, 2 a file cannot be read.
    """
    folder = tests or new.parent / "tests"
    try:
        before, after = load(old), load(new)
        found, count = flips(folder, before, after, installed_decide()) if tests or folder.is_dir() else ((), 0)
    except ConfigError as error:
        for problem in error.problems:
            say(problem)
        raise typer.Exit(USAGE) from error
    changes = compare(before, after)
    if as_json:
        put_json(
            {
                "old": {"file": str(old), "version": before.version, "digest": before.digest.hex()},
                "new": {"file": str(new), "version": after.version, "digest": after.digest.hex()},
                "same": not changes and not found,
                "changes": [_change_json(change) for change in changes],
                "examples": count,
                "flips": [_flip_json(flip) for flip in found],
            }
        )
    else:
        _show(changes, found, count)
    if changes or found:
        raise typer.Exit(1)


def _show(changes: Sequence[Change], found: Sequence[Flip], count: int) -> None:
    for change in changes:
        for line in _lines(change):
            sys.stdout.write(f"{line}\n")
    told = Counter(change.effect for change in changes)
    parts = ", ".join(f"{told[effect]} {effect}" for effect in Effect if told[effect])
    summary = f"{len(changes)} {_plural('change', len(changes))}: {parts}"
    sys.stdout.write(f"{summary if changes else 'the rules are the same'}\n")
    for flip in found:
        fires = "".join(f"; {how}: {', '.join(rules)}" for how, rules in _fires(flip) if rules)
        actions = f"{flip.old_action} -> {flip.new_action}" if flip.old_action != flip.new_action else flip.new_action
        example = flip.example
        sys.stdout.write(f"{example.file}:{example.line}: {example.name}: {actions}{fires}\n")
    if count:
        comes = "comes" if len(found) == 1 else "come"
        sys.stdout.write(f"{count} {_plural('example', count)}, {len(found)} {comes} out differently\n")


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _lines(change: Change) -> Sequence[str]:
    head = " ".join(part for part in (change.about, change.key) if part)
    head = f"{change.effect:<11} {head}" + (f" ({change.where})" if change.where else "")
    if change.old is not None and change.new is not None and change.key != "when":
        return [f"{head}: {change.old} -> {change.new}"]
    if change.key == "when":
        return [head, f"    - {change.old}", f"    + {change.new}"]
    return [f"{head}: removed: {change.old}" if change.new is None else f"{head}: added: {change.new}"]


def _fires(flip: Flip) -> Sequence[tuple[str, Sequence[str]]]:
    return (("fires no more", flip.only_old), ("fires now", flip.only_new))


def _change_json(change: Change) -> dict[str, object]:
    return {
        "about": change.about,
        "key": change.key or None,
        "old": change.old,
        "new": change.new,
        "effect": str(change.effect),
        "where": change.where or None,
    }


def _flip_json(flip: Flip) -> dict[str, object]:
    return {
        "file": flip.example.file,
        "line": flip.example.line,
        "name": flip.example.name,
        "old_action": flip.old_action,
        "new_action": flip.new_action,
        "only_old": list(flip.only_old),
        "only_new": list(flip.only_new),
    }
