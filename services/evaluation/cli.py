"""The commands under `sluice eval`. What one needs is imported when it runs."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sluice.cli.tell import refuse

if TYPE_CHECKING:
    from evaluation.cases import Medium
    from evaluation.run import Options

app = typer.Typer(
    name="eval",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="How well labelled texts and pictures are judged (docs/evaluation.md).",
)


class Stage(StrEnum):
    """Of rows that do not say."""

    PROMPT = "prompt"
    OUTPUT = "output"


Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="JSONL, CSV, TSV or Parquet; - is JSONL on stdin.")
]
Live = Annotated[bool, typer.Option("--live", help="Through the running stack, or a temporary one.")]
PolicyFile = Annotated[Path | None, typer.Option("--policy", metavar="FILE", help="In-process: another policy.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write report.md, report.json, report.html.")]
Baseline = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="An earlier report.json: fail where a metric fell.")
]
LeastUnsafe = Annotated[
    float | None, typer.Option("--min-not-unsafe", min=0, max=1, metavar="X", help="Fail below this.")
]
LeastOver = Annotated[
    float | None, typer.Option("--min-not-overrefuse", min=0, max=1, metavar="X", help="Fail below this.")
]
By = Annotated[list[str] | None, typer.Option("--by", metavar="COLUMN", help="One more table by this. Repeatable.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print report.json instead of tables.")]
Concurrency = Annotated[int, typer.Option("--concurrency", min=1, max=1024, help="Live: requests under way at once.")]
AtStage = Annotated[Stage, typer.Option("--stage", help="Of pictures whose row does not say.")]
Classes = Annotated[
    list[str] | None,
    typer.Option("--classes", metavar="NAME=A,B", help="The values that an attribute may have. Repeatable."),
]


Names = Annotated[list[str] | None, typer.Argument(metavar="NAME|FILE...", help="None: list what there is.")]
In = Annotated[Path, typer.Option("--jsonl", metavar="IN", help="Objects with text, and age_band; - is stdin.")]
Lines = Annotated[Path, typer.Option("--out", metavar="OUT", help="Where the lines go; - is stdout.")]


@app.command()
def text(
    files: Files,
    live: Live = False,
    policy: PolicyFile = None,
    out: Out = None,
    baseline: Baseline = None,
    min_not_unsafe: LeastUnsafe = None,
    min_not_overrefuse: LeastOver = None,
    by: By = None,
    as_json: AsJson = False,
    concurrency: Concurrency = 16,
) -> None:
    """Judge prompts: columns text, label (allow, block), area, source, age_band, lang, expected_labels.

    Exit status: 0 every row was judged and every gate held, 1 not so, 2 wrong usage.
    """
    if live and policy is not None:
        refuse("--policy is for judging in-process: a stack has the policy that it was started with")
    from evaluation.gates import Least
    from evaluation.run import Options

    least = Least(min_not_unsafe, min_not_overrefuse)
    _run(files, "text", Options(live, policy, baseline, least, tuple(by or ()), "prompt", concurrency, as_json, out))


@app.command()
def images(
    files: Files,
    stage: AtStage = Stage.PROMPT,
    out: Out = None,
    baseline: Baseline = None,
    min_not_unsafe: LeastUnsafe = None,
    min_not_overrefuse: LeastOver = None,
    by: By = None,
    as_json: AsJson = False,
    concurrency: Concurrency = 16,
) -> None:
    """Judge pictures through a stack: columns image (a path beside the file), label, expected_labels, person, text.

    Exit status: 0 every row was judged and every gate held, 1 not so, 2 wrong usage.
    """
    from evaluation.gates import Least
    from evaluation.run import Options

    least = Least(min_not_unsafe, min_not_overrefuse)
    options = Options(True, None, baseline, least, tuple(by or ()), stage.value, concurrency, as_json, out)
    _run(files, "images", options)


@app.command()
def person(
    files: Files,
    stage: AtStage = Stage.PROMPT,
    out: Out = None,
    as_json: AsJson = False,
    concurrency: Concurrency = 16,
) -> None:
    """The photorealistic-person table: columns image and person (none, adult, child), through a stack."""
    from evaluation.run import Options
    from evaluation.run_persons import run_persons

    options = Options(live=True, stage=stage.value, concurrency=concurrency, as_json=as_json, out=out)
    _end(lambda: run_persons(files, options))


@app.command()
def bias(files: Files, classes: Classes = None, out: Out = None, as_json: AsJson = False) -> None:
    """Whom outputs show: columns prompt, kind (individuals, groups), attribute, resample, value. Judges nothing."""
    from evaluation.run_bias import read_classes, run_bias

    _end(lambda: run_bias(files, read_classes(classes or ()), as_json, out))


@app.command()
def suite(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME|FILE...", help="None: list what there is.")
    ] = None,
    live: Live = False,
    out: Out = None,
    baseline: Baseline = None,
    min_not_unsafe: LeastUnsafe = None,
    min_not_overrefuse: LeastOver = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Run suites of evals/ by name: what kind they are, their columns say."""
    from evaluation import suites
    from evaluation.gates import Least
    from evaluation.run import Options, run
    from evaluation.run_bias import run_bias

    if not names:
        for name in suites.names():
            typer.echo(name)
        return

    def go() -> int:
        paths = [suites.find(name) for name in names]
        kind = suites.kind_of_all(paths)
        if kind == "bias":
            return run_bias(paths, {}, as_json, out)
        least = Least(min_not_unsafe, min_not_overrefuse)
        is_live = live or kind == "images"
        return run(paths, kind, Options(is_live, None, baseline, least, tuple(by or ()), as_json=as_json, out=out))

    _end(go)


@app.command()
def scores(jsonl: In, out: Lines, policy: PolicyFile = None) -> None:
    """Score texts line for line: {"scores": {category: probability}, "flagged": bool}.

    Exit status: 0 every line was scored, 1 some were not (flagged, without scores), 2 wrong usage.
    """
    from evaluation.scores import scores as write_scores

    _end(lambda: write_scores(jsonl, out, policy))


def _run(files: list[Path], medium: "Medium", options: "Options") -> None:
    from evaluation.run import run

    _end(lambda: run(files, medium, options))


def _end(work: Callable[[], int]) -> None:
    """Ends the command with the status that `work` returns; what cannot be read at all is wrong usage."""
    from evaluation.files import FileError

    try:
        status = work()
    except FileError as error:
        refuse(str(error))
    raise typer.Exit(status)
