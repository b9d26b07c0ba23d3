"""The harmless pictures that the built-in test bank lists as if they were known."""

from collections.abc import Sequence

from sluice.samples.colours import Colour, ramp, write
from sluice.samples.noise import clouds
from sluice.samples.sample import Sample, sample

COUNT = 8
SIDE = 512
"""Pixels."""

_PALETTES: tuple[tuple[Colour, ...], ...] = (
    ((12, 20, 70), (60, 130, 200), (240, 240, 250)),
    ((60, 10, 20), (220, 90, 40), (255, 230, 150)),
    ((8, 50, 30), (90, 170, 80), (235, 250, 200)),
    ((40, 10, 60), (170, 70, 180), (250, 220, 250)),
)


def test_bank_pictures() -> Sequence[Sample]:
    """Eight clouds of colour, 512 pixels square, each with its name written across it.

    Their PDQ quality is 100, and no two are within 80 bits of each other however they are turned.
    """
    return tuple(_picture(number) for number in range(1, COUNT + 1))


def _picture(number: int) -> Sample:
    field = clouds(seed=number, height=SIDE, width=SIDE, cell=96)
    spread = ((field - field.min()) / (field.max() - field.min())).clip(0.0, 1.0)
    rgb = ramp(spread, _PALETTES[number % len(_PALETTES)])
    name = f"SLUICE TEST PICTURE {number}"
    return sample(f"test-{number}", write(write(rgb, name, 3, 32), "KNOWN ON PURPOSE, HARMLESS", 2, SIDE - 64))
