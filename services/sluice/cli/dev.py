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
def kafka() -> None:
    """Fetch the broker that `sluice up` starts, and check that a Java runtime can run it."""
    java = find_java(os.environ)
    libs = ensure_kafka(os.environ, say)
    say(f"Java {java.release} at {java.program}; Kafka in {libs}")
