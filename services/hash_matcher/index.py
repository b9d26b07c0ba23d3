"""All banks in one index: exact digests by look-up, PDQ hashes by distance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hash_matcher.banks import Bank, Entry
from hash_matcher.pdq_index import PdqIndex
from sluice.check import Digests
from sluice.hashing import PDQ_MIN_QUALITY


class Method(StrEnum):
    """How an entry was recognised; the first that applies is reported."""

    SHA256 = "sha256"
    SHA1 = "sha1"
    MD5 = "md5"
    PDQ = "pdq"


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry of a bank that a picture matched. `distance` in bits, 0 for exact methods."""

    bank: Bank
    entry: Entry
    method: Method
    distance: int


class BankIndex:
    """Immutable: a changed bank means a new index."""

    def __init__(self, banks: Sequence[Bank]) -> None:
        self._exact: dict[tuple[Method, bytes], list[tuple[Bank, Entry]]] = {}
        self._hashed: list[tuple[Bank, Entry]] = []
        for bank in banks:
            for entry in bank.entries:
                for method, digest in _exact_digests(entry.sha256, entry.sha1, entry.md5):
                    self._exact.setdefault((method, digest), []).append((bank, entry))
                if entry.pdq:
                    self._hashed.append((bank, entry))
        self._pdq = PdqIndex([entry.pdq for _, entry in self._hashed])
        self._radius = max((bank.threshold for bank, _ in self._hashed), default=0)

    def look_up(self, digests: Digests) -> Sequence[Hit]:
        """Every entry that the picture matches, once, by its best method; closest first.

        PDQ is compared in all the variants given (eight: the picture turned and mirrored), and not at all where
        the picture's own hash says too little (quality below 50).
        """
        found: dict[tuple[str, str], Hit] = {}
        for hit in (*self._same(digests), *self._near(digests)):
            found.setdefault((hit.bank.name, hit.entry.id), hit)
        return sorted(found.values(), key=lambda hit: (hit.distance, hit.bank.name, hit.entry.id))

    def _same(self, digests: Digests) -> Iterator[Hit]:
        for method, digest in _exact_digests(digests.sha256, digests.sha1, digests.md5):
            for bank, entry in self._exact.get((method, digest), ()):
                yield Hit(bank, entry, method, 0)

    def _near(self, digests: Digests) -> Iterator[Hit]:
        if digests.pdq_quality < PDQ_MIN_QUALITY:
            return
        for neighbour in self._pdq.within(digests.pdq, self._radius):
            bank, entry = self._hashed[neighbour.row]
            if neighbour.distance <= bank.threshold:
                yield Hit(bank, entry, Method.PDQ, neighbour.distance)


def _exact_digests(sha256: bytes, sha1: bytes, md5: bytes) -> Iterator[tuple[Method, bytes]]:
    yield from (
        (method, digest)
        for method, digest in ((Method.SHA256, sha256), (Method.SHA1, sha1), (Method.MD5, md5))
        if digest
    )
