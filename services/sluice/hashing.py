"""Digests of a picture: PDQ, which survives re-encoding and resizing, and MD5, SHA-1 and SHA-256 of the bytes.

A PDQ hash is 256 bits. Here it is 32 bytes whose `hex()` is the text form that hash lists are exchanged in:
bit 0 of the vector that `pdqhash` returns is the highest bit of byte 0, which is also how ThreatExchange
writes it (python-threatexchange, `signal_type/pdq/pdq_hasher.py`).
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sluice.pdq_engines import pdq_engine

PDQ_BYTES = 32
PDQ_BITS = 256

PDQ_MIN_QUALITY = 50
"""Below this a PDQ hash says too little: the algorithm's authors discard quality 49 and less (PDQ's README)."""

PDQ_THRESHOLD = 31
"""Largest Hamming distance, in bits, at which two hashes match with confidence; the default of ThreatExchange."""

DIHEDRAL = (
    "original",
    "rotated 90",
    "rotated 180",
    "rotated 270",
    "flipped top-bottom",
    "flipped left-right",
    "transposed",
    "transposed along the other diagonal",
)
"""What each variant of `pdq_dihedral` is the hash of. Rotations are counter-clockwise."""

PDQ_CROPS = 2
"""Parts of a picture that its eight variants may be sent of: the whole first, then without its border."""

Rgb = npt.NDArray[np.uint8]
"""Shape (height, width, 3)."""

_MAX_PIXELS = 2**31 - 1
"""The reference counts pixels in an `int` of C."""


@dataclass(frozen=True, slots=True)
class ByteDigests:
    """Digests of the bytes as they were sent: 16, 20 and 32 bytes."""

    md5: bytes
    sha1: bytes
    sha256: bytes


def digests(data: bytes) -> ByteDigests:
    """MD5, SHA-1 and SHA-256: the three that lists of known files are made of. None of them is for secrets."""
    return ByteDigests(
        md5=hashlib.md5(data, usedforsecurity=False).digest(),
        sha1=hashlib.sha1(data, usedforsecurity=False).digest(),
        sha256=hashlib.sha256(data).digest(),
    )


def pdq(rgb: Rgb) -> tuple[bytes, int]:
    """The PDQ hash (32 bytes) of a picture at its full size, and its quality in 0..100.

    Hash the picture as it was decoded, never a smaller copy: lists are made from full pictures, and a copy of
    half the size can be 62 bits away. Nobody may write to the array meanwhile. Raises ValueError where it is not
    (height, width, 3) of uint8 or has 2^31 pixels or more, and MemoryError.
    """
    return pdq_engine().hash(_checked(rgb))


def pdq_dihedral(rgb: Rgb) -> tuple[tuple[bytes, ...], int]:
    """The hashes of the eight ways to turn and mirror a picture, in the order of `DIHEDRAL`, and the quality.

    All come from one transform, so this costs no more than `pdq`. The first is exactly `pdq`'s; the other seven
    are near the hash of the really turned picture, within 31 bits for pictures with some texture. (Of a picture of
    exactly 64 x 64 pixels the reference blurs the one and not the other: there they may differ in a bit.)
    """
    return pdq_engine().dihedral(_checked(rgb))


def hamming(one: bytes, other: bytes) -> int:
    """In how many bits two hashes of the same length differ."""
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _checked(rgb: Rgb) -> Rgb:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
        raise ValueError(f"PDQ needs a (height, width, 3) array of uint8, not {rgb.shape} of {rgb.dtype}")
    if rgb.shape[0] * rgb.shape[1] > _MAX_PIXELS:
        raise ValueError(f"PDQ needs a picture of fewer than 2^31 pixels, not {rgb.shape[0]} x {rgb.shape[1]}")
    return np.ascontiguousarray(rgb)
