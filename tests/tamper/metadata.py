"""Writes metadata into a picture that was signed without: a lens, an author, a place."""

import struct
import zlib

from tests.fuzz.containers import kind, repaired
from tests.tamper.victim import Victim

_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_XMP_TAG, _BYTES = 700, 1
_EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
"""One tag: turned by 90 degrees."""


def insert(victim: Victim) -> bytes:
    """EXIF for JPEG, XMP for the others, a comment for GIF."""
    data = victim.signed
    match kind(data):
        case "JPEG":
            return data[:2] + b"\xff\xe1" + struct.pack(">H", len(_EXIF) + 2) + _EXIF + data[2:]
        case "PNG":
            body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + _XMP
            chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
            return data[:33] + chunk + data[33:]
        case "WEBP":
            return repaired([data, b"XMP " + struct.pack("<I", len(_XMP)) + _XMP + bytes(len(_XMP) % 2)])
        case "GIF":
            return data[:-1] + b"\x21\xfe" + bytes([len(_XMP)]) + _XMP + b"\0" + data[-1:]
        case "boxes":
            return data + struct.pack(">I", 24 + len(_XMP)) + b"uuid" + _XMP_BOX + _XMP
        case _:
            return _with_tag(data)


def _with_tag(data: bytes) -> bytes:
    """A little-endian TIFF with one tag more: its first directory is written anew at the end."""
    at = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, at)[0]
    ends = at + 2 + 12 * count
    tags = [data[start : start + 12] for start in range(at + 2, ends, 12)]
    padded = data + bytes(len(data) % 2)
    tags.append(struct.pack("<HHII", _XMP_TAG, _BYTES, len(_XMP), len(padded)))
    tags.sort(key=lambda tag: int.from_bytes(tag[:2], "little"))
    directory = len(padded) + len(_XMP) + len(_XMP) % 2
    written = padded + _XMP + bytes(len(_XMP) % 2) + struct.pack("<H", count + 1) + b"".join(tags)
    return written[:4] + struct.pack("<I", directory) + written[8:] + data[ends : ends + 4]
