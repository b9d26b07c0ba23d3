"""Reads one picture: bytes in, a reading or a refusal out. Pure, and run only inside a limited child."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image, ImageCms

from ingest.decoder import heic, structure
from ingest.decoder.answer import Reading, Refusal, Trouble, UnreadableError
from ingest.decoder.pixels import orientation
from ingest.decoder.renditions import RENDITION_SIDE
from ingest.decoder.sniff import Format, declared_as_is, sniff
from ingest.decoder.views import Chosen, looks

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
    AssertionError,
    RuntimeError,
    EOFError,
    ImageCms.PyCMSError,
    struct.error,
    zlib.error,
)
"""What Pillow's plugins raise on broken files; many come from arithmetic on values that the file chose."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The largest picture that is read. `max_pixels`: of all its frames together. `borders`: whether one with a plain
    border is hashed without it, too."""

    max_bytes: int
    max_pixels: int
    max_views: int = 8
    max_metadata: int = 4 << 20
    borders: bool = False


def read(data: bytes, declared: str, bounds: Bounds) -> Reading | Refusal:
    """Reads an encoded picture. `declared`: the media type that its sender claims, or empty.

    Sizes are checked before anything is decoded. A picture is refused that has more views than may be judged: a frame
    that nobody looked at must not pass. Raises MemoryError; whatever else a decoder raises is a refusal.
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
        raise UnreadableError(Trouble.UNKNOWN_TYPE, "not a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC picture")
    if not declared_as_is(declared, form):
        raise UnreadableError(Trouble.TYPE_MISMATCH, f"declared as another type, found {form.media_type}")
    if form is Format.WEBP and (size := structure.webp_size(data)) is not None:
        _check_size(size, bounds)
    # Pillow shows a PNG without its end; what is not whole may be anything to the next reader.
    if structure.cut_off(form, data):
        raise UnreadableError(Trouble.TRUNCATED, f"{form.value}: it ends early")
    _check_metadata(structure.metadata_bytes(form, data), bounds)
    if form is Format.HEIC and not heic.registered():
        raise UnreadableError(Trouble.UNKNOWN_TYPE, "HEIC is not read here: install the extra heic")
    return form


def _read(form: Format, data: bytes, bounds: Bounds) -> Reading:
    try:
        return _decoded(form, data, bounds)
    except _DECODER_ERRORS as error:
        early = "truncated" in str(error).lower() or isinstance(error, EOFError)
        trouble = Trouble.TRUNCATED if early else Trouble.UNDECODABLE
        raise UnreadableError(trouble, f"{form.value}: {type(error).__name__}") from error


def _decoded(form: Format, data: bytes, bounds: Bounds) -> Reading:
    frames = structure.frames(form, data)
    image = Image.open(io.BytesIO(data), formats=(form.value,))
    _check_size(image.size, bounds)
    _check_metadata(sum(len(value) for value in image.info.values() if isinstance(value, bytes | str)), bounds)
    # A second picture behind a JPEG (a depth or gain map of a telephone's camera) is no frame that viewers show.
    count = 1 if form is Format.JPEG else getattr(image, "n_frames", 1)
    if frames is None and count > 1:
        raise UnreadableError(Trouble.ANIMATED, f"{count} pictures in one file")
    if frames is not None and frames != count:
        raise UnreadableError(Trouble.ANIMATED, f"{frames} frames by its structure, {count} by its decoder")
    if count > (structure.MOST_FRAMES if bounds.max_views > 1 else 1):
        raise UnreadableError(Trouble.ANIMATED, f"{count} frames")
    if count * image.width * image.height > bounds.max_pixels:
        raise UnreadableError(Trouble.TOO_MANY_PIXELS, f"{count} frames, at most {bounds.max_pixels} pixels are read")
    image.load()
    # Pillow puts TIFF upright while it decodes, so orientation is what is left to do now.
    turn, size = orientation(image), image.size
    chosen = Chosen(turn, bounds.max_views, bounds.borders)
    for number in range(count):
        if number:
            image.seek(number)
            image.load()
        if image.size != size:
            raise UnreadableError(Trouble.ANIMATED, "frames of several sizes")
        for look in looks(image, form, data, f"frame {number + 1}" if count > 1 else ""):
            chosen.offer(look)
    width, height = size if turn < 5 else size[::-1]
    return Reading(form.media_type, width, height, tuple(chosen.views))


def _check_metadata(found: int, bounds: Bounds) -> None:
    if found > bounds.max_metadata:
        detail = f"{found} bytes of metadata, at most {bounds.max_metadata} are read"
        raise UnreadableError(Trouble.TOO_LARGE, detail)


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
