"""The command `sluice`. What a command needs is imported when it runs, so that `sluice --help` is quick."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import typer

from sluice.errors import EX_CONFIG, ConfigError, SluiceError

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
def up(
    without: list[str] = typer.Option([], metavar="NAME", help="Leave a service out. Repeatable."),
    no_traces: bool = typer.Option(False, "--no-traces", help="Collect no spans in memory for `sluice trace`."),
    with_simulators: bool = typer.Option(
        False, "--with-simulators", help="Play the CyberTipline here, and report matches of test lists to it."
    ),
) -> None:
    """Start everything on this machine: Kafka, unless KAFKA_BOOTSTRAP_SERVERS names one, and every service."""
    from sluice.cli.up import up as run

    raise typer.Exit(run(without, not no_traces, with_simulators))


@app.command()
def serve(name: str = typer.Argument(help="Such as text-classifier.", envvar="SLUICE_SERVICE")) -> None:
    """Run one service in this process, on the running stack or on KAFKA_BOOTSTRAP_SERVERS."""
    from sluice.cli.serve import serve as run

    raise typer.Exit(run(name))


@app.command()
def status(as_json: bool = typer.Option(False, "--json", help="JSON, also on a terminal.")) -> None:
    """Show what runs and whether it is ready."""
    from sluice.cli.status import status as run

    raise typer.Exit(run(as_json))


@app.command()
def trace(
    what: str = typer.Argument(metavar="REQUEST_ID", help="Of a request, or a trace id of 32 hex digits."),
    wait: float = typer.Option(0.0, min=0, max=3600, metavar="SECONDS", help="Until its decision is there."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object, also on a terminal."),
) -> None:
    """Why was this slow? Show the spans of a request, what it waited for, and the critical path.

    They come from the tracing backend that SLUICE_TRACES_URL names, else from the collector of the running stack;
    where there are none, the times on the log are shown.

    Exit status: 0 found, 1 not found or, with --wait, not decided in time, 2 wrong usage.
    """
    from sluice.cli.trace import trace as run

    raise typer.Exit(run(what, wait, as_json))


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
    account: str | None = typer.Option(None, metavar="ID", help="Whose request it is: an id of your own."),
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
        "account": account,
        "tenant": tenant,
        "generation_id": generation_id,
        "request_id": request_id,
        "deadline_ms": deadline_ms,
        "lane": lane,
    }
    raise typer.Exit(run(fields, jsonl, concurrency, as_json, explain, out))


@app.command()
def load(
    rate: list[float] = typer.Option([], metavar="R", help="Requests a second. Repeatable: one run after the other."),
    ramp: str | None = typer.Option(None, metavar="LOW:HIGH", help="Find the highest rate that keeps --keep-p95."),
    keep_p95: float = typer.Option(5.0, min=0.001, metavar="SECONDS", help="What --ramp looks for."),
    steps: int = typer.Option(4, min=0, max=20, help="Of --ramp, after LOW and HIGH."),
    seconds: float = typer.Option(60.0, min=1, help="How long each run is measured."),
    warm_up: float = typer.Option(10.0, min=0, metavar="SECONDS", help="Sent at the same rate before, not measured."),
    mix: str = typer.Option("output", metavar="KIND[=W],...", help="prompt, edit, output with weights."),
    arrivals: str = typer.Option("poisson", metavar="poisson|constant", help="When requests are due."),
    lane: str = typer.Option("interactive", metavar="interactive|bulk", help="Which topic they go to."),
    deadline: float = typer.Option(60.0, min=0.001, metavar="SECONDS", help="What each request asks for."),
    grace: float = typer.Option(10.0, min=0, metavar="SECONDS", help="An answer later than that is none."),
    inline: bool = typer.Option(False, "--inline", help="Pictures travel in the requests, not by reference."),
    distinct: int = typer.Option(2000, min=1, metavar="N", help="Pictures to make for each run at most."),
    seed: int | None = typer.Option(None, min=0, help="Of arrivals, kinds and pictures. Default: a new one."),
    late_limit_ms: float = typer.Option(100.0, min=0, metavar="MS", help="Sent later (p99), a run is not valid."),
    idle: float = typer.Option(5.0, min=0, metavar="SECONDS", help="How long to look at idle services first."),
    price_per_core_hour: float = typer.Option(0.04, min=0, metavar="PRICE", help="An assumption; say your own."),
    ops: list[str] = typer.Option([], metavar="NAME=HOST:PORT", help="Where a service tells its CPU. Repeatable."),
    read_back: bool = typer.Option(False, "--read-back", help="Count what the runs put on the topics."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object, also on a terminal."),
) -> None:
    """Measure: open-loop load at stated rates on the running stack or on KAFKA_BOOTSTRAP_SERVERS.

    Exit status: 0 measured, 1 a run is not valid, 2 wrong usage. Ctrl-C: no more sending; again: no more waiting.
    """
    from sluice.cli.load import load as run
    from sluice.cli.load_words import Words

    words = Words(
        rate=rate,
        ramp=ramp,
        keep_p95=keep_p95,
        steps=steps,
        seconds=seconds,
        warm_up=warm_up,
        mix=mix,
        arrivals=arrivals,
        lane=lane,
        deadline=deadline,
        grace=grace,
        inline=inline,
        distinct=distinct,
        seed=seed,
        late_limit_ms=late_limit_ms,
        idle=idle,
        price_per_core_hour=price_per_core_hour,
        ops=ops,
        read_back=read_back,
    )
    raise typer.Exit(run(words, as_json))


@app.command(context_settings=_FORWARD)
def plan(context: typer.Context) -> None:
    """Say what a rate of requests takes: replicas, partitions, traffic, GPUs, a price; simulate it (--simulate)."""
    _forward("sluice.cli.plan", "sluice plan", context.args)


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


@app.command(context_settings=_FORWARD)
def incidents(context: typer.Context) -> None:
    """Known-content matches: `sluice incidents list | show | confirm | release | report | filed | schema`."""
    _forward("sluice.cli.incidents", "sluice incidents", context.args)


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
    from sluice.cli.outside import run_outside

    run_outside("eval", context.args, "sluice eval")


@app.command(context_settings=_FORWARD)
def keys(context: typer.Context) -> None:
    """Who may ask the gateway: `sluice keys create | list | revoke | new`."""
    from sluice.cli.outside import run_outside

    run_outside("keys", context.args, "sluice keys")


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
def vault(context: typer.Context) -> None:
    """Evidence: `sluice vault list | show | read | hold | release | expire | verify | rewrap | new-key`."""
    _forward("sluice.cli.vault", "sluice vault", context.args)


@app.command(context_settings=_FORWARD)
def audit(context: typer.Context) -> None:
    """Who did what with evidence: `sluice audit verify | list`."""
    _forward("sluice.cli.audit", "sluice audit", context.args)


@app.command(context_settings=_FORWARD)
def topics(context: typer.Context) -> None:
    """Create and list the Kafka topics, and who may do what with them."""
    _forward("sluice.cli.topics", "sluice topics", context.args)


@app.command(context_settings=_FORWARD)
def certs(context: typer.Context) -> None:
    """Certificates for gRPC between services on one machine: `sluice certs services`."""
    _forward("sluice.cli.certs_services", "sluice certs", context.args)


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
