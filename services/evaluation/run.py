"""One run: files in, a report out, an exit status."""

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from evaluation import report
from evaluation.cases import Case, Cases, Medium, read_cases, unique
from evaluation.compare import Marked, read_marks
from evaluation.files import FileError, read_rows
from evaluation.gates import Least
from evaluation.in_process import Prompt, open_judge, settings_of
from evaluation.judged import Judged, Outcome
from evaluation.write import make_folder, put
from sluice.check import ModelInfo
from sluice.cli.progress import progress
from sluice.cli.tell import USAGE, say
from sluice.policy.load import load
from sluice.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge, and what to do with the report. `policy`: a file, None for that of the environment."""

    live: bool = False
    policy: Path | None = None
    baseline: Path | None = None
    least: Least = field(default_factory=Least)
    by: tuple[str, ...] = ()
    stage: str = "prompt"
    concurrency: int = 16
    as_json: bool = False
    out: Path | None = None


def run(files: Sequence[Path], medium: Medium, options: Options) -> int:
    """0 where every row was read and decided and every gate held, 1 otherwise, 2 where there is nothing to judge.

    Raises FileError for a file that cannot be read at all, and what opening models or a stack raises.
    """
    baseline = None if options.baseline is None else read_baseline(options.baseline, medium)
    make_folder(options.out)
    found = gather(files, medium, options.stage)
    for line in report.bad_lines(found.bad):
        say(line)
    if not found.cases:
        say(f"nothing to judge in {', '.join(map(str, files))}")
        return USAGE
    if options.live:
        answers, policy, models = judge_through_stack(found.cases, options)
    else:
        answers, policy, models = asyncio.run(judge_in_process(found.cases, options))
    made = report.make(
        report.Run(
            medium,
            "live" if options.live else "in-process",
            tuple(path.name for path in files),
            [Outcome(case, answer) for case, answer in zip(found.cases, answers, strict=True)],
            found.bad,
            policy,
            models,
            tuple(dict.fromkeys((*report.GROUPS, *options.by))),
        ),
        options.least,
        baseline,
    )
    put(made.document, made.form, options.as_json, options.out)
    return 0 if made.passed else 1


def gather(files: Sequence[Path], medium: Medium, stage: str) -> Cases:
    """The cases of all files. Rows without a source have the file's name for one."""
    found = Cases()
    for path in files:
        part = read_cases(read_rows(path), medium, path.parent, path.name.split(".")[0] or "stdin", stage)
        found.cases += part.cases
        found.bad += part.bad
    found.cases = list(unique(found.cases))
    return found


def read_baseline(path: Path, medium: Medium) -> list[Marked]:
    """The rows of an earlier report.json. FileError where it is none, or one of another kind."""
    try:
        form = json.loads(path.read_text(encoding="utf-8"))
        if form["kind"] != medium:
            raise FileError(f"{path} is a report on {form['kind']}, not on {medium}")
        return read_marks(form)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise FileError(f"{path} is no report.json of this command: {error!r}") from error


async def judge_in_process(
    cases: Sequence[Case], options: Options
) -> tuple[list[Judged], Policy, Sequence[ModelInfo]]:
    """What comes of each case, the policy that decided, and the models behind it."""
    async with AsyncExitStack() as stack:
        judge = await open_judge(os.environ, options.policy, stack)
        prompts = [Prompt(case.texts, case.age_band) for case in cases]
        with progress(len(prompts), "texts") as told:
            answers = await judge.judge(prompts, told)
        return answers, judge.policy, judge.models


def judge_through_stack(cases: Sequence[Case], options: Options) -> tuple[list[Judged], Policy, Sequence[ModelInfo]]:
    """What comes of each case, the policy whose thresholds this command would use, and no models: none are told."""
    # The broker's and the doors' clients are not needed in-process.
    from evaluation.live import judge_live  # noqa: PLC0415 - for --live alone
    from evaluation.stack import stack  # noqa: PLC0415 - for --live alone
    from sluice.local.interrupts import interruptible  # noqa: PLC0415 - for --live alone

    settings, reader = settings_of(os.environ)
    reader.finish()
    policy = load(settings.policy)
    with interruptible(), stack() as running, progress(len(cases), "requests") as told:
        answers = asyncio.run(judge_live(running, cases, options.concurrency, told))
    if any(answer.policy not in ("", policy.digest.hex()) for answer in answers):
        say("the stack has another policy than this command: risk is reckoned by this command's thresholds")
    return answers, policy, ()
