"""Talking to people and programs: progress on standard error, results on standard output."""

import json
import sys
from collections.abc import Mapping
from typing import NoReturn

import typer

USAGE = 2
"""Exit status for wrong usage, as every shell command has it."""


def say(line: str) -> None:
    """A line of progress, for people. Never on standard output, which belongs to results."""
    sys.stderr.write(f"sluice: {line}\n")
    sys.stderr.flush()


def put_json(form: Mapping[str, object]) -> None:
    """One result as one line of JSON, at once."""
    sys.stdout.write(json.dumps(form, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def wants_json(asked: bool) -> bool:
    """JSON lines where they were asked for or where nobody sits at a terminal."""
    return asked or not sys.stdout.isatty()


def refuse(problem: str) -> NoReturn:
    """Ends the command for wrong usage."""
    say(problem)
    raise typer.Exit(USAGE)
