"""The harmless pictures that the built-in test bank lists as if they were known."""

from collections.abc import Sequence

from sluice.samples.colours import Colour, ramp, write
from sluice.samples.noise import clouds
from sluice.samples.sample import Sample, sample

SIDE = 512
"""Pixels."""

SEEDS = (107, 216, 323, 424, 502, 616, 703, 838)
"""One a picture: of forty tried for each, the one whose hash moves least when the picture is turned."""

_PALETTES: tuple[tuple[Colour, ...], ...] = (
    ((12, 20, 70), (60, 130, 200), (240, 240, 250)),
    ((60, 10, 20), (220, 90, 40), (255, 230, 150)),
    ((8, 50, 30), (90, 170, 80), (235, 250, 200)),
    ((40, 10, 60), (170, 70, 180), (250, 220, 250)),
)


def test_bank_pictures() -> Sequence[Sample]:
    """Eight patches of colour, 512 pixels square, each with its name written across it.

    Their PDQ quality is 100, no two are within 80 bits of each other, and each keeps its hash within 18 bits when it
    is turned, mirrored, halved in size or compressed.
    """
    return tuple(test_bank_picture(number) for number in range(1, len(SEEDS) + 1))


def test_bank_picture(number: int) -> Sample:
    """One of them, counted from 1: "test-1" to "test-8"."""
    field = clouds(seed=SEEDS[number - 1], height=SIDE, width=SIDE, cell=32, octaves=2)
    spread = ((field - field.min()) / (field.max() - field.min())).clip(0.0, 1.0)
    rgb = ramp(spread, _PALETTES[number % len(_PALETTES)])
    name = f"SLUICE TEST PICTURE {number}"
    return sample(f"test-{number}", write(write(rgb, name, 3, 32), "KNOWN ON PURPOSE, HARMLESS", 2, SIDE - 64))
