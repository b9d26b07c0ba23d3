"""`sluice models`: what is in the model repository, whether it is right, and how to get more."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from sluice.cli.models_add import add_model, models_folder
from sluice.cli.models_conform import conform_model
from sluice.errors import SluiceError
from sluice.models import classify, repository
from sluice.models import pull as pulling
from sluice.models.copied import copy_repository
from sluice.models.engine import EngineSettings, read_engine
from sluice.models.held import Held, holding
from sluice.models.opened import open_model
from sluice.models.repository import Standing, State
from sluice.settings import Reader

app = typer.Typer(help="The model repository: list, verify, pull, add, conform.", no_args_is_help=True)
app.command("add")(add_model)
app.command("conform")(conform_model)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """Every model that has a card: what it is, its licence, and how it stands."""
    folder = models_folder()
    standings = [repository.inspect(folder, name) for name in repository.names(folder)]
    if as_json or not sys.stdout.isatty():
        _print_lines(standings)
        return
    table = Table(Column("model", no_wrap=True), "version", "state", "MB", "licence", "scores", "what it is")
    for standing in standings:
        card = standing.card
        if card is None:
            table.add_row(standing.name, "", standing.state.value, "", "", "", standing.detail)
        else:
            size = f"{sum(file.size for file in card.files) / 1e6:.1f}"
            scores = ", ".join(card.scores)
            table.add_row(card.name, str(card.version), standing.state.value, size, card.licence, scores, card.title)
    Console().print(table)


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models; all where none is named.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare every file with the SHA-256 in its card, and golden outputs where it has some.

    Exit status: 0 all is well, 1 something is missing or wrong.
    """
    folder = models_folder()
    reader = Reader(os.environ)
    engine = read_engine(reader)
    reader.finish()
    standings = [_verified(folder, name, engine) for name in names or repository.names(folder)]
    if as_json or not sys.stdout.isatty():
        _print_lines(standings)
    else:
        for standing in standings:
            print(f"{standing.name}: {standing.detail or standing.state.value}")
    if not standings:
        print(f"there are no model cards in {folder}", file=sys.stderr)
    if not standings or any(standing.state is not State.READY for standing in standings):
        raise typer.Exit(1)


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Models; all where none is named.")] = None,
    into: Annotated[
        Path | None,
        typer.Option(help="A folder that gets everything, where SLUICE_MODELS is read-only."),
    ] = None,
) -> None:
    """Fetch third-party weights by digest and convert them. What is there already is left alone."""
    folder = models_folder()
    try:
        if into is not None:
            copy_repository(folder, into)
        pulling.pull(into or folder, names or [], progress=lambda line: print(line, flush=True))
    except pulling.PullError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


def _verified(folder: Path, name: str, engine: EngineSettings) -> Standing:
    standing = repository.inspect(folder, name)
    if standing.card is None or standing.card.golden is None or standing.state is not State.READY:
        return standing
    try:
        asyncio.run(_ask_golden(folder, name, engine))
    except SluiceError as error:
        return Standing(name, State.OTHER_ANSWERS, str(error), standing.card)
    return standing


async def _ask_golden(folder: Path, name: str, engine: EngineSettings) -> None:
    held = Held()
    try:
        with holding(held):
            model = open_model(folder, name, engine)
        await classify.check_golden(model)
    finally:
        await held.close()


def _print_lines(standings: list[Standing]) -> None:
    for standing in standings:
        line: dict[str, object] = {"name": standing.name, "state": standing.state.value}
        if standing.card is not None:
            info = repository.info(standing.card)
            line |= {"version": info.version, "digest": info.digest.hex(), "licence": standing.card.licence}
            line |= {"title": standing.card.title, "scores": list(standing.card.scores)}
        if standing.detail:
            line["detail"] = standing.detail
        print(json.dumps(line))


if __name__ == "__main__":
    app()
