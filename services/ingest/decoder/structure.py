"""How many frames a container holds and how large it says it is, by its own structure, before a decoder opens it.

Viewers and decoders disagree about broken containers, so these walks are stricter than both: anything that some
viewer might play as a second frame counts. TIFF and AVIF are left to the decoder's own count.
"""

from collections.abc import Iterator

from ingest.decoder.sniff import Format

_APNG_CHUNKS = frozenset({b"acTL", b"fcTL", b"fdAT"})
_WEBP_FRAMES = frozenset({b"ANIM", b"ANMF"})
_GIF_IMAGE = 0x2C
_GIF_EXTENSION = 0x21


def animated(form: Format, data: bytes) -> bool:
    """Whether the structure has, or claims to have, more than one frame."""
    match form:
        case Format.PNG:
            return any(name in _APNG_CHUNKS for name in _png_chunks(data))
        case Format.WEBP:
            return any(name in _WEBP_FRAMES for name, _, _ in _webp_chunks(data))
        case Format.GIF:
            return _gif_images(data, most=2) > 1
        case _:
            return False


def cut_off(form: Format, data: bytes) -> bool:
    """Whether the container says itself that it should go on."""
    match form:
        case Format.PNG:
            return b"IEND" not in _png_chunks(data)
        case Format.WEBP:
            return int.from_bytes(data[4:8], "little") + 8 > len(data)
        case Format.AVIF:
            return _boxes_end(data) > len(data)
        case _:
            return False


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


def _png_chunks(data: bytes) -> Iterator[bytes]:
    """The names of complete chunks, up to IEND."""
    at = 8
    while at + 12 <= len(data):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        at += 12 + size
        if at > len(data):
            return
        yield name
        if name == b"IEND":
            return


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of the body and size of each chunk."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], at + 8, size
        at += 8 + size + (size & 1)


def _boxes_end(data: bytes) -> int:
    """Where the last box of an ISO base media file ends, by its own account (ISO/IEC 14496-12, section 4.2)."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            # Zero: the box goes on to the end of the file. Less: no box at all, which the decoder will find.
            return len(data)
        at += size
    return at


def _gif_images(data: bytes, most: int) -> int:
    """Image descriptors up to the trailer, `most` at most (GIF89a specification, appendix B)."""
    at = 13 + _gif_table(data[10]) if len(data) > 13 else len(data)
    count = 0
    while at < len(data) and count < most:
        kind = data[at]
        if kind == _GIF_IMAGE and at + 10 < len(data):
            count += 1
            at = _past_blocks(data, at + 10 + _gif_table(data[at + 9]) + 1)
        elif kind == _GIF_EXTENSION:
            at = _past_blocks(data, at + 2)
        elif kind == 0:
            at += 1
        else:
            break
    return count


def _gif_table(flags: int) -> int:
    """Bytes of the colour table that follows a descriptor with these flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _past_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
