"""Known answers: what a model gave for pictures drawn by code, kept in its card.

They are compared when a pack is added, when it is verified, and whenever a service asks its canary: other weights,
another order of colours, another way to resize, a lower precision or an engine that answers with nonsense all show.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sluice.errors import TerminalError
from sluice.models.fields import Fields
from sluice.pixels import Rgb

CANARY = "ramp"
"""The picture that is also the image check's canary."""


@dataclass(frozen=True, slots=True)
class Golden:
    """`rows`: name of a picture -> the outputs, before any activation. `tolerance`: how far one may be off."""

    rows: Mapping[str, tuple[float, ...]]
    tolerance: float


def ramp() -> Rgb:
    """256 x 192 pixels: red grows to the right, green downwards, blue to the left."""
    rows, columns = np.mgrid[0:192, 0:256]
    return np.stack([columns, rows, 255 - columns], axis=2).astype(np.uint8)


def blocks() -> Rgb:
    """320 x 240 pixels: twelve patches of different colours, with fine stripes in every other one."""
    rows, columns = np.mgrid[0:240, 0:320]
    patch = rows // 80 * 4 + columns // 80
    striped = (patch % 2) * ((columns + rows) // 4 % 2) * 60
    channels = [(patch * 53 + 40) % 196, (patch * 97 + 90) % 196, (patch * 151 + 10) % 196]
    return np.stack([channel + striped for channel in channels], axis=2).astype(np.uint8)


PICTURES: Mapping[str, Callable[[], Rgb]] = {CANARY: ramp, "blocks": blocks}
"""Integer arithmetic alone: the same bytes everywhere. A picture that is changed makes every card wrong."""


def read_golden(fields: Fields) -> Golden:
    """Reads a card's section `golden`. Raises CardError."""
    tolerance = fields.number("tolerance")
    if tolerance <= 0:
        raise fields.wrong("tolerance", "more than 0")
    rows = fields.one("rows", lambda inner: {name: inner.numbers(name) for name in inner.names()})
    if rows is None or CANARY not in rows or not rows.keys() <= PICTURES.keys():
        raise fields.wrong("rows", f"a row for {CANARY}, and for no others than {', '.join(PICTURES)}")
    return Golden(rows, tolerance)


def compare(golden: Golden, picture: str, row: Sequence[float]) -> None:
    """Raises TerminalError where the outputs for a picture are not what the card says."""
    wanted = golden.rows[picture]
    if len(row) != len(wanted):
        raise TerminalError(f"its golden output has {len(wanted)} values, the model gave {len(row)}")
    off = max(abs(found - value) for found, value in zip(row, wanted, strict=True))
    # Written so that what is not a number fails too.
    if not off <= golden.tolerance:
        raise TerminalError(f"its golden output for {picture} is off by {off:.3g}; {golden.tolerance:.3g} is allowed")
