"""The check "hash": is this picture one that a bank knows?"""

import asyncio
from collections.abc import Sequence
from typing import Self

from hash_matcher import examples
from hash_matcher.banks import Bank
from hash_matcher.index import BankIndex, Hit
from hash_matcher.required import open_banks, read_bank_settings
from sluice.check import Check, Digests, Example, Item, Kind, Match, ModelInfo, Result, Status
from sluice.errors import NotReadyError
from sluice.hashing import DIHEDRAL, PDQ_BYTES, PDQ_MIN_QUALITY
from sluice.settings import Reader, Settings

MOST_MATCHES = 32
"""Matches reported for one content. A picture that meets more entries than this meets copies of one."""

_SIZES = {"md5": 16, "sha1": 20, "sha256": 32}


class HashMatcher(Check):
    """Looks digests up in every bank. Knows lists, never pictures; ready only with the required banks."""

    name = "hash"
    service_name = "hash-matcher"
    service = "HashMatcher"
    kinds = frozenset({Kind.IMAGE})
    max_batch = 64

    def __init__(self, banks: Sequence[Bank]) -> None:
        self._banks = tuple(banks)
        self._index = BankIndex(banks)

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Loads the banks (`hash_matcher.required` says which) and finds an entry of each again."""
        wanted = read_bank_settings(reader, settings.home)
        reader.finish()
        check = cls(await asyncio.to_thread(open_banks, wanted))
        check.prove()
        return check

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item. OK with no matches means: in no bank."""
        return await asyncio.to_thread(lambda: [self._look(item) for item in items])

    def models(self) -> Sequence[ModelInfo]:
        """The banks, as `bank:<name>`."""
        return [ModelInfo(f"bank:{bank.name}", bank.version, bank.digest) for bank in self._banks]

    def prove(self) -> None:
        """Raises NotReadyError unless the first entry of every bank is found by each digest it has."""
        for bank in self._banks:
            entry = bank.entries[0]
            probes = [Digests(sha256=entry.sha256), Digests(sha1=entry.sha1), Digests(md5=entry.md5)]
            if entry.pdq:
                probes.append(Digests(pdq=(entry.pdq,), pdq_quality=100))
            for probe in probes:
                if probe == Digests():
                    continue
                if not any(hit.bank is bank and hit.entry == entry for hit in self._index.look_up(probe)):
                    raise NotReadyError(f"bank {bank.name}: the index does not find its entry {entry.id}")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """The canary holds for any bank; the others need the test bank."""
        return examples.examples()

    def _look(self, item: Item) -> Result:
        problem = _problem(item.digests)
        if problem:
            return Result(status=Status.ERROR, detail=problem)
        hits = self._index.look_up(item.digests)
        kept = keep(hits)
        signals = {"pdq_quality": float(item.digests.pdq_quality)}
        if len(kept) < len(hits):
            signals["matches_left_out"] = float(len(hits) - len(kept))
        return Result(signals=signals, matches=tuple(_match(hit) for hit in kept))


def keep(hits: Sequence[Hit], most: int = MOST_MATCHES) -> Sequence[Hit]:
    """At most `most` hits, the closest; but of every bank that was hit, always the closest one.

    So a crowd of test entries never hides a real one, and no bank of known CSAM is left out. `hits` are closest
    first, and so is the answer.
    """
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.bank.name, hit)
    room = max(0, most - len(best))
    others = [hit for hit in hits if best[hit.bank.name] is not hit][:room]
    chosen = {id(hit) for hit in (*best.values(), *others)}
    return [hit for hit in hits if id(hit) in chosen]


def _problem(found: Digests) -> str:
    """Why this content cannot be looked up: a digest or a variant that is missing is a match that is missed."""
    wrong = [name for name, size in _SIZES.items() if len(getattr(found, name)) != size]
    variants = len(DIHEDRAL) if found.pdq_quality >= PDQ_MIN_QUALITY else len(found.pdq)
    if len(found.pdq) != variants or any(len(one) != PDQ_BYTES for one in found.pdq):
        wrong.append("pdq")
    return f"missing or malformed digests: {', '.join(wrong)}" if wrong else ""


def _match(hit: Hit) -> Match:
    return Match(
        list_name=hit.bank.name,
        entry=hit.entry.id,
        kind=hit.bank.kind,
        method=hit.method.value,
        distance=hit.distance,
        test=hit.bank.test,
        list_digest=hit.bank.digest,
    )
