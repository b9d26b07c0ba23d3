"""Takes the manifest store out of a signed picture, byte for byte, where its format keeps it.

The places are those of the C2PA specification, "Embedding manifests into various file formats". The pictures are
ours, signed and read back before they got here; what does not fit all the same is a TerminalError.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sluice.errors import TerminalError
from sluice.media import sniff

_BMFF_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_MANIFEST_PURPOSE: Final = b"manifest\x00"
_TIFF_TAG: Final = 0xCD41
_GIF_MARK: Final = b"C2PA_GIF\x01\x00\x00"


def manifest_store(picture: bytes) -> bytes:
    """The picture's manifest store. TerminalError where it has none, or is of a format that is not known here."""
    find = _FINDERS.get(sniff(picture) or "")
    if find is None:
        raise TerminalError("no manifest store: no known type of picture")
    try:
        found = find(picture)
    except (IndexError, struct.error) as error:
        raise TerminalError("no manifest store: the picture ends too soon") from error
    if not found:
        raise TerminalError("no manifest store in the picture")
    return found


def _in_jpeg(data: bytes) -> bytes:
    """APP11 segments: "JP", a number of the box, a number in the sequence, and in each the box's header again."""
    parts: dict[int, list[tuple[int, bytes]]] = {}
    at = 2
    while data[at] == 0xFF and data[at + 1] != 0xDA:
        (size,) = struct.unpack_from(">H", data, at + 2)
        segment = data[at + 4 : at + 2 + size]
        if data[at + 1] == 0xEB and segment[:2] == b"JP" and segment[12:16] == b"jumb":
            number, sequence = struct.unpack_from(">HI", segment, 2)
            parts.setdefault(number, []).append((sequence, segment[8:]))
        at += 2 + size
    for found in parts.values():
        first, *rest = (part for _, part in sorted(found))
        header = 16 if first[:4] == b"\x00\x00\x00\x01" else 8
        whole = first + b"".join(part[header:] for part in rest)
        if b"c2pa" in whole[:64]:
            return whole
    return b""


def _in_png(data: bytes) -> bytes:
    at = 8
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"caBX":
            return data[at + 8 : at + 8 + size]
        at += 12 + size
    return b""


def _in_webp(data: bytes) -> bytes:
    at = 12
    while at < len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        if kind == b"C2PA":
            return data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return b""


def _in_gif(data: bytes) -> bytes:
    """An application extension before the first picture: blocks of at most 255 bytes, each behind its length."""
    at = 13 + _palette(data[10])
    while data[at] == 0x21:
        content = data[at + 3 : at + 3 + data[at + 2]]
        at += 3 + data[at + 2]
        block, at = _gif_blocks(data, at)
        if content == _GIF_MARK:
            return block
    return b""


def _palette(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _gif_blocks(data: bytes, at: int) -> tuple[bytes, int]:
    parts: list[bytes] = []
    while size := data[at]:
        parts.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    return b"".join(parts), at + 1


def _in_tiff(data: bytes) -> bytes:
    """A tag of the first directory, or of one that follows. BigTIFF counts in eight bytes."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\x00", b"\x00+")
    at = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
    count_form, entry_form, link_form = (
        order + form for form in (("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I"))
    )
    seen: set[int] = set()
    while at and at not in seen:
        seen.add(at)
        (count,) = struct.unpack_from(count_form, data, at)
        at += struct.calcsize(count_form)
        for _ in range(count):
            tag, _, size, value = struct.unpack_from(entry_form, data, at)
            if tag == _TIFF_TAG:
                (begin,) = struct.unpack(link_form, value)
                return data[begin : begin + size]
            at += struct.calcsize(entry_form)
        (at,) = struct.unpack_from(link_form, data, at)
    return b""


def _in_bmff(data: bytes) -> bytes:
    """A `uuid` box of C2PA's: version and flags, a purpose, an offset of eight bytes, and the store."""
    for kind, begin, end in _bmff_boxes(data):
        if kind != b"uuid" or data[begin : begin + 16] != _BMFF_UUID:
            continue
        purpose = data[begin + 20 : begin + 20 + len(_MANIFEST_PURPOSE)]
        if purpose == _MANIFEST_PURPOSE:
            return data[begin + 20 + len(_MANIFEST_PURPOSE) + 8 : end]
    return b""


def _bmff_boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            header = 16
        end = at + size if size else len(data)
        if end < at + header:
            return
        yield kind, at + header, end
        at = end


_FINDERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "image/jpeg": _in_jpeg,
    "image/png": _in_png,
    "image/webp": _in_webp,
    "image/gif": _in_gif,
    "image/tiff": _in_tiff,
    "image/avif": _in_bmff,
    "image/heic": _in_bmff,
}
