"""`sluice dev`: what a developer's machine needs once."""

import os
from importlib import import_module

import typer

from sluice.cli.tell import say
from sluice.local.distribution import ensure_kafka
from sluice.local.java import find_java

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Helpers for development."
)

_FORWARD = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command(context_settings=_FORWARD)
def certs(context: typer.Context) -> None:
    """Make the development chain that pictures are signed with."""
    import_module("sluice.cli.certs").app(args=context.args, prog_name="sluice dev certs")


@app.command()
def java() -> None:
    """Say which Java runtime the broker would run on; exit 1, with how to get one, where there is none."""
    found = find_java(os.environ)
    say(f"Java {found.release} at {found.program}")


@app.command()
def kafka() -> None:
    """Fetch the broker that `sluice up` starts."""
    say(f"Kafka is in {ensure_kafka(os.environ, say)}")
