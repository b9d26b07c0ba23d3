"""What the person who adds a model says, and why a model cannot be added."""

import math
from dataclasses import dataclass

from sluice.errors import SluiceError
from sluice.models.categories import PICTURE_CATEGORIES, STYLE_SIGNALS


class AddError(SluiceError):
    """The model cannot be added as it is. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Share:
    """`weight` of the label's probability counts towards `target`, a category or a signal."""

    label: str
    target: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was said; empty or None where nothing was, and the files beside the model or the graph must tell.

    `size`: (height, width). `mean`, `std`: of the channels, of values from 0 to 1, or of value * `rescale`.
    """

    labels: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()
    activation: str = ""
    size: tuple[int, int] | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    rescale: float | None = None
    fit: str = ""
    resample: str = ""
    colour: str = ""
    output: str = ""
    title: str = ""
    licence: str = ""


def read_share(text: str) -> Share:
    """`LABEL=TARGET` or `LABEL=TARGET:WEIGHT`. A label may hold any sign: the last "=" counts. Raises AddError."""
    label, found, target = text.rpartition("=")
    target, colon, weight = target.partition(":")
    if not found or not label.strip():
        raise AddError(f"--map {text}: say LABEL=CATEGORY, or LABEL=CATEGORY:WEIGHT with a weight up to 1")
    if target not in (*PICTURE_CATEGORIES, *STYLE_SIGNALS):
        known = ", ".join((*PICTURE_CATEGORIES, *STYLE_SIGNALS))
        raise AddError(f"--map {text}: {target!r} is neither a category of pictures nor a signal. They are: {known}")
    try:
        share = float(weight) if colon else 1.0
    except ValueError as error:
        raise AddError(f"--map {text}: the weight should be a number from 0 to 1") from error
    if not 0 < share <= 1:
        raise AddError(f"--map {text}: the weight should be more than 0 and at most 1")
    return Share(label.strip(), target, share)


def read_size(text: str) -> tuple[int, int]:
    """`224`, or `HEIGHTxWIDTH`. Raises AddError."""
    parts = text.lower().split("x")
    if len(parts) <= 2 and all(part.isdecimal() and 1 <= int(part) <= 2048 for part in parts):
        return int(parts[0]), int(parts[-1])
    raise AddError(f"--size {text}: say 224, or HEIGHTxWIDTH, from 1 to 2048 pixels")


def read_channels(option: str, text: str) -> tuple[float, ...]:
    """`0.5` or `0.485,0.456,0.406`: three numbers in the end. Raises AddError."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise AddError(f"{option} {text}: say one number, or three with commas") from error
    if len(values) not in (1, 3) or not all(map(math.isfinite, values)):
        raise AddError(f"{option} {text}: say one number, or three with commas")
    return tuple(values * 3) if len(values) == 1 else tuple(values)
