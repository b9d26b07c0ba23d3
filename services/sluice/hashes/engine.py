"""Who does the work: the extension where it was built, NumPy where it was not. The answers are the same."""

from types import ModuleType
from typing import Protocol

from sluice.extension import extension
from sluice.hashes.native_search import NativeDigests, NativeHashes
from sluice.hashes.numpy_search import NumpyDigests, NumpyHashes
from sluice.hashes.sections import Bytes, Contents, Known, Words

NUMPY = "numpy"
"""Name of the engine that is always there."""


class HashEngine(Protocol):
    """Finds hashes by distance."""

    def search(self, queries: Bytes, radius: int) -> tuple[Words, Words, Words]:
        """Numbers of query and row, and distance in bits; by query, then distance, then row.

        `queries`: shape (n, 32), bits in their usual order. Raises HashFileError for tables that contradict
        themselves.
        """


class DigestEngine(Protocol):
    """Finds exact digests of one kind."""

    def find(self, digest: bytes) -> list[int]:
        """Entries, ascending. Raises HashFileError for a directory that contradicts itself."""

    def find_batch(self, wanted: Bytes) -> tuple[Words, Words]:
        """Numbers of the digest and of the entry; by digest, then entry. `wanted`: shape (n, bytes)."""


def engines() -> tuple[str, ...]:
    """What can be asked for by name here, slowest first: `numpy`, then the extension's instruction sets."""
    found = extension()
    return (NUMPY, *(found.instructions() if found is not None else ()))


def chosen(engine: str = "") -> str:
    """The name of the engine that is used for that wish; "" is the fastest. Raises ValueError for one not here."""
    here = engines()
    if engine and engine not in here:
        raise ValueError(f"no engine {engine!r} here: {', '.join(here)}")
    return engine or here[-1]


def native(engine: str) -> ModuleType | None:
    """The extension, unless the engine of that name (as `chosen` gives it) does without."""
    return None if engine == NUMPY else extension()


def hash_engine(contents: Contents, engine: str) -> HashEngine:
    """Searches the hashes of a file. `engine`: as `chosen` gives it."""
    found = native(engine)
    if found is None:
        return NumpyHashes(contents.hashes, contents.tables, contents.permutation)
    return NativeHashes(found, contents, engine)


def digest_engine(known: Known, engine: str) -> DigestEngine:
    """Searches the digests of one kind. `engine`: as `chosen` gives it."""
    found = native(engine)
    return NumpyDigests(known) if found is None else NativeDigests(found, known)
