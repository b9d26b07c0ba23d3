"""Runs of `sluice hashes sync` for tests."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluice.check import Digests
from sluice.deadline import now_ms
from sluice.hashes.live import LiveIndex
from sluice.hashes.sync.exchange import Checkpoint, Exchange, Page, Update
from sluice.hashes.sync.held import held_ids
from sluice.hashes.sync.run import Outside, Synced, sync
from sluice.hashes.sync.sources import Source

BANKS = """\
partner: {kind: csam, source: a test, terms: none, fresh_for: 1h}
other: {kind: terror, source: a test, terms: none}
"""
SOURCE = Source("first", "ncmec", "partner", {"environment": "Industry"}, {"user": "A", "password": "B"})


def pdq_of(word: str) -> str:
    """A made-up hash."""
    return hashlib.sha256(f"pdq {word}".encode()).hexdigest()


def md5_of(word: str) -> str:
    """A made-up digest."""
    return hashlib.sha256(f"md5 {word}".encode()).hexdigest()[:32]


def held(folder: Path, bank: str = "partner") -> set[str]:
    """What the bank has."""
    return held_ids(folder, bank)


def found(folder: Path, word: str) -> set[str]:
    """Entries that the MD5 of the word is in."""
    index = LiveIndex(folder)
    try:
        hits = index.view.look_up([Digests(md5=bytes.fromhex(md5_of(word)))])[0]
        return {hit.entry for hit in hits}
    finally:
        index.close()


def fresh(folder: Path, bank: str = "partner") -> int:
    """When it was compared with its source, in ms; 0 for never."""
    if not (folder / "current.json").exists():
        return 0
    index = LiveIndex(folder)
    try:
        return index.view.fresh.get(bank, 0)
    finally:
        index.close()


@dataclass(slots=True)
class World:
    """What a run says, and how long it waits (it does not)."""

    said: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    now_ms: int = 0

    def outside(self) -> Outside:
        """For a run."""
        return Outside(lambda: self.now_ms or now_ms(), self.pauses.append, self.said.append, lambda _: None)

    def sync(self, folder: Path, exchange: Exchange, source: Source = SOURCE, anew: bool = False) -> Synced:
        """One run."""
        return sync(folder, source, exchange, self.outside(), anew)


def until_past(second: int) -> None:
    """Waits until the clock shows a later second: ranges of time are of whole seconds."""
    while time.time() < second + 1:
        time.sleep(0.02)


class Listed:
    """An exchange that is a list of pages; a checkpoint is how many were had.

    `breaks`: before which page, counted from the beginning, what is raised, once each.
    """

    most_age_s = 0

    def __init__(self, *pages: Mapping[str, str | None], breaks: Mapping[int, BaseException] | None = None) -> None:
        self.list = list(pages)
        self.breaks = dict(breaks or {})
        self.begun: list[int] = []

    def pages(self, checkpoint: Checkpoint | None) -> Iterator[Page]:
        """Entry -> word that its MD5 is of; None for gone, empty for without a digest."""
        first = int(checkpoint["had"]) if checkpoint else 0
        self.begun.append(first)
        for at in range(first, len(self.list)):
            if at in self.breaks:
                raise self.breaks.pop(at)
            yield Page([_update(name, word) for name, word in self.list[at].items()], {"had": at + 1})

    def without_place(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """The beginning."""
        return None


def _update(name: str, word: str | None) -> Update:
    if word is None:
        return Update(name, None)
    return Update(name, {"md5": md5_of(word)}) if word else Update(name, {}, ("pdna",))
