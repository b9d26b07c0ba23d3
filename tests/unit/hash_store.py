"""Stores for tests, and what they should answer, told without an index."""

import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from sluice.check import Digests
from sluice.hashes.banks import Bank
from sluice.hashes.change import Change, Key, Op
from sluice.hashes.compact import Lists, columns
from sluice.hashes.listed import Listed
from sluice.hashes.live import LiveIndex
from sluice.hashes.view import Hit
from sluice.hashing import hamming

BANKS = """\
partner: {kind: csam, source: a test, terms: none}
wide: {kind: terror, source: a test, terms: none, threshold: 40}
half: {kind: terror, source: a test, terms: none, ratio: 0.5}
"""

Found = list[tuple[str, str, str, int]]
"""Bank, entry, method, distance; closest first."""


def store(folder: Path, banks: str = BANKS) -> Path:
    """A folder with a description of its banks, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "banks.yaml").write_text(banks)
    return folder


def plus(bank: str, listed: Listed) -> Op:
    """An entry comes, or takes the place of the one of its name."""
    return Op(bank, listed.id, listed)


def minus(bank: str, identity: str) -> Op:
    """An entry goes."""
    return Op(bank, identity, None)


def change(*ops: Op, at_ms: int = 1, fresh: Mapping[str, int] | None = None) -> Change:
    """All in one."""
    return Change(at_ms, ops, fresh or {})


def whole(bank: str, listed: Sequence[Listed]) -> Lists:
    """A list that takes the place of the bank's old one."""
    return Lists((bank,), [columns([(0, one) for one in listed])])


def settled(index: LiveIndex, seconds: float = 20.0) -> LiveIndex:
    """After it has seen everything, and verified what it waits for."""
    end = time.monotonic() + seconds
    index.look()
    while index.waiting:
        assert time.monotonic() < end, index.trouble
        time.sleep(0.005)
        index.look()
    return index


def told(hits: Sequence[Hit]) -> Found:
    """Hits in short."""
    return [(hit.bank.name, hit.entry, hit.method.value, hit.distance) for hit in hits]


def expected(entries: Mapping[Key, Listed], banks: Mapping[str, Bank], query: Digests) -> Found:
    """The same answer, one entry at a time."""
    found: Found = []
    for (name, identity), listed in entries.items():
        bank = banks[name]
        exact = [
            kind
            for kind in ("sha256", "sha1", "md5")
            if getattr(listed, kind) and getattr(listed, kind) == getattr(query, kind)
        ]
        near = (
            min((hamming(listed.pdq, one) for one in query.pdq), default=256)
            if listed.pdq and not listed.plain
            else 256
        )
        if not bank.counts(identity):
            continue
        if exact:
            found.append((name, identity, exact[0], 0))
        elif near <= bank.threshold and query.pdq_quality >= 50:
            found.append((name, identity, "pdq", near))
    return sorted(found, key=lambda one: (one[3], one[0], one[1]))


class Pictures:
    """Made-up pictures, some near to each other, some the same file twice."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)
        self._hashes = [self.source.randbytes(32) for _ in range(6)]
        self._files = [self.source.randbytes(8) for _ in range(12)]

    def near(self) -> bytes:
        """A hash at up to 45 bits from one of a few."""
        value = int.from_bytes(self.source.choice(self._hashes), "big")
        for bit in self.source.sample(range(256), self.source.choice([0, 1, 12, 25, 30, 45])):
            value ^= 1 << bit
        return value.to_bytes(32, "big")

    def _of_file(self, size: int) -> bytes:
        return (self.source.choice(self._files) * 4)[:size]

    def listed(self, identity: str) -> Listed:
        """An entry with at least one digest."""
        kinds = self.source.choice([("pdq",), ("md5",), ("pdq", "sha1"), ("sha256", "md5"), ("pdq", "md5", "sha256")])
        return Listed(
            identity,
            self.near() if "pdq" in kinds else b"",
            self.source.choice([None, 49, 50, 97]) if "pdq" in kinds else None,
            self._of_file(16) if "md5" in kinds else b"",
            self._of_file(20) if "sha1" in kinds else b"",
            self._of_file(32) if "sha256" in kinds else b"",
        )

    def query(self) -> Digests:
        """A picture that is asked for."""
        variants = tuple(self.near() for _ in range(8))
        quality = self.source.choice([49, 50, 97, 97])
        return Digests(self._of_file(16), self._of_file(20), self._of_file(32), variants, quality)
