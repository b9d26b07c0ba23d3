"""What has to happen to a picture before a network sees it: from preprocessor_config.json and from what was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.models.add.graph import Facts
from sluice.models.add.source import PREPROCESSOR, Document
from sluice.models.add.wishes import AddError, Wishes
from sluice.models.picture_input import MOST_SIDE, PictureInput

RESAMPLES: Mapping[int, str] = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers, which the file uses."""
UNDERSTOOD_SIZES = "{height, width} or {shortest_edge}"


@dataclass(frozen=True, slots=True)
class Normalise:
    """Per channel: value * scale - shift, of values from 0 to 255."""

    scale: tuple[float, ...]
    shift: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    height: int
    width: int
    fit: str = "stretch"
    short: int = 0


def contract(facts: Facts, document: Document | None, wishes: Wishes) -> PictureInput:
    """The input contract of the pack. Raises AddError where the size is not known, or two sources disagree."""
    frame = _frame(document or {}, facts, wishes)
    if not 1 <= min(frame.height, frame.width) <= max(frame.height, frame.width, frame.short) <= MOST_SIDE:
        raise AddError(f"{frame.height} x {frame.width} pixels is no size of 1 to {MOST_SIDE}. Say --size")
    for said, side in ((frame.height, facts.height), (frame.width, facts.width)):
        if side is not None and side != said:
            wanted = f"{facts.height or 'any'} x {facts.width or 'any'}"
            raise AddError(f"the graph takes {wanted} pixels, not {frame.height} x {frame.width}. Say --size")
    return PictureInput(
        height=frame.height,
        width=frame.width,
        colour=wishes.colour or "RGB",
        # A graph of floats gets its axes turned in front of it; one that takes bytes is left as it is.
        layout=facts.layout if facts.dtype == "uint8" else "NHWC",
        fit=frame.fit,
        short=frame.short,
        resample=wishes.resample or _resample(document or {}),
    )


def normalise(facts: Facts, document: Document | None, wishes: Wishes) -> Normalise | None:
    """What is put in front of the graph; None where it takes bytes. Raises AddError where nobody says."""
    said = bool(wishes.mean or wishes.std or wishes.rescale is not None)
    if facts.dtype == "uint8":
        if said:
            raise AddError("the graph takes uint8, so it normalises by itself: leave out --mean, --std and --rescale")
        return None
    if document is None and not said:
        raise AddError(
            f"the graph takes {facts.dtype}: how are pixels normalised? Put {PREPROCESSOR} beside it, or say --mean "
            "and --std (of values from 0 to 1; --mean 0 --std 1 where the values from 0 to 1 are taken as they are)"
        )
    values = _in_document(document or {})
    scale = values.rescale if wishes.rescale is None else wishes.rescale
    mean, std = wishes.mean or values.mean, wishes.std or values.std
    if min(std) <= 0 or scale <= 0:
        raise AddError("--std and --rescale should be more than 0")
    return Normalise(
        tuple(scale / s for s in std),
        tuple(m / s for m, s in zip(mean, std, strict=True)),
    )


@dataclass(frozen=True, slots=True)
class _Values:
    rescale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]


def _in_document(document: Document) -> _Values:
    if document.get("rescale_offset"):
        raise AddError(
            f"{PREPROCESSOR} has rescale_offset, which is not understood here: say --rescale, --mean, --std"
        )
    rescale = _number(document, "rescale_factor", 1 / 255) if document.get("do_rescale", True) else 1.0
    if not document.get("do_normalize", bool(document.get("image_mean"))):
        return _Values(rescale, (0.0,) * 3, (1.0,) * 3)
    return _Values(rescale, _channels(document, "image_mean"), _channels(document, "image_std"))


def _frame(document: Document, facts: Facts, wishes: Wishes) -> _Frame:
    frame = _of_document(document)
    if wishes.size is not None:
        fit = frame.fit if frame is not None and (frame.height, frame.width) == wishes.size else "stretch"
        frame = _Frame(*wishes.size, fit, frame.short if frame is not None and fit == "crop" else 0)
    if frame is None and facts.height is not None and facts.width is not None:
        frame = _Frame(facts.height, facts.width)
    if frame is None:
        raise AddError(f"how large is the picture that it takes? Put {PREPROCESSOR} beside the model, or say --size")
    if not wishes.fit or wishes.fit == frame.fit:
        return frame
    # The usual share of the short side that a centre crop keeps: 224 of 256.
    short = round(max(frame.height, frame.width) * 256 / 224) if wishes.fit == "crop" else 0
    return _Frame(frame.height, frame.width, wishes.fit, short)


def _of_document(document: Document) -> _Frame | None:
    """`size`, `crop_size` and `crop_pct`, as transformers reads them."""
    size = document.get("size")
    cut = _both(document.get("crop_size")) if document.get("do_center_crop") else None
    if size is None or not document.get("do_resize", True):
        return None
    whole = _both(size) if not isinstance(size, int) or cut is None else None
    if whole is not None:
        if cut is not None and cut != whole:
            raise AddError(
                f"{PREPROCESSOR} squeezes and then cuts, which is not understood here: say --size and --fit"
            )
        return _Frame(*whole)
    short = size if isinstance(size, int) else size.get("shortest_edge") if isinstance(size, dict) else None
    if not isinstance(short, int):
        raise AddError(f"{PREPROCESSOR}: size should be {UNDERSTOOD_SIZES}. Say --size and --fit")
    share = document.get("crop_pct")
    if cut is None and isinstance(share, float) and 0 < share <= 1:
        # ConvNeXt: under 384 pixels the short side is made larger and the rest cut off; from there on squeezed.
        return _Frame(short, short, "crop", int(short / share)) if short < 384 else _Frame(short, short)
    if cut is None:
        raise AddError(f"{PREPROCESSOR} keeps the shape of pictures, and a batch has one shape: say --size and --fit")
    return _Frame(*cut, "crop", max(short, *cut))


def _both(size: Any) -> tuple[int, int] | None:
    if isinstance(size, int):
        return size, size
    if isinstance(size, dict) and isinstance(size.get("height"), int) and isinstance(size.get("width"), int):
        return size["height"], size["width"]
    return None


def _resample(document: Document) -> str:
    number = document.get("resample", 2)
    if not isinstance(number, int) or number not in RESAMPLES:
        raise AddError(f"{PREPROCESSOR}: resample {number} is not understood here: say --resample")
    return RESAMPLES[number]


def _number(document: Document, name: str, default: float) -> float:
    value = document.get(name, default)
    if isinstance(value, int | float) and value > 0:
        return float(value)
    raise AddError(f"{PREPROCESSOR}: {name} should be a number above 0")


def _channels(document: Document, name: str) -> tuple[float, ...]:
    value = document.get(name)
    if isinstance(value, list) and len(value) == 3 and all(isinstance(each, int | float) for each in value):
        return tuple(float(each) for each in value)
    raise AddError(f"{PREPROCESSOR}: {name} should be three numbers: say --mean and --std")
