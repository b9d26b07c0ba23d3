"""Files whose manifest store is built to cost whoever reads it memory, time or a stack. None of them is signed.

Boxes are those of ISO/IEC 19566-5: a length, a type, a body; a superbox begins with a description.
"""

import struct
import subprocess
import zlib
from collections.abc import Mapping

from sluice.samples.patterns import plasma
from sluice.samples.sample import encode

_LABEL = b"urn:c2pa:00000000-0000-4000-8000-000000000000"
_REST = bytes.fromhex("00110010800000aa00389b71")
"""What the types of all C2PA boxes end in."""
_BROTLI = "process.stdout.write(require('zlib').brotliCompressSync(Buffer.alloc(1 << 30)))"


def hostile() -> Mapping[str, bytes]:
    """Name -> file. Needs node, which compresses."""
    bomb = subprocess.run(["node", "-e", _BROTLI], capture_output=True, check=True).stdout
    return {
        "bomb.png": png(_store(_superbox(b"c2cm", _LABEL, _box(b"brob", bomb)))),
        "deep-claim.png": png(_store(_manifest(_LABEL, b"\x81" * 1_000_000 + b"\0"))),
        "deep-boxes.png": png(_store(_nested(20_000))),
        "many-manifests.png": png(_store(*(_manifest(_LABEL[:-5] + b"%05d" % at, b"\xa0") for at in range(20_000)))),
        "endless-chunk.png": png(b"")[:33] + b"\xff\xff\xff\xffcaBXjumb",
        "endless-box.avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf\0\0\0\x01uuid" + b"\xff" * 64,
        "looping-directory.tiff": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
        "huge-directory.tiff": b"II*\0\x08\0\0\0\xff\xff" + b"\xff" * 64,
        "endless-segment.jpg": b"\xff\xd8\xff\xeb\xff\xffJP\0\1\0\0\0\1\0\0\xff\xffjumb",
    }


def png(store: bytes) -> bytes:
    """A small picture with a manifest store."""
    picture = encode(plasma(16, 16), "PNG")
    body = b"caBX" + store
    return picture[:33] + struct.pack(">I", len(store)) + body + struct.pack(">I", zlib.crc32(body)) + picture[33:]


def _store(*manifests: bytes) -> bytes:
    return _superbox(b"c2pa", b"c2pa", *manifests)


def _manifest(label: bytes, claim: bytes) -> bytes:
    return _superbox(
        b"c2ma",
        label,
        _superbox(b"c2as", b"c2pa.assertions"),
        _superbox(b"c2cl", b"c2pa.claim.v2", _box(b"cbor", claim)),
        _superbox(b"c2cs", b"c2pa.signature", _box(b"cbor", b"\xd2\x84")),
    )


def _nested(levels: int) -> bytes:
    inner = b""
    for _ in range(levels):
        inner = _superbox(b"c2ma", _LABEL, inner)
    return inner


def _superbox(kind: bytes, label: bytes, *bodies: bytes) -> bytes:
    return _box(b"jumb", _box(b"jumd", kind + _REST + b"\x03" + label + b"\0") + b"".join(bodies))


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body
