"""What requests hold: ordinary prompts and generated pictures, harmless, and no two alike.

Nobody is on the pictures and no words are: a face costs the person check more, and words the image-text check.
"""

import itertools
from functools import cached_property
from typing import Final

import numpy as np

from sluice.hashing import Rgb
from sluice.samples import patterns, scenes
from sluice.samples.sample import encode

SIDE: Final = 1024
"""Pixels of a picture's height and width."""
QUALITY: Final = 90
"""Of the JPEG; a picture has 50 to 180 KB then."""

_SUBJECTS = (
    "a lighthouse",
    "two cats on a sofa",
    "a steam train",
    "a bowl of pears",
    "a sailing boat",
    "a city square",
)
_STYLES = ("watercolor", "oil painting", "product photo, 4k", "pencil sketch", "low poly render", "1950s postcard")
_MOODS = ("at dawn", "in heavy rain", "under soft light", "seen from above", "with long shadows", "in early spring")
_PROMPTS: Final = tuple(
    f"{style} of {what} {mood}" for style, what, mood in itertools.product(_STYLES, _SUBJECTS, _MOODS)
)


def prompt(number: int) -> str:
    """A prompt for the request with this number: 216 of them, each made its own by the number."""
    return f"{_PROMPTS[number % len(_PROMPTS)]}, number {number}"


class Pictures:
    """Pictures by number: `most` of them differ in their pixels, and so in every digest, for a seed.

    Each is one of five scenes, shifted around its edges by a step of its own.
    """

    def __init__(self, seed: int) -> None:
        self._first_shift = int(np.random.default_rng(seed).integers(SIDE * SIDE))

    @property
    def most(self) -> int:
        """How many there are."""
        return len(self._scenes) * SIDE * SIDE

    def jpeg(self, number: int) -> bytes:
        """One of them."""
        scene = self._scenes[number % len(self._scenes)]
        # Steps of a prime that does not divide the number of places meet each place once before any comes again.
        place = (self._first_shift + number // len(self._scenes) * 611_953) % (SIDE * SIDE)
        return encode(np.roll(scene, divmod(place, SIDE), axis=(0, 1)), "JPEG", QUALITY)

    @cached_property
    def _scenes(self) -> tuple[Rgb, ...]:
        """Two seconds of one core."""
        made = (scenes.landscape, scenes.skyline, scenes.dunes, patterns.plasma, patterns.shapes)
        return tuple(make(SIDE, SIDE) for make in made)
