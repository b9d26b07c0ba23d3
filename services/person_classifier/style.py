"""Photograph or drawing: a network for what is painted, and plain arithmetic for what is flat.

The network was made to tell pornography apart and takes flat cartoons for photographs; a histogram does not. Neither
can tell a photograph from one behind a filter, so nothing that they say ever makes a face into nobody.
"""

import asyncio
from dataclasses import dataclass

import numpy as np

from person_classifier.frame import Frame
from sluice.models import nsfw
from sluice.models.opened import Model
from sluice.pixels import Rgb

COLOURS = 8
APART = 24
"""Levels: what is nearer than this to the most frequent colour belongs to the background."""
LEAST_SHARE = 0.005
"""Of all pixels: with less than this apart from the background nothing is said."""
CHROMA = 20.0
"""Levels between a pixel's highest and lowest channel, on average, from which on a picture is one in colour."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How colours are counted: `bits` a channel; the shares that count as 0 and as 1."""

    bits: int
    low: float
    high: float


COLOUR = Scale(5, 0.25, 0.60)
"""The middle is 0.43. Photographs in colour, sharp, smoothed and enlarged, had at most 0.34; of 91 shaded emoji
19 in 20 had 0.45 and more, as many of the flat cartoons 0.80 and more."""
GREY = Scale(7, 0.35, 0.75)
"""The middle is 0.55. Grey photographs, which have few levels to spread over, had at most 0.54."""


@dataclass(frozen=True, slots=True)
class Style:
    """`drawn`, 0..1; `photoreal` is what is left of 1."""

    drawn: float

    @property
    def photoreal(self) -> float:
        """0..1."""
        return 1.0 - self.drawn


async def style_of(model: Model, frame: Frame) -> Style:
    """The higher of what the network and the arithmetic say. Raises TerminalError where the model fails.

    The arithmetic sees the picture as it came: stretching a dark one leaves gaps between its levels.
    """
    flat = await asyncio.to_thread(flatness, frame.shown)
    reading = (await nsfw.read(model, [frame.rendition]))[0]
    return Style(max(reading.signals["drawn"], flat))


def flatness(rgb: Rgb) -> float:
    """0..1: how much a picture is made of few colours. Looks at every second pixel of every second row."""
    some = rgb[::2, ::2]
    chroma = (some.max(axis=2) - some.min(axis=2)).mean()
    scale = COLOUR if chroma >= CHROMA else GREY
    return min(1.0, max(0.0, (few_colours(some, scale.bits) - scale.low) / (scale.high - scale.low)))


def few_colours(rgb: Rgb, bits: int) -> float:
    """The share that the eight most frequent colours have of all that is not background; light and grain spread over
    thousands. `bits`: of each channel that tell colours apart."""
    cells = rgb.astype(np.int32) >> (8 - bits)
    codes = (cells[..., 0] << (2 * bits)) | (cells[..., 1] << bits) | cells[..., 2]
    found, counts = np.unique(codes, return_counts=True)
    most = (1 << bits) - 1
    colours = np.stack([found >> (2 * bits), (found >> bits) & most, found & most], axis=1)
    apart = np.abs(colours - colours[counts.argmax()]).max(axis=1) > APART >> (8 - bits)
    rest = np.sort(counts[apart])[::-1]
    if rest.sum() < LEAST_SHARE * codes.size:
        return 0.0
    return float(rest[:COLOURS].sum() / rest.sum())
