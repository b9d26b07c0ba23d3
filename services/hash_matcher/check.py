"""The check "hash": is this picture one that a bank knows?"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Self

from hash_matcher import examples
from hash_matcher.banks import Bank
from hash_matcher.flood import Floods, FloodSettings
from hash_matcher.following import Following, Opening
from hash_matcher.freshness import health_of
from hash_matcher.index import view_of
from hash_matcher.required import open_banks, open_store, read_bank_settings
from sluice.check import Check, Digests, Example, Gauge, Health, Item, Kind, Match, ModelInfo, Result, Status
from sluice.deadline import now_ms
from sluice.errors import NotReadyError, SluiceError, TerminalError
from sluice.hashes.banks import CSAM
from sluice.hashes.change import HashStoreError
from sluice.hashes.layout import HashFileError
from sluice.hashes.live import LiveIndex
from sluice.hashes.view import Hit, View, judge
from sluice.hashing import DIHEDRAL, PDQ_BYTES, PDQ_CROPS, PDQ_MIN_QUALITY
from sluice.settings import Reader, Settings

MOST_MATCHES = 32
"""Matches reported for one content. A picture that meets more entries than this meets copies of one."""

_MOST_TOLD = 5
"""Entries that a note names."""

_SIZES = {"md5": 16, "sha1": 20, "sha256": 32}


class HashMatcher(Check):
    """Looks digests up in every bank. Knows lists, never pictures; ready only with the required banks."""

    name = "hash"
    service_name = "hash-matcher"
    service = "HashMatcher"
    kinds = frozenset({Kind.IMAGE})
    max_batch = 64

    def __init__(
        self,
        banks: Sequence[Bank],
        live: LiveIndex | None = None,
        required: Collection[str] = (),
        flood: FloodSettings | None = None,
        opening: Opening | None = None,
    ) -> None:
        """`banks`: those of files. `live`: a store that is searched with them, opened with their view `beside` it.
        `opening`: opens one that is not there yet."""
        self._banks = tuple(banks)
        self._files = view_of(banks)
        self._following = Following(live, self._proved(opening) if opening is not None else None)
        self._required = frozenset(required)
        self._floods = Floods(flood or FloodSettings())
        self._failed = 0
        self._there: tuple[View, Collection[str]] = (self._files, ())

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Loads the banks (`hash_matcher.required` says which) and finds an entry of each again."""
        wanted = read_bank_settings(reader, settings.home)
        reader.finish()
        found = await asyncio.to_thread(open_banks, wanted)
        opening = partial(open_store, wanted, found.files)
        check = cls(found.files, found.live, wanted.required, wanted.flood, opening)
        try:
            await asyncio.to_thread(check.prove)
        except SluiceError:
            await check.close()
            raise
        check._following.start()
        return check

    @property
    def _live(self) -> LiveIndex | None:
        return self._following.live

    @property
    def view(self) -> View:
        """What counts now."""
        live = self._live
        return self._files if live is None else live.view

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item, all by the lists of one moment. OK with no matches means: in no bank.

        Raises TerminalError where a file of the store contradicts itself.
        """
        failed = len(items)
        try:
            results = await asyncio.to_thread(self._look, items, self.view)
            failed = sum(result.status is Status.ERROR for result in results)
        except (HashFileError, HashStoreError) as error:
            raise TerminalError(f"the lists cannot be searched: {error}") from error
        finally:
            self._failed += failed
        return results

    def models(self) -> Sequence[ModelInfo]:
        """The banks, as `bank:<name>`. The version of a store's bank changes with anything in the store."""
        return _models(self.view, self.view.banks)

    def health(self) -> Health:
        """Stale banks, a store that cannot be followed, entries in quarantine."""
        found = health_of(self.view, self._required, now_ms())
        reasons, notes = dict(found.reasons), dict(found.notes)
        reasons |= {f"bank {name}": text for name, text in self._emptied().items()}
        trouble = self._following.trouble
        if trouble:
            reasons["hash-store"] = f"changes of the lists are not seen: {trouble}"
        spoiled = self._live is not None and self._live.spoiled
        if spoiled:
            notes["hash-store"] = (
                "the last change of the lists is not what was written, and does not count: compare the lists with "
                "their sources (`sluice hashes verify`)"
            )
        flooded = self._floods.quarantined()
        if flooded:
            first = ", ".join("/".join(key) for key in flooded[:_MOST_TOLD])
            more = f" and {len(flooded) - _MOST_TOLD} more" if len(flooded) > _MOST_TOLD else ""
            notes["flood"] = f"entries that match far above their usual rate are in quarantine: {first}{more}"
        gauges = [
            *found.gauges,
            Gauge("hash_quarantined_entries", "Entries that match far above their usual rate.", len(flooded)),
            Gauge("hash_store_trouble", "1 while changes of the store are not seen.", float(bool(trouble))),
            Gauge("hash_store_spoiled", "1 while the last change is not what was written.", float(spoiled)),
            Gauge("hash_lookups_failed", "Pictures that could not be looked up, since the start.", self._failed),
        ]
        return Health(reasons, notes, gauges)

    def _emptied(self) -> Mapping[str, str]:
        """Required banks that have no entries any more, with what mends that."""
        live = self._live
        if live is None:
            return {}
        view = live.view
        if self._there[0] is not view:
            self._there = (view, live.present() | {bank.name for bank in self._banks})
        how = "has no entries any more: `sluice hashes build` puts a list into it"
        return {name: f"required bank {name} {how}" for name in sorted(self._required - {*self._there[1]})}

    def prove(self) -> None:
        """Raises NotReadyError unless the first entry of every bank of files is found by each digest it has, and the
        first hash of a store by itself."""
        for bank in self._banks:
            entry = bank.entries[0]
            probes = [Digests(sha256=entry.sha256), Digests(sha1=entry.sha1), Digests(md5=entry.md5)]
            if entry.pdq:
                probes.append(Digests(pdq=(entry.pdq,), pdq_quality=100))
            for hits in self._files.look_up([probe for probe in probes if probe != Digests()]):
                if not any(hit.bank.name == bank.name and hit.entry == entry.id for hit in hits):
                    raise NotReadyError(f"bank {bank.name}: the index does not find its entry {entry.id}")
        if self._live is not None:
            _prove(self._live)

    @staticmethod
    def _proved(opening: Opening) -> Opening:
        def opened() -> LiveIndex | None:
            live = opening()
            if live is not None:
                try:
                    _prove(live)
                except SluiceError:
                    live.close()
                    raise
            return live

        return opened

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """The canary holds for any bank; the others need the test bank."""
        return examples.examples()

    async def close(self) -> None:
        """Stops following the store."""
        await self._following.stop()

    def _look(self, items: Sequence[Item], view: View) -> Sequence[Result]:
        now = now_ms()
        problems = [_problem(item.digests) for item in items]
        good = [item for item, problem in zip(items, problems, strict=True) if not problem]
        found = iter(zip(good, view.look_up([item.digests for item in good]), strict=True))
        behind = _models(view, view.banks if view is not self._files else ())
        results = []
        for problem in problems:
            if problem:
                results.append(Result(status=Status.ERROR, detail=problem))
            else:
                results.append(self._result(*next(found), behind, now))
        return results

    def _result(self, item: Item, hits: Sequence[Hit], behind: tuple[ModelInfo, ...], now: int) -> Result:
        judged = judge(hits, CSAM)
        kept = keep(judged.hits)
        # No request comes from the future: one that says so would stop the clock of all that follow.
        at = min(item.at_ms, now)
        quarantined = {id(hit) for hit in judged.hits if self._floods.matched((hit.bank.name, hit.entry), at)}
        matches = tuple(_match(hit, id(hit) in quarantined) for hit in kept)
        signals = {"pdq_quality": float(item.digests.pdq_quality)}
        counts = {
            "matches_left_out": len(judged.hits) - len(kept),
            "matches_taken_back": judged.taken_back,
            "matches_quarantined": len(quarantined),
        }
        signals |= {name: float(count) for name, count in counts.items() if count}
        return Result(signals=signals, matches=matches, models=behind)


def _prove(live: LiveIndex) -> None:
    snapshot = live.loaded.base.snapshot
    if snapshot is not None and snapshot.stats().hashes and 0 not in snapshot.match(snapshot.pdq(0), 0).row:
        raise NotReadyError("SLUICE_HASHES: the index does not find its first hash")


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
    crops, rest = divmod(len(found.pdq), len(DIHEDRAL))
    whole = not rest and 0 < crops <= PDQ_CROPS
    if (found.pdq_quality >= PDQ_MIN_QUALITY and not whole) or any(len(one) != PDQ_BYTES for one in found.pdq):
        wrong.append("pdq")
    return f"missing or malformed digests: {', '.join(wrong)}" if wrong else ""


def _models(view: View, names: Iterable[str]) -> tuple[ModelInfo, ...]:
    digests = ((name, view.banks[name][1]) for name in names)
    return tuple(ModelInfo(f"bank:{name}", digest.hex()[:12], digest) for name, digest in digests)


def _match(hit: Hit, quarantined: bool) -> Match:
    return Match(
        list_name=hit.bank.name,
        entry=hit.entry,
        kind=hit.bank.kind,
        method=hit.method.value,
        distance=hit.distance,
        test=hit.bank.test,
        list_digest=hit.list_digest,
        quarantined=quarantined,
    )
