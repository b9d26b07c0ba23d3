"""A store as it is from moment to moment: what is added or removed counts at the next look.

A merge puts a new base in place. Its reader goes on with the old base and the changes since, also those that come
into the new delta (it begins with what the merge did not take in), until the new base has been read and verified; so
nothing is late, and nothing is missed, while a large file is being looked at.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from sluice.errors import SluiceError
from sluice.hashes.banks import MOST_BYTES, Bank, read_banks
from sluice.hashes.change import Change, HashStoreError
from sluice.hashes.current import BANKS, Current, read_current
from sluice.hashes.delta import ANEW
from sluice.hashes.opened import Loaded, OpenBase, OpenDelta, list_digest, refuse_undescribed
from sluice.hashes.view import Base, Layer, View

_TRIES = 5
"""A merge may remove a file between the look at `current.json` and its opening; five merges in a row do not."""


_AGAIN_SECONDS = 5.0
"""Until a base is opened once more that the system would not let us read."""


class ClosedError(SluiceError):
    """The index was closed while a new base was being verified."""


class _Next:
    """The generation that is being opened beside the one in use."""

    def __init__(self, current: Current, delta: OpenDelta, base: Future[OpenBase]) -> None:
        self.current = current
        self.delta = delta
        self.base = base
        self.changes: list[Change] = []
        """All that the new delta has had so far."""
        self.trouble = ""
        """Why the base was not opened when that was last tried."""
        self.again = 0.0
        """When to try again, by the monotonic clock."""


class LiveIndex:
    """A store's reader. Any thread may take `view`, at any time; one at a time calls `look`."""

    def __init__(self, folder: Path, engine: str = "", beside: View | None = None) -> None:
        """Opens the store. `beside`: lists that do not change, searched with it; its banks' names are taken.

        Raises HashStoreError, HashFileError or OSError for a store that is missing or of no use, ConfigError for a
        bad `banks.yaml`.
        """
        self._folder = folder
        self._engine = engine
        self._beside = beside or View()
        self._closed = threading.Event()
        self._pool = ThreadPoolExecutor(1, "hash-base")
        self._next: _Next | None = None
        self._unverified: Loaded | None = None
        self._verified: Future[None] | None = None
        self._banks_data = b""
        self._banks: Mapping[str, Bank] = {}
        self.trouble = ""
        """Why the store's newest content is not in use; empty while it is."""
        self.spoiled = False
        """Whether the delta's last record was not what was written (`delta.spoiled`) at the last look; it does not
        count then."""
        self._read_banks()
        self._current, self._delta, self._loaded = self._open(verified=False)
        self._unverified = self._loaded
        self._of: tuple[object, ...] = ()
        self.view = View()
        """What counts now. Take it once per piece of work."""
        try:
            self._show()
            self._look_behind()
        except (SluiceError, OSError):
            self.close()
            raise

    def look(self) -> bool:
        """Sees what changed since the last time; says whether the view is another. Raises nothing: see `trouble`."""
        before = self.view
        steps = (self._read_banks, self._follow, self._show, self._look_behind, self._verify)
        troubles = [self._try(step) for step in steps]
        self.trouble = "; ".join(trouble for trouble in (*troubles, self._base_trouble()) if trouble)
        return self.view is not before

    @property
    def waiting(self) -> bool:
        """Whether a new base is being verified. The old one and all changes count meanwhile."""
        return self._next is not None

    @property
    def unread_bytes(self) -> int:
        """At the end of the delta: being written, or left by a writer that died; the next writer cuts it off."""
        return self._newest[1].unread_bytes

    @property
    def delta_bytes(self) -> int:
        """Of whole records."""
        return self._newest[1].place.offset

    @property
    def loaded(self) -> Loaded:
        """The base in use and what changed since."""
        return self._loaded

    def present(self) -> set[str]:
        """Banks of the store that have entries."""
        loaded = self._loaded
        newer = {bank for (bank, _), listed in loaded.overlay.latest.items() if listed is not None}
        return newer | {name for name, count in loaded.base.entries.items() if count}

    def close(self) -> None:
        """Lets go of the files. Views that were taken go on."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._drop_next()
        self._delta.close()

    def _try(self, step: Callable[[], None]) -> str:
        """What went wrong. What one step cannot do keeps none of the others."""
        try:
            step()
        except FileNotFoundError:
            # A merge was faster: the next look sees its files. Where they are gone for good, it says so again.
            return f"{self._folder}: files of the store are missing"
        except (SluiceError, OSError) as error:
            return str(error)
        return ""

    def _base_trouble(self) -> str:
        return self._next.trouble if self._next is not None else ""

    def _look_behind(self) -> None:
        self.spoiled = self._newest[1].spoiled

    def _verify(self) -> None:
        """The base that was there at the start is read whole in a thread of its own: opening it takes no time, and
        damage inside it would be matches that are missed in silence."""
        loaded = self._unverified
        if loaded is None:
            return
        snapshot = loaded.base.snapshot
        if loaded is not self._loaded or snapshot is None:
            self._unverified = self._verified = None
        elif self._verified is None:
            self._verified = self._pool.submit(snapshot.verify, self._go_on)
        elif self._verified.done():
            error = self._verified.exception()
            if error is None:
                self._unverified = self._verified = None
                return
            what = str(error) if isinstance(error, SluiceError) else type(error).__name__
            raise HashStoreError(f"{self._folder / self._current.base}: {what}: {ANEW}")

    @property
    def _newest(self) -> tuple[Current, OpenDelta]:
        following = self._next
        return (following.current, following.delta) if following is not None else (self._current, self._delta)

    def _read_banks(self) -> None:
        path = self._folder / BANKS
        if not path.exists():
            raise HashStoreError(f"{path} is missing: it describes the store's banks")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if data == self._banks_data:
            return
        banks = read_banks(path, data)
        if taken := sorted(banks.keys() & self._beside.banks.keys()):
            raise HashStoreError(f"{path}: the name {taken[0]} belongs to another bank")
        self._banks, self._banks_data = banks, data

    def _open(self, verified: bool) -> tuple[Current, OpenDelta, Loaded]:
        """What `current.json` names now."""
        tries = _TRIES
        while True:
            tries -= 1
            try:
                return self._opened(verified)
            except FileNotFoundError:
                if not tries:
                    raise

    def _opened(self, verified: bool) -> tuple[Current, OpenDelta, Loaded]:
        current = read_current(self._folder)
        if current is None:
            raise HashStoreError(f"{self._folder} is no store of hashes: `sluice hashes build` makes one")
        delta = OpenDelta(self._folder, current)
        try:
            base = OpenBase.of(self._folder, current, self._engine, self._go_on if verified else None)
            loaded = Loaded(base, self._engine)
            while changes := delta.more():
                loaded.take(changes)
        except (SluiceError, OSError):
            delta.close()
            raise
        return current, delta, loaded

    def _follow(self) -> None:
        current = read_current(self._folder)
        if current is None:
            raise HashStoreError(f"{self._folder} is no store of hashes any more")
        newest, delta = self._newest
        if current == newest:
            self._take(delta)
        elif current.generation == newest.generation + 1 and self._read_out(delta):
            # Nobody appends to the old delta any more: read to its end, it and the new one say everything.
            self._begin(current)
            self._take(self._newest[1])
        else:
            self._adopt(*self._open(verified=True))
        following = self._next
        if following is not None and following.base.done():
            self._settle(following)

    def _read_out(self, delta: OpenDelta) -> bool:
        """Whether a delta could be read to its end. Where it is damaged, the store was built anew without it."""
        try:
            self._take(delta)
        except HashStoreError:
            return False
        return True

    def _take(self, delta: OpenDelta) -> None:
        before, taken = delta.place, False
        try:
            changes = delta.more()
            if changes:
                self._loaded.take(changes)
                if self._next is not None:
                    self._next.changes.extend(changes)
            taken = True
        finally:
            if not taken:
                # What was read and not counted in is read again.
                delta.place = before

    def _settle(self, following: _Next) -> None:
        """The new base was opened, or it was not."""
        error = following.base.exception()
        if error is None:
            self._finish(following)
        elif not following.trouble:
            known = isinstance(error, SluiceError | OSError)
            following.trouble = str(error) if known else f"the new base: {type(error).__name__}"
            following.again = time.monotonic() + _AGAIN_SECONDS
        elif isinstance(error, OSError) and time.monotonic() >= following.again:
            # Of the system's errors some pass; a file that is damaged stays so.
            following.again = time.monotonic() + _AGAIN_SECONDS
            following.base = self._pool.submit(self._load, following.current)

    def _begin(self, current: Current) -> None:
        """Opens the new base in a thread of its own."""
        delta = OpenDelta(self._folder, current)
        self._drop_next()
        self._next = _Next(current, delta, self._pool.submit(self._load, current))

    def _load(self, current: Current) -> OpenBase:
        return OpenBase.of(self._folder, current, self._engine, self._go_on)

    def _finish(self, following: _Next) -> None:
        loaded = Loaded(following.base.result(), self._engine)
        loaded.take(following.changes)
        self._next = None
        self._adopt(following.current, following.delta, loaded)

    def _adopt(self, current: Current, delta: OpenDelta, loaded: Loaded) -> None:
        self._drop_next()
        self._delta.close()
        self._current, self._delta, self._loaded = current, delta, loaded

    def _drop_next(self) -> None:
        if self._next is not None:
            self._next.delta.close()
            self._next = None

    def _go_on(self, _done: int, _whole: int) -> None:
        if self._closed.is_set():
            raise ClosedError("closed")

    def _show(self) -> None:
        """Makes the view, where it would be another."""
        current, delta = self._newest
        of = (self._loaded, self._loaded.overlay, delta.place, self._banks)
        if of == self._of:
            return
        loaded, chain = self._loaded, delta.place.chain
        refuse_undescribed(loaded, self._banks, self._folder / BANKS)
        layers: list[Layer] = [loaded.overlay, *self._beside.layers]
        if loaded.base.snapshot is not None:
            layers.insert(0, Base(loaded.base.snapshot, loaded.base.banks, loaded.overlay.latest))
        described = {name: (bank, list_digest(chain, bank)) for name, bank in self._banks.items()}
        banks = {**self._beside.banks, **described}
        self.view = View(banks, layers, chain, current.generation, dict(loaded.fresh))
        self._of = of
