"""The outside of a file of hashes: a header, a table of sections, and the sections one after the other.

All numbers are little-endian. The header has 64 bytes: magic, version and number of sections (u32 each), length of
the file (u64), eight bytes of nought, and the SHA-256 of everything else in the header and of the table. A row of the
table has 80 bytes: name (24), size of an element (u32), four bytes of nought, offset and length in bytes (u64 each),
and the section's SHA-256. Sections begin at the next multiple of 64 after the one before them, and so does the end of
the file; what lies between is nought. So there is one way to lay out given sections, and the header's SHA-256 stands
for the whole content.
"""

import hashlib
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sluice.errors import SluiceError

MAGIC = b"SLUICEHX"
VERSION = 1
ALIGNMENT = 64
MOST_SECTIONS = 64

_HEADER = struct.Struct("<8sIIQ8s")
_DIGEST_BYTES = 32
HEADER_BYTES = _HEADER.size + _DIGEST_BYTES
_ROW = struct.Struct("<24sI4sQQ32s")
ROW_BYTES = _ROW.size
_NAME = re.compile(rb"[a-z0-9-]{1,24}")


class HashFileError(SluiceError):
    """The file is not one of hashes, is damaged, or was written to deceive. The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Section:
    """A run of bytes of the file. `offset` and `length` in bytes; `element`: bytes of one of its values."""

    name: str
    element: int
    length: int
    offset: int = 0
    sha256: bytes = bytes(_DIGEST_BYTES)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything lies. `digest`: the header's SHA-256."""

    sections: Mapping[str, Section]
    length: int
    digest: bytes


def lay_out(sections: Iterable[Section]) -> Layout:
    """Gives the sections their places, in the order given. The digests are still to come."""
    wanted = list(sections)
    offset = _aligned(HEADER_BYTES + len(wanted) * _ROW.size)
    placed: dict[str, Section] = {}
    for section in wanted:
        placed[section.name] = replace(section, offset=offset)
        offset = _aligned(offset + section.length)
    return Layout(placed, offset, b"")


def encode(layout: Layout) -> bytes:
    """The header and the table."""
    rows = b"".join(
        _ROW.pack(one.name.encode(), one.element, bytes(4), one.offset, one.length, one.sha256)
        for one in layout.sections.values()
    )
    fixed = _HEADER.pack(MAGIC, VERSION, len(layout.sections), layout.length, bytes(8))
    return fixed + hashlib.sha256(fixed + rows).digest() + rows


def decode(data: memoryview) -> Layout:
    """Reads header and table of a whole file, and proves that every section lies inside it, aligned and apart.

    Takes the same time for a file of any size. Raises HashFileError. The sections' own SHA-256 are not compared.
    """
    if len(data) < HEADER_BYTES:
        raise HashFileError("too short for a file of hashes")
    magic, version, count, length, nought = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise HashFileError("not a file of hashes")
    if version != VERSION:
        raise HashFileError(f"written in version {version} of the format: this program reads {VERSION}")
    if length != len(data):
        raise HashFileError(f"{len(data)} bytes, should be {length}: cut off or added to")
    end = HEADER_BYTES + count * _ROW.size
    if count > MOST_SECTIONS or end > len(data) or any(nought):
        raise HashFileError("the header makes no sense")
    digest = bytes(data[_HEADER.size : HEADER_BYTES])
    rows = bytes(data[HEADER_BYTES:end])
    if digest != hashlib.sha256(bytes(data[: _HEADER.size]) + rows).digest():
        raise HashFileError("the header is damaged: its SHA-256 is another")
    sections = [_section(row) for row in _ROW.iter_unpack(rows)]
    found = Layout({section.name: section for section in sections}, length, digest)
    if found.sections != lay_out(sections).sections or lay_out(sections).length != length:
        raise HashFileError("the sections do not lie one after the other")
    if len(found.sections) != count:
        raise HashFileError("two sections have one name")
    return found


def _section(row: tuple[bytes, int, bytes, int, int, bytes]) -> Section:
    name, element, nought, offset, length, sha256 = row
    bare = name.rstrip(b"\0")
    if not _NAME.fullmatch(bare) or any(nought) or not element or length % element:
        raise HashFileError("a row of the table of sections makes no sense")
    return Section(bare.decode(), element, length, offset, sha256)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
