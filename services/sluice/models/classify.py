"""One picture classifier of the repository (a "pack"): pixels in, scores and signals out, as its card says."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sluice.errors import NotReadyError, TerminalError
from sluice.models import fit, golden
from sluice.models.calibration import activate, combine
from sluice.models.card import Card
from sluice.models.opened import Model
from sluice.models.picture_input import PictureInput
from sluice.pixels import Rgb

Rows = list[list[float]]
"""Per picture the outputs, in the order of the card's labels, before any activation."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the card makes of one picture's outputs: category -> score, name -> signal, all from 0 to 1."""

    scores: dict[str, float]
    signals: dict[str, float]


def contract_of(card: Card) -> PictureInput:
    """What the pack takes. Raises NotReadyError where the model is no picture classifier."""
    if card.picture is None:
        raise NotReadyError(f"{card.name} is no picture classifier: its card has no section `picture`")
    return card.picture


async def rows(model: Model, pixels: npt.NDArray[np.uint8]) -> Rows:
    """The outputs for a batch that `fit.batch` made. Raises what the engine raises, and TerminalError where the
    outputs are not one row per picture with one number per label."""
    card = model.card
    outputs = await model.engine.run({card.inputs[0].name: pixels})
    found = outputs[card.outputs[0].name]
    if found.shape != (len(pixels), len(card.labels)):
        wanted = f"{len(pixels)} x {len(card.labels)}"
        raise TerminalError(f"model {card.name} gave outputs of shape {found.shape}, not {wanted}")
    listed: Rows = found.astype(np.float64).tolist()
    return listed


def reading(card: Card, row: Sequence[float]) -> Reading:
    """Activation, weights, calibration. Raises TerminalError where the outputs are no probabilities."""
    probabilities = activate(card.activation, row)
    scores, signals = (combine(groups, card.labels, probabilities) for groups in (card.scores, card.signals))
    for values in (scores, signals):
        for name in values.keys() & card.calibration.keys():
            values[name] = card.calibration[name](values[name])
    return Reading(scores, signals)


async def read(model: Model, pictures: Sequence[Rgb]) -> list[Reading]:
    """One reading per picture, in one batch. Raises TerminalError where the model fails."""
    if not pictures:
        return []
    pixels = await asyncio.to_thread(fit.batch, pictures, contract_of(model.card))
    return [reading(model.card, row) for row in await rows(model, pixels)]


async def check_golden(model: Model) -> int:
    """Asks for every golden output of the card; returns how many there are.

    Raises TerminalError, which names model and picture, where one is off.
    """
    card = model.card
    if card.golden is None:
        return 0
    names = list(card.golden.rows)
    pixels = await asyncio.to_thread(fit.batch, [golden.PICTURES[name]() for name in names], contract_of(card))
    for name, row in zip(names, await rows(model, pixels), strict=True):
        compare_golden(card, name, row)
    return len(names)


def compare_golden(card: Card, picture: str, row: Sequence[float]) -> None:
    """Raises TerminalError, which names the model, where a row is not the card's golden output for a picture."""
    if card.golden is None or picture not in card.golden.rows:
        return
    try:
        golden.compare(card.golden, picture, row)
    except TerminalError as error:
        raise TerminalError(f"model {card.name}: {error}") from error
