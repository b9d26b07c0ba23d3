"""`sluice models add`: an operator's own picture classifier, checked and put into the model repository."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from sluice.errors import SluiceError
from sluice.models import repository
from sluice.models.add import hub
from sluice.models.add.run import add, suggested_name
from sluice.models.add.source import find
from sluice.models.add.wishes import AddError, Wishes, read_channels, read_share, read_size
from sluice.models.calibration import ACTIVATIONS
from sluice.models.picture_input import COLOURS, FITS, RESAMPLES
from sluice.settings import Reader, default_models, sluice_home


def add_model(
    source: Annotated[
        str,
        typer.Argument(
            metavar="PATH_OR_ID",
            help="An ONNX file; a folder with model.onnx and, as transformers keeps them, config.json and "
            "preprocessor_config.json; or OWNER/NAME@REVISION on the hub.",
        ),
    ],
    kind: Annotated[str, typer.Option("--as", metavar="image", help="What it is: a classifier of pictures.")],
    name: Annotated[str, typer.Option(help="What to call it. Default: from the folder or file.")] = "",
    shares: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="LABEL=CATEGORY[:WEIGHT]",
            help="Count a label towards a category, or towards drawn or photoreal. Repeatable; at least once.",
        ),
    ] = None,
    labels: Annotated[str, typer.Option(metavar="A,B,...", help="In the order of the outputs.")] = "",
    activation: Annotated[
        str, typer.Option(metavar="|".join(ACTIVATIONS), help="What makes probabilities of the outputs.")
    ] = "",
    size: Annotated[str, typer.Option(metavar="N|HxW", help="Pixels of the picture that it takes.")] = "",
    mean: Annotated[str, typer.Option(metavar="R,G,B", help="Taken off values from 0 to 1.")] = "",
    std: Annotated[str, typer.Option(metavar="R,G,B", help="What these are then divided by.")] = "",
    rescale: Annotated[
        float | None, typer.Option(help="What pixels are multiplied by first. Default: 1/255.", show_default=False)
    ] = None,
    fit: Annotated[str, typer.Option(metavar="|".join(FITS), help="How a picture gets into that frame.")] = "",
    resample: Annotated[str, typer.Option(metavar="|".join(RESAMPLES), help="Filter for resizing.")] = "",
    colour: Annotated[str, typer.Option(metavar="|".join(COLOURS), help="Order of channels. Default: RGB.")] = "",
    output: Annotated[str, typer.Option(help="Which output counts, where the graph has several.")] = "",
    title: Annotated[str, typer.Option(help="One line for the card.")] = "",
    licence: Annotated[str, typer.Option(help="For the card.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Put it in place of your pack of that name.")] = False,
) -> None:
    """Make a pack of your own picture classifier: check it, wrap it so that it takes uint8, and write its card.

    Nothing is written unless every check holds. Then name it in SLUICE_IMAGE_PACKS.
    Exit status: 0 added, 1 it cannot be added (the message says what to do), 2 wrong usage.
    """
    for option, said, known in (
        ("--as", kind, ("image",)),
        ("--activation", activation, ACTIVATIONS),
        ("--fit", fit, FITS),
        ("--resample", resample, RESAMPLES),
        ("--colour", colour, COLOURS),
    ):
        if said and said not in known:
            raise typer.BadParameter(f"should be one of {', '.join(known)}", param_hint=option)
    try:
        wishes = Wishes(
            labels=tuple(label.strip() for label in labels.split(",") if label.strip()),
            shares=tuple(read_share(share) for share in shares or []),
            activation=activation,
            size=read_size(size) if size else None,
            mean=read_channels("--mean", mean) if mean else (),
            std=read_channels("--std", std) if std else (),
            rescale=rescale,
            fit=fit,
            resample=resample,
            colour=colour,
            output=output,
            title=title,
            licence=licence,
        )
    except AddError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error
    try:
        _add(source, name, wishes, replace)
    except SluiceError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


def _add(source: str, name: str, wishes: Wishes, replace: bool) -> None:
    models = models_folder()
    with tempfile.TemporaryDirectory(prefix="sluice-models-") as scratch:
        path = Path(source)
        wanted = None if path.exists() else hub.parse(source)
        if wanted is not None:
            _tell(f"{wanted}: asking the hub")
            path = hub.fetch(wanted, Path(scratch), _tell)
        found = find(path, str(wanted) if wanted is not None else "")
        name = name or (_name_of(wanted) if wanted is not None else suggested_name(found))
        card = asyncio.run(add(models, found, name, wishes, replace, _tell))
    scored = ", ".join((*card.scores, *card.signals))
    print(f"{card.name}: ready, version {card.version}, SHA-256 {repository.info(card).digest.hex()}")
    print(f"It gives {scored}. Nothing of it was measured or calibrated: see {models / card.name / 'card.yaml'}")
    if "csam" in card.scores:
        print(f"To use it, set SLUICE_CSAM_PACK={card.name}; try it first: sluice models conform {card.name}")
    else:
        print(f"To use it, add it to the list: SLUICE_IMAGE_PACKS=nsfw_mobilenet,{card.name}")


def models_folder() -> Path:
    """Where the model repository is: SLUICE_MODELS, or the default."""
    return Reader(os.environ).path("SLUICE_MODELS", default_models(sluice_home(os.environ)))


def _name_of(wanted: hub.Id) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in wanted.name.split("/")[1].lower())


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
