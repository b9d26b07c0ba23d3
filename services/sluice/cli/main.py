"""The command `sluice`. What a command needs is imported when it runs, so that `sluice --help` is quick."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points, version
from pathlib import Path

import typer

from sluice.errors import EX_CONFIG, ConfigError, NotReadyError, SluiceError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Streaming content moderation for image generators: one decision per request, allowed pictures signed.",
)

_FORWARD = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""For commands with commands of their own: their words are handed on, --help included."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sluice {version('sluice')}")
        raise typer.Exit


@app.callback()
def root(
    show_version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Local state lives in SLUICE_HOME (default: .sluice in the working directory)."""


@app.command()
def up(without: list[str] = typer.Option([], metavar="NAME", help="Leave a service out. Repeatable.")) -> None:
    """Start everything on this machine: Kafka, unless KAFKA_BOOTSTRAP_SERVERS names one, and every service."""
    from sluice.cli.up import up as run

    raise typer.Exit(run(without))


@app.command()
def serve(name: str = typer.Argument(help="Such as text-classifier.")) -> None:
    """Run one service in this process, on the running stack or on KAFKA_BOOTSTRAP_SERVERS."""
    from sluice.cli.serve import serve as run

    raise typer.Exit(run(name))


@app.command()
def status(as_json: bool = typer.Option(False, "--json", help="JSON, also on a terminal.")) -> None:
    """Show what runs and whether it is ready."""
    from sluice.cli.status import status as run

    raise typer.Exit(run(as_json))


@app.command()
def moderate(
    prompt: str | None = typer.Option(None, help="The prompt's text."),
    transcript: str | None = typer.Option(None, help="Earlier turns of the conversation, as text."),
    image: list[str] = typer.Option(
        [], metavar="FILE", help="A picture: an upload, or the generated one at --stage output. Repeatable."
    ),
    upload: list[str] = typer.Option([], metavar="FILE", help="An uploaded picture, at either stage. Repeatable."),
    stage: str | None = typer.Option(None, metavar="prompt|output", help="Default: prompt."),
    operation: str | None = typer.Option(None, metavar="generate|edit", help="Default: generate."),
    age_band: str | None = typer.Option(None, metavar="unknown|under_13|teen|adult", help="Default: unknown."),
    tenant: str | None = typer.Option(None, help="On whose behalf."),
    generation_id: str | None = typer.Option(None, metavar="UUID", help="Output: id of its prompt's request."),
    request_id: str | None = typer.Option(None, metavar="UUID", help="Default: a new one."),
    deadline_ms: int | None = typer.Option(
        None, metavar="MS", help="When the decision must be made; the answer may take 10 s more. Default: 60000."
    ),
    jsonl: Path | None = typer.Option(None, metavar="FILE", help="Many requests: one JSON object per line."),
    lane: str | None = typer.Option(
        None, metavar="interactive|bulk", help="Bulk lets others go first. Default: interactive; with --jsonl, bulk."
    ),
    concurrency: int | None = typer.Option(
        None, min=1, max=1024, help="How many of them are under way at once. Default: 128; with pictures, 16."
    ),
    as_json: bool = typer.Option(False, "--json", help="One line of JSON per request, also on a terminal."),
    explain: bool = typer.Option(False, "--explain", help="Add every verdict with all scores."),
    out: Path = typer.Option(Path("out"), metavar="DIR", help="Where signed pictures are written."),
) -> None:
    """Ask for decisions. Without a running stack, start one for as long as it takes.

    Exit status: 0 decided (whatever the decision), 1 not decided, 2 wrong usage.
    """
    from sluice.cli.moderate import moderate as run

    fields = {
        "prompt": prompt,
        "transcript": transcript,
        "image": image,
        "upload": upload,
        "stage": stage,
        "operation": operation,
        "age_band": age_band,
        "tenant": tenant,
        "generation_id": generation_id,
        "request_id": request_id,
        "deadline_ms": deadline_ms,
        "lane": lane,
    }
    raise typer.Exit(run(fields, jsonl, concurrency, as_json, explain, out))


@app.command()
def demo(
    out: Path = typer.Option(Path("out"), metavar="DIR", help="Where signed pictures are written."),
) -> None:
    """Moderate a harmless sample set as a generator would, show it, and check every decision and signature."""
    from sluice.cli.demo import demo as run

    raise typer.Exit(run(out))


@app.command(context_settings=_FORWARD)
def decisions(context: typer.Context) -> None:
    """What was decided: `sluice decisions tail | export`."""
    _forward("sluice.cli.decisions", "sluice decisions", context.args)


@app.command(context_settings=_FORWARD, name="dead-letters")
def dead_letters(context: typer.Context) -> None:
    """What could not be handled: `sluice dead-letters list | show | replay`."""
    _forward("sluice.cli.dead_letters", "sluice dead-letters", context.args)


@app.command(context_settings=_FORWARD)
def reviews(context: typer.Context) -> None:
    """What a person should look at: `sluice reviews list | show | resolve`."""
    _forward("sluice.cli.reviews", "sluice reviews", context.args)


@app.command()
def repair(
    check: bool = typer.Option(False, "--check", help="Only look; end nothing."),
    instance: list[str] = typer.Option(
        [], metavar="NAME", help="SLUICE_INSTANCE of a replica that is not running. Repeatable."
    ),
    yes: bool = typer.Option(False, "--yes", help="Do not ask before processes are thrown out."),
    patience: float = typer.Option(
        25.0, min=1, metavar="SECONDS", help="Standing still for this long is hanging; a busy transaction lasts 10 s."
    ),
    as_json: bool = typer.Option(False, "--json", help="JSON lines, also on a terminal."),
) -> None:
    """Find transactions that nobody will ever end, and end those that are ours.

    Exit status: 0 nothing hangs (any more), 1 something does, 2 wrong usage.
    """
    from sluice.cli.repair import repair as run

    raise typer.Exit(run(check, as_json, instance, yes, patience))


@app.command(context_settings=_FORWARD, name="eval")
def evaluate(context: typer.Context) -> None:
    """How well labelled data is judged: `sluice eval text | images | person | bias | suite | scores`."""
    # It stands on the services, so the kit must not know it by import.
    for entry in entry_points(group="sluice.commands", name="eval"):
        entry.load()(args=context.args, prog_name="sluice eval")
    raise NotReadyError("`sluice eval` is not installed: run `pip install .` in the checkout anew")


@app.command(context_settings=_FORWARD)
def models(context: typer.Context) -> None:
    """Fetch, list and verify model weights."""
    _forward("sluice.cli.models", "sluice models", context.args)


@app.command(context_settings=_FORWARD)
def policy(context: typer.Context) -> None:
    """What is allowed, as a file: `sluice policy check | test | explain | diff | replay | shadow | schema`."""
    _forward("sluice.cli.policy", "sluice policy", context.args)


@app.command(context_settings=_FORWARD)
def hashes(context: typer.Context) -> None:
    """Known content: `sluice hashes build | add | remove | sync | merge | lookup | stats | verify | test-set`."""
    _forward("sluice.cli.hashes", "sluice hashes", context.args)


@app.command(context_settings=_FORWARD)
def provenance(context: typer.Context) -> None:
    """Where a picture comes from: `sluice provenance verify`."""
    _forward("sluice.cli.provenance", "sluice provenance", context.args)


@app.command(context_settings=_FORWARD)
def topics(context: typer.Context) -> None:
    """Create and list the Kafka topics."""
    _forward("sluice.cli.topics", "sluice topics", context.args)


@app.command(context_settings=_FORWARD)
def dev(context: typer.Context) -> None:
    """Helpers for development: `sluice dev certs | java | kafka`."""
    _forward("sluice.cli.dev", "sluice dev", context.args)


def _forward(module: str, name: str, words: Sequence[str]) -> None:
    import_module(module).app(args=list(words), prog_name=name)


def main(words: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status where the command did not end the process itself."""
    try:
        app(args=None if words is None else list(words), prog_name="sluice")
    except ConfigError as error:
        for problem in error.problems:
            sys.stderr.write(f"sluice: {problem}\n")
        return EX_CONFIG
    except SluiceError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"sluice: {line}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough. Nothing may be flushed into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
