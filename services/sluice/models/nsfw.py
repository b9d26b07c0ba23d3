"""Reading the model `nsfw_mobilenet`: two checks do, one for its scores, one for photograph or drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sluice.models.calibration import combine
from sluice.models.opened import Model
from sluice.pixels import Rgb, resize

NAME = "nsfw_mobilenet"
SIDE = 224


@dataclass(frozen=True, slots=True)
class Reading:
    """What the card makes of one picture's probabilities."""

    scores: dict[str, float]
    signals: dict[str, float]


async def read(model: Model, pictures: Sequence[Rgb]) -> list[Reading]:
    """One reading per picture, in one batch. Raises TerminalError where the model fails."""
    pixels = np.stack([resize(picture, SIDE, SIDE) for picture in pictures])
    outputs = await model.engine.run({"pixels": pixels})
    card = model.card
    return [
        Reading(combine(card.scores, card.labels, row), combine(card.signals, card.labels, row))
        for row in outputs["probabilities"].tolist()
    ]
