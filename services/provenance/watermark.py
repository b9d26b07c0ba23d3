"""A watermark that a key makes and reads: 64 bits, spread over the low frequencies of the whole picture.

Optional, and off by default. Of 64 bits 48 are a random id, and 16 an HMAC of the id, by which a reader knows that it
read something: a picture without a mark passes for one with a chance of 1 in 65,536, and
then its id is one of 2^48 that has to be on record. It outlives compression and
resizing, and no crop, turn or border: fingerprints outlive those. Whoever has the key can remove it, and forge it.

Each bit is the sign of a sum over 540 or so places of the picture's transform, each times +1 or -1 by the key. To
write it, what the picture has there by itself is taken into account, so that the sum is exactly what it should be
(improved spread spectrum: Malvar and Florencio, IEEE Trans. Signal Processing 51, 2003). A random id for each picture
keeps an average over many pictures from showing the pattern.
"""

import hashlib
import hmac
import secrets
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from sluice.errors import ConfigError
from sluice.hashing import Rgb

BITS: Final = 64
ID_BYTES: Final = 6
CHECK_BYTES: Final = 2
LEAST_KEY: Final = 16
"""Bytes of a key."""
STRENGTH: Final = 8.0
"""What each bit's mean is set to, in levels: see docs/provenance.md for what 6, 8 and 10 cost and outlive."""

_SIDE: Final = 512
_LOW: Final = 24
_HIGH: Final = 110
"""The ring of frequencies, in half waves across the picture: below it a mark is seen, above it JPEG takes it away."""
_EDGE: Final = 2

_Values = npt.NDArray[np.float64]
_Grey = npt.NDArray[np.uint8]


class Watermark:
    """Writes and reads with one key. Threads may share one."""

    def __init__(self, key: bytes, strength: float = STRENGTH) -> None:
        """Raises ConfigError for a key of fewer than 16 bytes."""
        if len(key) < LEAST_KEY:
            raise ConfigError([f"a watermark's key: at least {LEAST_KEY} bytes"])
        self._key = key
        self._strength = strength
        ring = _ring()
        per_bit = len(ring) // BITS
        source = np.random.Generator(np.random.Philox(key=int.from_bytes(self._hmac(b"places")[:16], "big")))
        self._places = source.permutation(ring)[: per_bit * BITS].reshape(BITS, per_bit, 2)
        self._signs = source.choice(np.array([-1.0, 1.0]), size=(BITS, per_bit))

    @classmethod
    def of_file(cls, path: Path, strength: float = STRENGTH) -> "Watermark":
        """The key is all of the file's bytes. Raises ConfigError."""
        try:
            return cls(path.read_bytes(), strength)
        except OSError as error:
            raise ConfigError([f"the watermark's key {path} cannot be read"]) from error

    def mark(self, identity: bytes = b"") -> bytes:
        """The 8 bytes for an id of 6; a random one for none. Raises ValueError for another length."""
        identity = identity or secrets.token_bytes(ID_BYTES)
        if len(identity) != ID_BYTES:
            raise ValueError(f"an id of {ID_BYTES} bytes")
        return identity + self._check(identity)

    def embed(self, rgb: Rgb, mark: bytes) -> Rgb:
        """A copy with that mark, which `mark` made. Shape (height, width, 3), uint8."""
        if len(mark) * 8 != BITS:
            raise ValueError(f"a mark of {BITS // 8} bytes")
        height, width, _ = rgb.shape
        wanted = np.where(np.unpackbits(np.frombuffer(mark, np.uint8)), self._strength, -self._strength)
        spectrum = np.zeros((_HIGH, _HIGH))
        change = (wanted - self._sums(_luma(rgb)))[:, None] * self._signs
        spectrum[self._places[..., 0], self._places[..., 1]] = change
        basis = _basis()
        added = Image.fromarray((basis.T @ spectrum @ basis).astype(np.float32))
        large = np.asarray(added.resize((width, height), Image.Resampling.BICUBIC))
        marked: Rgb = (rgb + large[..., None]).clip(0, 255).round().astype(np.uint8)
        return marked

    def read(self, luma: _Grey) -> bytes | None:
        """The mark in a canonical grey picture, shape (512, 512); None where there is none that this key made.

        A mirrored picture is read, too.
        """
        for grey in (luma, luma[:, ::-1]):
            bits = self.bits(grey)
            if hmac.compare_digest(self._check(bits[:ID_BYTES]), bits[ID_BYTES:]):
                return bits
        return None

    def bits(self, luma: _Grey) -> bytes:
        """The 8 bytes that are read, right or wrong."""
        return np.packbits(self._sums(luma.astype(np.float64)) > 0).tobytes()

    def _sums(self, luma: _Values) -> _Values:
        basis = _basis()
        spectrum = basis @ luma @ basis.T
        sums: _Values = (spectrum[self._places[..., 0], self._places[..., 1]] * self._signs).mean(axis=1)
        return sums

    def _check(self, identity: bytes) -> bytes:
        return self._hmac(b"check" + identity)[:CHECK_BYTES]

    def _hmac(self, what: bytes) -> bytes:
        return hmac.new(self._key, b"sluice watermark 1 " + what, hashlib.sha256).digest()


def _luma(rgb: Rgb) -> _Values:
    grey = Image.fromarray(rgb).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR).convert("L")
    return np.asarray(grey, np.float64)


def _ring() -> npt.NDArray[np.int64]:
    """Places of the transform that carry the mark: shape (n, 2), row and column."""
    down, across = np.mgrid[:_HIGH, :_HIGH]
    far = np.hypot(down, across)
    return np.argwhere((far > _LOW) & (far < _HIGH) & (down > _EDGE) & (across > _EDGE))


@cache
def _basis() -> _Values:
    """The first rows of the orthonormal discrete cosine transform (type II) of 512 values, shape (110, 512)."""
    places, waves = np.arange(_SIDE) + 0.5, np.arange(_HIGH)[:, None]
    basis = np.sqrt(2 / _SIDE) * np.cos(np.pi * waves * places / _SIDE)
    basis[0] /= np.sqrt(2)
    out: _Values = basis
    return out
