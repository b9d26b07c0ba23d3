"""Takes files apart where their format does, and puts the pieces together again, right or wrong."""

import itertools
import zlib
from collections.abc import Sequence

PNG, JPEG, WEBP, GIF, BOXES, TIFF = "PNG", "JPEG", "WEBP", "GIF", "boxes", "TIFF"


def kind(data: bytes) -> str:
    """What a file looks like from its start; TIFF and everything else are cut into equal pieces."""
    if data.startswith(b"\x89PNG"):
        return PNG
    if data.startswith(b"\xff\xd8"):
        return JPEG
    if data.startswith(b"RIFF"):
        return WEBP
    if data.startswith(b"GIF8"):
        return GIF
    return BOXES if data[4:8] == b"ftyp" else TIFF


def pieces(data: bytes) -> list[bytes]:
    """The file in pieces: head first, then chunks, segments, blocks or boxes. Joined they are the file."""
    starts = {PNG: _png, JPEG: _jpeg, WEBP: _webp, GIF: _gif, BOXES: _boxes, TIFF: _equal}[kind(data)](data)
    marks = [0, *(at for at in sorted(set(starts)) if 0 < at < len(data)), len(data)]
    return [data[one:other] for one, other in itertools.pairwise(marks)]


def repaired(parts: Sequence[bytes]) -> bytes:
    """The pieces as a file whose checksums and outer length are right: what a decoder looks at before the rest."""
    data = b"".join(parts)
    if kind(data) == PNG:
        return b"".join([parts[0], *(_with_sum(part) for part in parts[1:])])
    if kind(data) == WEBP:
        return data[:4] + (max(0, len(data) - 8) & 0xFFFF_FFFF).to_bytes(4, "little") + data[8:]
    return data


def sealed(data: bytes) -> bytes:
    """The file as one that ends where it says: a walk over its structure finds nothing missing."""
    match kind(data):
        case "PNG":
            return data + (b"" if b"IEND" in data else bytes(4) + b"IEND" + zlib.crc32(b"IEND").to_bytes(4, "big"))
        case "JPEG":
            return data + b"\xff\xd9"
        case "WEBP":
            return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:] if len(data) > 12 else data
        case "GIF":
            return data + b"\0;"
        case "boxes":
            return _filled(data)
        case _:
            return data + bytes(256)


def _filled(data: bytes) -> bytes:
    """Boxes, the last of which is as long as it says, or says that it goes on to the end."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8 or at + size > len(data) + 4096:
            return data[:at] + bytes(4) + data[at + 4 :]
        at += size
    return data + bytes(max(0, at - len(data)))


def _with_sum(part: bytes) -> bytes:
    if len(part) < 12:
        return part
    body = part[4:-4]
    return (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def _png(data: bytes) -> list[int]:
    starts, at = [], 8
    while at + 12 <= len(data):
        starts.append(at)
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return starts


def _jpeg(data: bytes) -> list[int]:
    return [at for at in range(2, len(data) - 1) if data[at] == 0xFF and data[at + 1] not in {0x00, 0xFF}]


def _webp(data: bytes) -> list[int]:
    starts, at = [], 12
    while at + 8 <= len(data):
        starts.append(at)
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + (size & 1)
    return starts


def _gif(data: bytes) -> list[int]:
    return [13, *(at for at in range(13, len(data)) if data[at] in {0x21, 0x2C, 0x3B})]


def _boxes(data: bytes) -> list[int]:
    """Outer boxes, and whatever inside of them is named like one: most of what matters is in `meta`."""
    names = (
        b"hdlr",
        b"pitm",
        b"iloc",
        b"iinf",
        b"iref",
        b"iprp",
        b"ipco",
        b"ipma",
        b"ispe",
        b"pixi",
        b"av1C",
        b"hvcC",
    )
    more = (b"colr", b"auxC", b"irot", b"imir", b"idat", b"mdat", b"meta", b"moov", b"trak", b"stsz", b"stco")
    return [at - 4 for name in (*names, *more) if (at := data.find(name)) > 4]


def _equal(data: bytes) -> list[int]:
    return list(range(0, len(data), 12))
