"""One run: what changed at an exchange since the last one, into the store, in an order that a kill cannot upset.

Changes are on the disk before the checkpoint that they lead to is; so a run that ends anywhere begins again with what
may be there already, and adding an entry again changes nothing. That the bank is fresh is said last.

A checkpoint is good for the store that it was written for. A bank that was emptied, built from a file, or is of an
older copy of the store, is fetched whole, and what the exchange does not list any more is removed at the end.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sluice.errors import RetryableError, TerminalError
from sluice.hashes.change import MOST_OPS, Change, Op, StoreBusyError
from sluice.hashes.compact import compact
from sluice.hashes.current import read_current
from sluice.hashes.locks import locked
from sluice.hashes.store import MERGE_BYTES, append
from sluice.hashes.sync.batch import Batch, Counts
from sluice.hashes.sync.exchange import Checkpoint, Exchange, Page, PlaceLostError
from sluice.hashes.sync.held import held_ids, held_says
from sluice.hashes.sync.sources import Source
from sluice.hashes.sync.state import State, read_state, write_state

MOST_TRIES = 6
"""In a row without a page, before a run gives up."""

_MOST_PAUSE_S = 60.0
_MOST_DELTA_BYTES = 8 * MERGE_BYTES

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outside:
    """What a run needs of the world. `pause`: waits so many seconds. `now_ms`: since the epoch. `tell`: says now and
    then how far it is; `say`: says what a person should know."""

    now_ms: Callable[[], int]
    pause: Callable[[float], None]
    say: Say
    tell: Say


@dataclass(frozen=True, slots=True)
class Synced:
    """`whole`: why everything was fetched; empty for what changed only. `swept`: entries that the exchange lists no
    more. `retries`: times that it did not answer."""

    counts: Counts
    whole: str
    swept: int
    retries: int
    fresh_ms: int
    merged: bool


def sync(folder: Path, source: Source, exchange: Exchange, outside: Outside, anew: bool = False) -> Synced:
    """Brings a source's bank up to date. `anew`: fetch everything.

    Raises what `Exchange.pages` raises, StoreBusyError where another run of this source goes on, HashStoreError,
    HashFileError, ConfigError, OSError. What came until then is in the store.
    """
    with locked(folder, f"sync-{source.name}.lock", 0.5):
        # Makes the store where there is none, and refuses a bank that nobody describes.
        append(folder, ())
        return _Run(folder, source, exchange, outside, anew).go()


class _Run:
    def __init__(self, folder: Path, source: Source, exchange: Exchange, outside: Outside, anew: bool) -> None:
        self._folder, self._source, self._exchange, self._outside = folder, source, exchange, outside
        self._begun_ms = outside.now_ms()
        self._fresh_ms, present = held_says(folder, source.bank)
        before = read_state(folder, source.name)
        self._whole = self._why_whole(before, present, anew)
        state = before if not self._whole else None
        # A first run of an empty bank has nothing to sweep, so it may go on where it was ended.
        self._sweeps = bool(self._whole) and present
        self._checkpoint: Checkpoint | None = state.checkpoint if state is not None else None
        self._entries = state.entries if state is not None else 0
        self._seen: set[str] = set()
        self._counts = Counts()
        self._batch = Batch(source.bank, self._counts)
        self._retries = 0
        self._merged = False

    def go(self) -> Synced:
        if self._whole:
            self._outside.say(f"{self._source.name}: fetching everything: {self._whole}")
        for page in self._pages():
            self._batch.take(page)
            self._checkpoint = page.checkpoint
            if self._batch.full:
                self._flush()
            self._tell(page)
        self._flush()
        if self._sweeps and not self._seen:
            # As with `build`: an exchange that answers with nothing is in trouble more often than it is empty.
            raise TerminalError(
                f"the exchange lists nothing, and bank {self._source.bank} has entries: none was removed. If that is "
                f"right, `sluice hashes remove {self._source.bank} --all` and sync again"
            )
        swept = self._sweep() if self._sweeps else 0
        self._finish()
        return Synced(self._counts, self._whole, swept, self._retries, self._begun_ms, self._merged)

    def _pages(self) -> Iterator[Page]:
        """All pages, asking again where the exchange does not answer, from behind the last page that came."""
        tries = 0
        while True:
            try:
                for page in self._exchange.pages(self._checkpoint):
                    tries = 0
                    yield page
            except PlaceLostError as error:
                self._flush()
                if self._checkpoint is None:
                    raise
                tries = self._again(error, tries)
                self._checkpoint = self._exchange.without_place(self._checkpoint)
            except RetryableError as error:
                self._flush()
                tries = self._again(error, tries)
            except TerminalError:
                self._flush()
                raise
            else:
                return

    def _again(self, error: RetryableError, tries: int) -> int:
        if isinstance(error, StoreBusyError) or tries + 1 >= MOST_TRIES:
            raise error
        seconds = min(_MOST_PAUSE_S, 2.0**tries)
        self._retries += 1
        self._outside.say(f"{self._source.name}: {error}; trying again in {seconds:g} s")
        self._outside.pause(seconds)
        return tries + 1

    def _why_whole(self, state: State | None, present: bool, anew: bool) -> str:
        if anew:
            return "as asked for"
        if state is None:
            return "it was never fetched"
        if state.identity != self._source.identity:
            return "sources.yaml names another list"
        if self._fresh_ms not in (state.fresh_ms, state.fresh_before_ms) or (state.entries and not present):
            return "the bank was changed by other means"
        if self._exchange.most_age_s and self._begun_ms - state.at_ms > 1000 * self._exchange.most_age_s:
            return "the last run is so long ago that removals may have been forgotten"
        return ""

    def _flush(self) -> None:
        """What was gathered goes into the store; only then is the place behind it saved."""
        ops = self._batch.emptied()
        put = [op.id for op in ops if op.listed is not None]
        if self._sweeps:
            self._seen.update(put)
        self._append(ops)
        self._entries += len(put)
        if self._checkpoint is not None and not self._sweeps:
            self._save(self._checkpoint, self._fresh_ms)

    def _append(self, ops: Sequence[Op]) -> None:
        left = iter(ops)
        while some := tuple(islice(left, MOST_OPS)):
            done = append(self._folder, [Change(self._outside.now_ms(), some)])
            if done.delta_bytes > self._merge_at():
                self._merge()

    def _sweep(self) -> int:
        gone = [one for one in held_ids(self._folder, self._source.bank) if one not in self._seen]
        self._append([Op(self._source.bank, one, None) for one in gone])
        return len(gone)

    def _finish(self) -> None:
        # A state whose freshness the store does not have yet is good all the same: it knows the one before.
        self._save(self._checkpoint or {}, self._begun_ms)
        append(self._folder, [Change(self._outside.now_ms(), (), {self._source.bank: self._begun_ms})])

    def _save(self, checkpoint: Checkpoint, fresh_ms: int) -> None:
        now = self._outside.now_ms()
        state = State(self._source.identity, checkpoint, now, self._entries, fresh_ms, self._fresh_ms)
        write_state(self._folder, self._source.name, state)

    def _merge_at(self) -> int:
        """Bytes of a delta that is merged: so much that merging stays a small part of the work."""
        current = read_current(self._folder)
        base = (self._folder / current.base).stat().st_size if current is not None and current.base else 0
        return min(max(MERGE_BYTES, base // 4), _MOST_DELTA_BYTES)

    def _merge(self) -> None:
        try:
            compact(self._folder)
        except StoreBusyError:
            return
        self._merged = True

    def _tell(self, page: Page) -> None:
        counts = self._counts
        until = f", up to {datetime.fromtimestamp(page.until_s, UTC):%Y-%m-%d %H:%M} UTC" if page.until_s else ""
        self._outside.tell(
            f"{self._source.name}: {counts.put} entries and {counts.removed} removals in {counts.pages} pages{until}"
        )
