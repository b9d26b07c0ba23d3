"""Lists at one moment, searched: a base, what changed since, and lists that do not change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np

from sluice.check import Digests
from sluice.hashes.banks import Bank
from sluice.hashes.change import HashStoreError, Key
from sluice.hashes.layout import HashFileError
from sluice.hashes.overlay import Overlay
from sluice.hashes.sections import HASH_BYTES, Bytes
from sluice.hashes.snapshot import Snapshot
from sluice.hashing import PDQ_MIN_QUALITY


class Method(StrEnum):
    """How an entry was recognised; the first that applies is reported."""

    SHA256 = "sha256"
    SHA1 = "sha1"
    MD5 = "md5"
    PDQ = "pdq"


EXACT = (Method.SHA256, Method.SHA1, Method.MD5)


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry of a bank that a picture matched. `distance` in bits, 0 for exact methods."""

    bank: Bank
    entry: str
    method: Method
    distance: int
    list_digest: bytes = b""
    """Of the list as it was when it was searched: 32 bytes."""


class Layer(Protocol):
    """Something with entries."""

    def near(self, queries: Bytes, radius: int) -> Iterable[tuple[int, Key, int]]:
        """Number of the query, entry, distance in bits. `queries`: shape (n, 32)."""

    def same(self, kind: str, digest: bytes) -> Iterable[Key]:
        """Entries with this exact digest."""


@dataclass(frozen=True, slots=True)
class Base:
    """A file of hashes as a layer. `banks`: its names for their numbers. `changed`: keys that count no more."""

    snapshot: Snapshot
    banks: Sequence[str]
    changed: Mapping[Key, Any] = field(default_factory=dict)

    def near(self, queries: Bytes, radius: int) -> Iterator[tuple[int, Key, int]]:
        """As `Layer.near`."""
        found = self.snapshot.match_batch(queries, radius)
        for query, row, distance in zip(
            found.query.tolist(), found.row.tolist(), found.distance.tolist(), strict=True
        ):
            for key in self._keys(self.snapshot.entries_of(row).tolist()):
                yield query, key, distance

    def same(self, kind: str, digest: bytes) -> Iterator[Key]:
        """As `Layer.same`."""
        return self._keys(self.snapshot.known(kind, digest))

    def _keys(self, numbers: Iterable[int]) -> Iterator[Key]:
        for number in numbers:
            entry = self.snapshot.entry(number)
            if entry.bank >= len(self.banks):
                raise HashFileError("an entry is of a bank without a name")
            key = self.banks[entry.bank], entry.id
            if key not in self.changed:
                yield key


@dataclass(frozen=True, slots=True)
class View:
    """Never changes; any number of threads may search it. What it holds stays until the last of them is done.

    `banks`: by name, with the digest of each list. `digest`: of the store's content; `generation`: its base's.
    `fresh`: bank -> when its source was compared with it, in ms since the epoch.
    """

    banks: Mapping[str, tuple[Bank, bytes]] = field(default_factory=dict)
    layers: Sequence[Layer] = ()
    digest: bytes = b""
    generation: int = 0
    fresh: Mapping[str, int] = field(default_factory=dict)

    @property
    def radius(self) -> int:
        """The largest threshold of a bank."""
        return max((bank.threshold for bank, _ in self.banks.values()), default=0)

    def look_up(self, queries: Sequence[Digests]) -> list[list[Hit]]:
        """For each, every entry that it matches, once, by its best method; closest first.

        PDQ is compared in all the variants given (eight: the picture turned and mirrored), and not at all where the
        picture's own hash says too little (quality below 50). Entries beyond a bank's ratio do not count; those of
        negative banks do: `judge` sets them off. Raises HashFileError where a file contradicts itself.
        """
        found = [self._same(query) for query in queries]
        variants = [
            (number, variant)
            for number, query in enumerate(queries)
            if query.pdq_quality >= PDQ_MIN_QUALITY
            for variant in query.pdq
        ]
        if variants and self.layers:
            wanted = np.frombuffer(b"".join(variant for _, variant in variants), np.uint8).reshape(-1, HASH_BYTES)
            for layer in self.layers:
                for at, key, distance in layer.near(wanted, self.radius):
                    self._add(found[variants[at][0]], key, Method.PDQ, distance)
        return [sorted(hits.values(), key=_order) for hits in found]

    def _same(self, query: Digests) -> dict[Key, Hit]:
        found: dict[Key, Hit] = {}
        for method in EXACT:
            digest: bytes = getattr(query, method.value)
            if digest:
                for layer in self.layers:
                    for key in layer.same(method.value, digest):
                        self._add(found, key, method, 0)
        return found

    def _add(self, found: dict[Key, Hit], key: Key, method: Method, distance: int) -> None:
        name, entry = key
        known = self.banks.get(name)
        if known is None:
            raise HashStoreError(f"an entry of {name}, which is no bank of the store")
        bank, list_digest = known
        if distance > bank.threshold or not bank.counts(entry):
            return
        before = found.get(key)
        if before is None or (before.method is Method.PDQ and distance < before.distance):
            found[key] = Hit(bank, entry, method, distance, list_digest)


def _order(hit: Hit) -> tuple[int, str, str]:
    return hit.distance, hit.bank.name, hit.entry


@dataclass(frozen=True, slots=True)
class Judged:
    """`hits`: those that stand, closest first; `taken_back`: how many do not, for a negative bank's sake."""

    hits: Sequence[Hit]
    taken_back: int


def judge(hits: Sequence[Hit], protected: str) -> Judged:
    """Takes back what negative banks say is matched wrongly.

    A match by exact digest always stands. A match by PDQ falls where the picture is at least as near to an entry of a
    negative bank. In a bank of the kind `protected` (known CSAM) nearness is not enough: it falls only where the
    picture's own bytes stand in a negative bank, for what merely resembles an innocent picture may be guilty.
    """
    negative = [hit for hit in hits if hit.bank.negative]
    if not negative:
        return Judged(hits, 0)
    nearest = min(hit.distance for hit in negative)
    named = any(hit.method is not Method.PDQ for hit in negative)

    def falls(hit: Hit) -> bool:
        if hit.method is not Method.PDQ:
            return False
        return named if hit.bank.kind == protected else named or nearest <= hit.distance

    positive = [hit for hit in hits if not hit.bank.negative]
    standing = [hit for hit in positive if not falls(hit)]
    return Judged(standing, len(positive) - len(standing))


def fixed(banks: Mapping[str, tuple[Bank, bytes]], overlay: Overlay) -> View:
    """A view of lists that do not change."""
    return View(banks, (overlay,))
