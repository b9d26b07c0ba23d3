"""A file of hashes, open for searching."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from sluice.hashes.engine import DigestEngine, HashEngine, chosen, digest_engine, hash_engine
from sluice.hashes.entries import MOST_ID, UNKNOWN
from sluice.hashes.layout import HashFileError, Layout, decode
from sluice.hashes.mapped import mapped
from sluice.hashes.permutation import restored
from sluice.hashes.sections import DIGEST_BYTES, HASH_BYTES, STRUCTURE, Bytes, Contents, Words, read
from sluice.hashes.verify import Progress, verify
from sluice.hashing import PDQ_BITS, PDQ_THRESHOLD


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found, as columns of equal length: number of the query, row of the hash, distance in bits. In order of
    query, distance and row; each row once for a query."""

    query: Words
    row: Words
    distance: Words

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list: the number of its bank, its id, and the quality of its PDQ hash where the list says."""

    bank: int
    id: str
    quality: int | None


@dataclass(frozen=True, slots=True)
class Stats:
    """`hashes`: different PDQ hashes; `listed`: entries with one; `known`: exact digests by kind. Bytes of the file:
    of the structure that PDQ hashes are matched in, of exact digests, and of what tells entries apart."""

    entries: int
    hashes: int
    listed: int
    known: Mapping[str, int]
    indexed: bool
    structure_bytes: int
    known_bytes: int
    metadata_bytes: int

    @property
    def bytes_per_hash(self) -> float:
        """Of the structure alone; 0 where there are no hashes."""
        return self.structure_bytes / self.hashes if self.hashes else 0.0


@dataclass(frozen=True, slots=True)
class _Open:
    data: memoryview
    layout: Layout
    contents: Contents
    hashes: HashEngine
    known: Mapping[str, DigestEngine]


class Snapshot:
    """Never changes: another list is another file. Any number of threads may search at once.

    A snapshot may be closed while others search it: what they hold stays until they are done.
    """

    def __init__(self, data: memoryview, engine: str = "") -> None:
        """Over the bytes of a whole file. See `open`."""
        self.engine = chosen(engine)
        """Who does the work: `numpy`, or the instructions that the extension uses."""
        layout = decode(data)
        contents = read(data, layout)
        known = {kind: digest_engine(known, self.engine) for kind, known in contents.known.items()}
        self.digest = layout.digest
        """SHA-256 of the header, and through it of everything: equal content, equal digest."""
        self._found: _Open | None = _Open(data, layout, contents, hash_engine(contents, self.engine), known)

    @classmethod
    def open(cls, path: Path, engine: str = "", copied: bool = False) -> Self:
        """Opens a file of any size in a millisecond or two: header and table are checked, the rest as it is read.

        `engine`: one of `engine.engines()`; the fastest by default. `copied`: see `mapped`, which also says what may
        not be done to the file. Raises HashFileError for a file that is not one of hashes or is damaged, OSError
        where it cannot be read.
        """
        return cls(mapped(path, copied), engine)

    def match(self, pdq: bytes, radius: int = PDQ_THRESHOLD) -> Matches:
        """Every hash at most `radius` bits from one of 32 bytes. Raises ValueError for another length or radius."""
        return self.match_batch(np.frombuffer(pdq, np.uint8), radius)

    def match_batch(self, pdqs: Bytes, radius: int = PDQ_THRESHOLD) -> Matches:
        """The same for many, one after the other. Exact, whatever the radius; beyond 31 every hash is compared, and
        an answer takes 12 bytes: a radius that most hashes are in is for small files.

        Raises HashFileError where the file contradicts itself: nothing is ever left out without a word.
        """
        if pdqs.dtype != np.uint8 or pdqs.size % HASH_BYTES or not 0 <= radius <= PDQ_BITS:
            raise ValueError(f"queries of {HASH_BYTES} bytes, and a radius of 0 to {PDQ_BITS} bits")
        return Matches(*self._open().hashes.search(pdqs.reshape(-1, HASH_BYTES), radius))

    def known(self, kind: str, digest: bytes) -> list[int]:
        """Numbers of the entries with this exact digest. `kind`: md5, sha1 or sha256.

        Raises ValueError for a digest of another length, HashFileError where the file contradicts itself.
        """
        return self._open().known[kind].find(digest)

    def known_batch(self, kind: str, digests: Bytes) -> tuple[Words, Words]:
        """The same for many, shape (n, bytes): numbers of the digest and of the entry, in that order."""
        if digests.dtype != np.uint8 or digests.ndim != 2 or digests.shape[1] != DIGEST_BYTES[kind]:
            raise ValueError(f"digests of {DIGEST_BYTES[kind]} bytes")
        return self._open().known[kind].find_batch(digests)

    def entries_of(self, row: int) -> Words:
        """Numbers of the entries with the hash of that row."""
        contents = self._open().contents
        return _between(contents.row_offsets, contents.row_entries, row)

    def entry(self, number: int) -> Entry:
        """What an entry is. Raises HashFileError where there is none of that number, or its id makes no sense."""
        contents = self._open().contents
        if not 0 <= number < len(contents.banks):
            raise HashFileError("the entries are fewer than something in the file says")
        text = _between(contents.id_offsets, contents.ids, number)
        if len(text) > MOST_ID:
            raise HashFileError("section entry-id-offsets makes no sense")
        quality = int(contents.qualities[number])
        name = text.tobytes().decode(errors="replace")
        return Entry(int(contents.banks[number]), name, None if quality == UNKNOWN else quality)

    def pdq(self, row: int) -> bytes:
        """The hash of that row."""
        contents = self._open().contents
        return restored(contents.hashes[row].view(np.uint8), contents.permutation).tobytes()

    def about(self) -> Any:
        """What the builder said. Raises HashFileError where it is not JSON."""
        try:
            return json.loads(self._open().contents.about)
        except (ValueError, RecursionError) as error:
            raise HashFileError("section about is not JSON") from error

    def verify(self, progress: Progress | None = None) -> None:
        """Reads the whole file and compares every checksum and every order. Raises HashFileError."""
        found = self._open()
        verify(found.data, found.layout, found.contents, progress)

    def stats(self) -> Stats:
        """Counts and sizes."""
        found = self._open()
        contents = found.contents
        sizes = {name: section.length for name, section in found.layout.sections.items()}
        structure = sum(sizes.pop(name, 0) for name in STRUCTURE)
        exact = sum(sizes.pop(name) for name in list(sizes) if name.partition("-")[0] in DIGEST_BYTES)
        return Stats(
            entries=len(contents.banks),
            hashes=len(contents.hashes),
            listed=len(contents.row_entries),
            known={kind: len(known.digests) for kind, known in contents.known.items()},
            indexed=contents.tables is not None,
            structure_bytes=structure,
            known_bytes=exact,
            metadata_bytes=sum(sizes.values()),
        )

    def close(self) -> None:
        """Lets go of the file. Searching afterwards raises ValueError."""
        self._found = None

    def _open(self) -> _Open:
        found = self._found
        if found is None:
            raise ValueError("the snapshot is closed")
        return found


def _between(offsets: npt.NDArray[Any], values: npt.NDArray[Any], number: int) -> npt.NDArray[Any]:
    start, stop = int(offsets[number]), int(offsets[number + 1])
    if not start <= stop <= len(values):
        raise HashFileError("offsets of a section point outside it")
    return values[start:stop]
