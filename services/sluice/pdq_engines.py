"""Who computes PDQ: the extension where it was built, `pdqhash` where it was not. The answers are the same, bit for
bit: that is what tests and `python -m benchmarks.pdq` check. Images have the extension and leave `pdqhash` out, which
is published as source alone.

On other processors than x86-64 compilers may join a product and a sum in one rounding, so `pdqhash` itself can give
another bit there. The extension never does: it gives the answers of x86-64 everywhere.
"""

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sluice.extension import extension

_Rgb = npt.NDArray[np.uint8]
"""Shape (height, width, 3)."""

_BYTES = 32
_VARIANTS = 8


class PdqEngine(Protocol):
    """Hashes pictures. They are contiguous, hold no more than 2^31 - 1 pixels and at least one, and nobody writes to
    them meanwhile. Raises MemoryError."""

    def hash(self, rgb: _Rgb) -> tuple[bytes, int]:
        """The hash (32 bytes) and its quality in 0..100."""

    def dihedral(self, rgb: _Rgb) -> tuple[tuple[bytes, ...], int]:
        """The hashes of the eight variants and the quality, in the order of `sluice.hashing.DIHEDRAL`."""


class ReferencePdq:
    """By `pdqhash`, Meta's own code. Holds the interpreter's lock while it computes."""

    def __init__(self) -> None:
        """Raises ImportError where `pdqhash` is not installed."""
        self._reference = import_module("pdqhash")

    def hash(self, rgb: _Rgb) -> tuple[bytes, int]:
        """As `PdqEngine.hash`."""
        vector, quality = self._reference.compute(rgb)
        return _packed(vector), int(quality)

    def dihedral(self, rgb: _Rgb) -> tuple[tuple[bytes, ...], int]:
        """As `PdqEngine.dihedral`."""
        vectors, quality = self._reference.compute_dihedral(rgb)
        return tuple(_packed(vector) for vector in vectors), int(quality)


class NativePdq:
    """By the extension, in a tenth of the time and less, and without the interpreter's lock."""

    def __init__(self, extension: ModuleType, instructions: str = "") -> None:
        """`instructions`: a name that the extension's `instructions()` gives, or "" for the best."""
        self._extension = extension
        self._instructions = instructions

    def hash(self, rgb: _Rgb) -> tuple[bytes, int]:
        """As `PdqEngine.hash`."""
        height, width, _ = rgb.shape
        found: tuple[bytes, int] = self._extension.pdq(rgb, height, width, self._instructions)
        return found

    def dihedral(self, rgb: _Rgb) -> tuple[tuple[bytes, ...], int]:
        """As `PdqEngine.dihedral`."""
        height, width, _ = rgb.shape
        hashes, quality = self._extension.pdq_dihedral(rgb, height, width, self._instructions)
        return tuple(hashes[_BYTES * number :][:_BYTES] for number in range(_VARIANTS)), quality


@cache
def pdq_engine() -> PdqEngine:
    """The faster one of those that are here."""
    found = extension()
    return ReferencePdq() if found is None else NativePdq(found)


def native_engines() -> tuple[NativePdq, ...]:
    """One for each of the instruction sets that the extension can use here; none without it."""
    found = extension()
    return () if found is None else tuple(NativePdq(found, name) for name in found.instructions())


def _packed(vector: npt.NDArray[np.int64]) -> bytes:
    return np.packbits(vector.astype(np.uint8)).tobytes()
