"""How many pictures a container holds, how large it says it is and how much of it is no pixels, before a decoder
opens it.

Viewers and decoders disagree about broken containers, so these walks are stricter than both: a container that
contradicts itself about its frames is refused.
"""

from collections.abc import Iterator

from ingest.decoder.answer import Trouble, UnreadableError
from ingest.decoder.sniff import Format
from sluice.media import brands

MOST_FRAMES = 512

_APNG_CHUNKS = frozenset({b"acTL", b"fcTL", b"fdAT"})
_PNG_PIXELS = _APNG_CHUNKS | {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_WEBP_FRAMES = frozenset({b"ANIM", b"ANMF"})
_WEBP_STILLS = frozenset({b"VP8 ", b"VP8L"})
_WEBP_PIXELS = _WEBP_FRAMES | _WEBP_STILLS | {b"VP8X", b"ALPH"}
_SEQUENCES = frozenset({b"avis", b"hevc", b"hevx", b"msf1"})
_GIF_IMAGE = 0x2C
_GIF_EXTENSION = 0x21
_GIF_PIXELS = frozenset({_GIF_IMAGE, 0xF9})
"""Images, and what says how long and over what each is shown."""


def frames(form: Format, data: bytes) -> int | None:
    """How many frames the structure has; None where only the decoder can tell (JPEG, TIFF).

    A file that shows one frame or several, as its reader likes, raises UnreadableError: a track of moving pictures
    beside a still, two announcements of an animation, two stills.
    """
    match form:
        case Format.PNG:
            return _png_frames(data)
        case Format.WEBP:
            return _webp_frames(data)
        case Format.GIF:
            return _gif_images(data, MOST_FRAMES + 1)
        case Format.AVIF | Format.HEIC:
            if _SEQUENCES.intersection(brands(data)) or b"moov" in (name for name, _ in _boxes(data)):
                raise UnreadableError(Trouble.ANIMATED, "a sequence of pictures")
            return 1
        case _:
            return None


def cut_off(form: Format, data: bytes) -> bool:
    """Whether the container says itself that it should go on."""
    match form:
        case Format.PNG:
            return all(name != b"IEND" for name, _, _ in _png_chunks(data))
        case Format.WEBP:
            return int.from_bytes(data[4:8], "little") + 8 > len(data)
        case Format.AVIF | Format.HEIC:
            return max((end for _, end in _boxes(data)), default=0) > len(data)
        case _:
            return False


def metadata_bytes(form: Format, data: bytes) -> int:
    """Bytes of EXIF, profiles, texts and whatever else is not pixels, by the container's own account.

    Zero for TIFF, AVIF and HEIC, where the decoder tells.
    """
    match form:
        case Format.JPEG:
            return _jpeg_metadata(data)
        case Format.PNG:
            return sum(size for name, _, size in _png_chunks(data) if name not in _PNG_PIXELS)
        case Format.WEBP:
            return sum(size for name, _, size in _webp_chunks(data) if name not in _WEBP_PIXELS)
        case Format.GIF:
            return sum(end - at for kind, at, end in _gif_blocks(data) if kind not in _GIF_PIXELS)
        case _:
            return 0


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height by a WebP picture's first chunk (RFC 9649, section 2): its decoder allocates when it opens."""
    for name, start, size in _webp_chunks(data):
        body = data[start : start + min(size, 10)]
        if name == b"VP8X" and len(body) == 10:
            return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        if name == b"VP8L" and len(body) >= 5:
            bits = int.from_bytes(body[1:5], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if name == b"VP8 " and len(body) == 10:
            return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
        return None
    return None


def png_gamma(data: bytes) -> float | None:
    """The exponent of a PNG's `gAMA` chunk; None where there is none that counts (PNG 3, section 11.3.2)."""
    found = None
    for name, start, size in _png_chunks(data):
        if name in (b"iCCP", b"sRGB"):
            return None
        if name == b"IDAT":
            break
        if name == b"gAMA" and size == 4:
            found = int.from_bytes(data[start : start + 4], "big") / 100_000
    return found or None


def png_transfer(data: bytes) -> int | None:
    """The transfer function that a PNG's `cICP` chunk names (ITU-T H.273, table 3); None where there is none."""
    return next((data[start + 1] for name, start, size in _png_chunks(data) if name == b"cICP" and size == 4), None)


def _png_frames(data: bytes) -> int:
    names = [(name, start) for name, start, _ in _png_chunks(data)]
    if not any(name in _APNG_CHUNKS for name, _ in names):
        return 1
    order = [name for name, _ in names]
    controls = [start for name, start in names if name == b"acTL"]
    images = order.count(b"fcTL")
    pixels = order.index(b"IDAT") if b"IDAT" in order else len(order)
    if len(controls) != 1 or order.index(b"acTL") > pixels or b"fcTL" not in order:
        raise UnreadableError(Trouble.ANIMATED, "its structure contradicts itself")
    if int.from_bytes(data[controls[0] : controls[0] + 4], "big") != images:
        raise UnreadableError(Trouble.ANIMATED, "its structure contradicts itself")
    # A still picture before the first frame is what readers without animation show.
    return images + (order.index(b"fcTL") > pixels)


def _webp_frames(data: bytes) -> int:
    names = [name for name, _, _ in _webp_chunks(data)]
    stills = sum(name in _WEBP_STILLS for name in names)
    moving = any(name in _WEBP_FRAMES for name in names)
    if stills > 1 or (stills and moving):
        raise UnreadableError(Trouble.ANIMATED, "its structure contradicts itself")
    return names.count(b"ANMF") if moving else 1


def _jpeg_metadata(data: bytes) -> int:
    """Application and comment segments up to the first scan (ITU-T T.81, annex B)."""
    at, total = 2, 0
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
            continue
        if kind == 0xDA:
            break
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        total += size if 0xE0 <= kind <= 0xEF or kind == 0xFE else 0
        at += 2 + size
    return total


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of the body and size of complete chunks, up to IEND."""
    at = 8
    while at + 12 <= len(data):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        start, at = at + 8, at + 12 + size
        if at > len(data):
            return
        yield name, start, size
        if name == b"IEND":
            return


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of the body and size of each chunk."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], at + 8, size
        at += 8 + size + (size & 1)


def _boxes(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Name and end of each outermost box of an ISO base media file, by its own account (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at + 8 <= len(data):
        name, size = data[at + 4 : at + 8], int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        # Zero: the box goes on to the end of the file. Less: no box at all, which the decoder will find.
        at = len(data) if size < 8 else at + size
        yield name, at


def _gif_images(data: bytes, most: int) -> int:
    """Image descriptors up to the trailer, `most` at most."""
    count = 0
    for kind, _, _ in _gif_blocks(data):
        count += kind == _GIF_IMAGE
        if count == most:
            break
    return count


def _gif_blocks(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, start and end of each image and extension up to the trailer (GIF89a specification, appendix B).

    Of an extension, the kind is its label.
    """
    at = 13 + _gif_table(data[10]) if len(data) > 13 else len(data)
    while at < len(data):
        kind, start = data[at], at
        if kind == _GIF_IMAGE and at + 10 < len(data):
            at = _past_blocks(data, at + 10 + _gif_table(data[at + 9]) + 1)
            yield _GIF_IMAGE, start, at
        elif kind == _GIF_EXTENSION and at + 2 < len(data):
            at = _past_blocks(data, at + 2)
            yield data[start + 1], start, at
        elif kind == 0:
            at += 1
        else:
            break


def _gif_table(flags: int) -> int:
    """Bytes of the colour table that follows a descriptor with these flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _past_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
