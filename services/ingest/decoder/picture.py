"""Reads one picture: bytes in, a reading or a refusal out. Pure, and run only inside a limited child."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ingest.decoder import structure
from ingest.decoder.answer import Reading, Refusal, Trouble, UnreadableError
from ingest.decoder.pixels import eight_bits, orientation, over_white, shrunk, stored_rgb, turned
from ingest.decoder.renditions import RENDITION_SIDE, TILED_SIDE, tiles, whole
from ingest.decoder.sniff import Format, declared_as_is, sniff
from sluice.hashing import Rgb, pdq_dihedral

LONGEST_SIDE = 30_000
SHORTEST_SIDE = 16
"""Pixels a side below which a picture cannot show anything that a check could find."""
LONGEST_SHAPE = RENDITION_SIDE // SHORTEST_SIDE
"""Sides in this proportion leave the rendition as narrow as that; a longer strip would hide what it shows."""

_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What Pillow's plugins raise on broken files; many come from arithmetic on values that the file chose."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The largest picture that is read."""

    max_bytes: int
    max_pixels: int


def read(data: bytes, declared: str, bounds: Bounds) -> Reading | Refusal:
    """Reads an encoded picture. `declared`: the media type that its sender claims, or empty.

    Sizes are checked before anything is decoded. A picture of more than one frame is refused: a frame that nobody
    looked at must not pass. Raises MemoryError; whatever else a decoder raises is a refusal.
    """
    try:
        form = _format(data, declared, bounds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _read(form, data, bounds)
    except UnreadableError as error:
        return error.refusal
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Refusal(Trouble.TOO_MANY_PIXELS, f"at most {bounds.max_pixels} pixels are read")


def _format(data: bytes, declared: str, bounds: Bounds) -> Format:
    if not data:
        raise UnreadableError(Trouble.EMPTY, "no bytes")
    if len(data) > bounds.max_bytes:
        raise UnreadableError(Trouble.TOO_LARGE, f"{len(data)} bytes, at most {bounds.max_bytes} are read")
    form = sniff(data)
    if form is None:
        raise UnreadableError(Trouble.UNKNOWN_TYPE, "not a JPEG, PNG, WebP, GIF, TIFF or AVIF picture")
    if not declared_as_is(declared, form):
        raise UnreadableError(Trouble.TYPE_MISMATCH, f"declared as another type, found {form.media_type}")
    if form is Format.WEBP and (size := structure.webp_size(data)) is not None:
        _check_size(size, bounds)
    if structure.animated(form, data):
        raise UnreadableError(Trouble.ANIMATED, "more than one frame")
    # Pillow shows a PNG without its end; what is not whole may be anything to the next reader.
    if structure.cut_off(form, data):
        raise UnreadableError(Trouble.TRUNCATED, f"{form.value}: it ends early")
    return form


def _read(form: Format, data: bytes, bounds: Bounds) -> Reading:
    try:
        shown, stored, size = _pixels(_decoded(form, data, bounds))
    except _DECODER_ERRORS as error:
        early = "truncated" in str(error).lower() or isinstance(error, EOFError)
        trouble = Trouble.TRUNCATED if early else Trouble.UNDECODABLE
        raise UnreadableError(trouble, f"{form.value}: {type(error).__name__}") from error
    variants, quality = pdq_dihedral(stored)
    return Reading(form.media_type, *size, variants, quality, whole(shown), tiles(shown))


def _decoded(form: Format, data: bytes, bounds: Bounds) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=(form.value,))
    _check_size(image.size, bounds)
    # A second picture behind a JPEG (a depth or gain map of a telephone's camera) is no frame that viewers show.
    if form is not Format.JPEG and getattr(image, "is_animated", False):
        raise UnreadableError(Trouble.ANIMATED, "more than one frame")
    image.load()
    return image


def _pixels(image: Image.Image) -> tuple[Image.Image, Rgb, tuple[int, int]]:
    """What is shown, upright and at most 1600 pixels long; what is stored; and the size at which it is shown."""
    # Pillow puts TIFF upright while it decodes, so orientation is what is left to do now.
    turn = orientation(image)
    image = eight_bits(image)
    shown = over_white(turned(shrunk(image, TILED_SIDE), turn))
    size = image.size if turn < 5 else image.size[::-1]
    return shown, np.asarray(stored_rgb(image)), size


def _check_size(size: tuple[int, int], bounds: Bounds) -> None:
    width, height = size
    if width * height > bounds.max_pixels or max(size) > LONGEST_SIDE:
        raise UnreadableError(
            Trouble.TOO_MANY_PIXELS,
            f"{width}x{height} pixels, at most {bounds.max_pixels} and {LONGEST_SIDE} a side are read",
        )
    if min(size) < SHORTEST_SIDE:
        raise UnreadableError(
            Trouble.TOO_SMALL, f"{width}x{height} pixels, at least {SHORTEST_SIDE} a side are needed"
        )
    if max(size) > LONGEST_SHAPE * min(size):
        raise UnreadableError(Trouble.TOO_SMALL, f"{width}x{height} pixels, too narrow for its length")
