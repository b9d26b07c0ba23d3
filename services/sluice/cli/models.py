"""`sluice models`: what is in the model repository, whether it is right, and how to get it."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sluice.models import pull as pulling
from sluice.models import repository
from sluice.models.repository import Standing, State
from sluice.settings import Reader, default_models, sluice_home

app = typer.Typer(help="The model repository: list, verify, pull.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """Every model that has a card: what it is, its licence, and how it stands."""
    standings = [repository.inspect(_folder(), name) for name in repository.names(_folder())]
    if as_json or not sys.stdout.isatty():
        _print_lines(standings)
        return
    table = Table("model", "version", "state", "MB", "licence", "what it is")
    for standing in standings:
        card = standing.card
        if card is None:
            table.add_row(standing.name, "", standing.state.value, "", "", standing.detail)
        else:
            size = f"{sum(file.size for file in card.files) / 1e6:.1f}"
            table.add_row(card.name, str(card.version), standing.state.value, size, card.licence, card.title)
    Console().print(table)


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models; all where none is named.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare every file with the SHA-256 in its card. Exit 1 when one is missing or wrong."""
    chosen = names or list(repository.names(_folder()))
    standings = [repository.inspect(_folder(), name) for name in chosen]
    if as_json or not sys.stdout.isatty():
        _print_lines(standings)
    else:
        for standing in standings:
            print(f"{standing.name}: {standing.detail or standing.state.value}")
    if not standings:
        print(f"there are no model cards in {_folder()}", file=sys.stderr)
    if not standings or any(standing.state is not State.READY for standing in standings):
        raise typer.Exit(1)


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Models; all where none is named.")] = None,
) -> None:
    """Fetch third-party weights by digest and convert them. What is there already is left alone."""
    try:
        pulling.pull(_folder(), names or [], progress=lambda line: print(line, flush=True))
    except pulling.PullError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


def _folder() -> Path:
    reader = Reader(os.environ)
    return reader.path("SLUICE_MODELS", default_models(sluice_home(os.environ)))


def _print_lines(standings: list[Standing]) -> None:
    for standing in standings:
        line: dict[str, object] = {"name": standing.name, "state": standing.state.value}
        if standing.card is not None:
            info = repository.info(standing.card)
            line |= {"version": info.version, "digest": info.digest.hex(), "licence": standing.card.licence}
            line |= {"title": standing.card.title}
        if standing.detail:
            line["detail"] = standing.detail
        print(json.dumps(line))


if __name__ == "__main__":
    app()
