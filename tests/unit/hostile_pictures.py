"""Harmless pictures for tests, and the broken and hostile files that are made of them."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF")


def blobs(width: int = 200, height: int = 160, seed: int = 0) -> Image.Image:
    """Soft blobs of colour: no symmetry, and texture enough for a PDQ of quality 100."""
    small = np.random.default_rng(seed).integers(0, 256, (10, 13, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    """The picture as a file of Pillow's format `form`."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """A rendition back as pixels."""
    return Image.open(io.BytesIO(data))


def animation(form: str) -> bytes:
    """Two frames that differ."""
    return encoded(blobs(), form, save_all=True, append_images=[blobs(seed=1)])


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference of two RGB pictures, in levels of 0..255; infinite where their sizes differ."""
    if one.size != other.size:
        return float("inf")
    left, right = (np.asarray(image.convert("RGB"), dtype=np.float64) for image in (one, other))
    return float(np.abs(left - right).mean())


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk with a true CRC."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, compressed: bytes, extra: bytes = b"") -> bytes:
    """A grey eight-bit PNG around compressed rows; `extra`: chunks before them."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", compressed) + chunk(b"IEND", b"")


def png_bomb(side: int = 20_000) -> bytes:
    """A black square: a few hundred kilobytes that unpack to side * side bytes."""
    squeeze = zlib.compressobj(9)
    row = bytes(side + 1)
    return png(side, side, b"".join([*(squeeze.compress(row) for _ in range(side)), squeeze.flush()]))


def tiff_with_many_tags(count: int = 0xFFFF) -> bytes:
    """A header that announces more directory entries than the file holds."""
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", count) + bytes(12 * 40)


def tiff_of_size(width: int, height: int) -> bytes:
    """A directory that claims these sides, over one short strip of data."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (279, 4, 16)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return (b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(tags)) + entries + bytes(4)).ljust(216, b"\0")
