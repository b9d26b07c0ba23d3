"""`sluice eval scores`: a line out for every line in, for people who score us with tools of their own."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from evaluation.files import FileError, read_object
from evaluation.in_process import Prompt, open_judge
from evaluation.judged import Judged
from evaluation.words import read_age_band
from evaluation.write import write
from sluice.cli.progress import progress
from sluice.cli.tell import say

_UNPROCESSABLE = "unprocessable"


def scores(source: Path, target: Path, policy: Path | None) -> int:
    """Writes the line of every line. 0 where each could be read, 1 otherwise. "-" is standard input or output.

    Raises FileError, and what opening the model raises; nothing is written then.
    """
    try:
        data = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    except OSError as error:
        raise FileError(f"{source} cannot be read: {error}") from error
    if str(target) != "-" and not target.absolute().parent.is_dir():
        raise FileError(f"{target} cannot be written: there is no folder {target.absolute().parent}")
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    asked = [read_line(line) for line in lines]
    prompts = [one for one in asked if isinstance(one, Prompt)]
    answers = iter(asyncio.run(_judge(prompts, policy)))
    forms = [form_of(next(answers)) if isinstance(one, Prompt) else unread(one) for one in asked]
    _write(target, "".join(json.dumps(form, ensure_ascii=False) + "\n" for form in forms))
    failed = [f"line {number}: {form['error']}" for number, form in enumerate(forms, start=1) if "error" in form]
    for line in failed[:20]:
        say(line)
    if failed:
        say(f"{len(failed)} of {len(forms)} lines were not scored: they are flagged, and have no scores")
    return 1 if failed else 0


def read_line(line: bytes) -> Prompt | str:
    """The prompt in a line, or why there is none."""
    if not line.strip():
        return "empty line"
    found = read_object(line)
    if isinstance(found, str):
        return found
    text, age_band = found.get("text"), read_age_band(found.get("age_band"))
    if not isinstance(text, str):
        return "no text"
    if age_band is None:
        return "age_band is none of unknown, under_13, teen, adult"
    return Prompt((text,), age_band)


def form_of(judged: Judged) -> Mapping[str, object]:
    """The line of a decision. A text that could not be processed, or was not decided on, is an error and flagged."""
    if judged.error or _UNPROCESSABLE in judged.rules:
        return unread(judged.error or "the text cannot be processed: empty, too long, or not a text")
    return {"scores": dict(judged.scores), "flagged": not judged.allowed}


def unread(why: str) -> Mapping[str, object]:
    """The line of what was not scored: never let through."""
    return {"scores": {}, "flagged": True, "error": why}


async def _judge(prompts: list[Prompt], policy: Path | None) -> list[Judged]:
    async with AsyncExitStack() as stack:
        judge = await open_judge(os.environ, policy, stack)
        with progress(len(prompts), "texts") as told:
            return await judge.judge(prompts, told)


def _write(target: Path, text: str) -> None:
    if str(target) == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        write(target, text)
    except OSError as error:
        raise FileError(f"{target} cannot be written: {error}") from error
