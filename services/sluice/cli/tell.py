"""Talking to people and programs: progress on standard error, results on standard output."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

import typer

from sluice.ids import parse_request_id

USAGE = 2
"""Exit status for wrong usage, as every shell command has it."""


def say(line: str) -> None:
    """A line of progress, for people. Never on standard output, which belongs to results."""
    sys.stderr.write(f"sluice: {line}\n")
    sys.stderr.flush()


def put_json(form: Mapping[str, object]) -> None:
    """One result as one line of JSON, at once; nothing in it steers a terminal."""
    line = json.dumps(form, ensure_ascii=False)
    if not line.isprintable():
        line = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def wants_json(asked: bool) -> bool:
    """JSON lines where they were asked for or where nobody sits at a terminal."""
    return asked or not sys.stdout.isatty()


def plain(text: str) -> str:
    """What somebody else wrote, fit for a terminal: characters that steer it, or turn text around, become escapes."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """The same where a line's end would begin a line that nobody but us should write."""
    return plain(text).replace("\n", "\\n")


def show_table(rows: Sequence[Sequence[str]]) -> None:
    """One line each, in columns. Columns are never cut: what they hold is what other commands take."""
    shown = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in shown) for at in range(len(shown[0]))]
    for row in shown:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def refuse(problem: str) -> NoReturn:
    """Ends the command for wrong usage."""
    say(problem)
    raise typer.Exit(USAGE)


def a_request_id(text: str) -> str:
    """The request id in canonical form. Ends the command for what is none."""
    return parse_request_id(text) or refuse(f"{text!r} is not a request id: a UUID in text form")
