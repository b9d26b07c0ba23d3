"""Searching with the extension: bytes in, arrays out."""

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sluice.hashes.layout import HashFileError
from sluice.hashes.sections import Bytes, Contents, Known, Words

if TYPE_CHECKING:
    from sluice._native import DigestIndex, HashIndex


class NativeHashes:
    """`HashEngine` over `sluice._native`. Any number of threads may search at once; none holds the others up."""

    def __init__(self, extension: ModuleType, contents: Contents, instructions: str) -> None:
        tables = contents.tables
        held = (flat(tables.offsets), flat(tables.fingerprints), flat(tables.rows)) if tables is not None else None
        rows, permutation = flat(contents.hashes), contents.permutation
        self._index: HashIndex = extension.HashIndex(rows, permutation, held, instructions)

    def search(self, queries: Bytes, radius: int) -> tuple[Words, Words, Words]:
        """As `HashEngine.search`."""
        try:
            query, row, distance = self._index.search(np.ascontiguousarray(queries), radius)
        except RuntimeError as error:
            raise HashFileError(str(error)) from error
        return _words(query), _words(row), _words(distance)


class NativeDigests:
    """`DigestEngine` over `sluice._native`."""

    def __init__(self, extension: ModuleType, known: Known) -> None:
        size = known.digests.shape[1]
        index = extension.DigestIndex(flat(known.digests), flat(known.entries), flat(known.directory), size)
        self._index: DigestIndex = index

    def find(self, digest: bytes) -> list[int]:
        """As `DigestEngine.find`."""
        try:
            return self._index.find(digest)
        except RuntimeError as error:
            raise HashFileError(str(error)) from error

    def find_batch(self, wanted: Bytes) -> tuple[Words, Words]:
        """As `DigestEngine.find_batch`."""
        try:
            number, entry = self._index.find_batch(np.ascontiguousarray(wanted))
        except RuntimeError as error:
            raise HashFileError(str(error)) from error
        return _words(number), _words(entry)


def flat(values: npt.NDArray[Any]) -> Bytes:
    """The same memory as bytes."""
    return values.reshape(-1).view(np.uint8)


def _words(data: bytes) -> Words:
    return np.frombuffer(data, "<u4")
