"""Entries that suddenly match far above their usual rate: more often a mistake of a list than a change of the world.

A list may get an entry that many innocent pictures resemble, or the hash of a logo. Such an entry is quarantined: its
matches say so, and policy decides what that means. Nothing is taken back here, least of all in a bank of known CSAM.

Time is the requests' own, the latest that was seen. A process counts for itself, from its start: two replicas may
disagree, and a restart forgets.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from sluice.hashes.change import Key

MOST_ENTRIES = 10_000
"""That are counted: those that matched last."""

_SHARE = 0.1
"""Of the newest whole window in what is usual: about ten windows are remembered."""


@dataclass(frozen=True, slots=True)
class FloodSettings:
    """An entry is quarantined that matched `least` times within `window_ms`, and `times` as often as is usual for it;
    until `hold_ms` after the last time that held. `least` 0: no entry ever is."""

    least: int = 100
    times: int = 10
    window_ms: int = 600_000
    hold_ms: int = 3_600_000


@dataclass(slots=True)
class _Counted:
    """Matches of the window with that number, of the one before it, and of those before, newer ones weighing more.

    `seen_before`: whether there was one before, or the entry is new.
    """

    window: int
    now: int = 0
    before: int = 0
    seen_before: bool = False
    sum: float = 0.0
    weight: float = 0.0
    until_ms: int = 0

    @property
    def usual(self) -> float:
        """Matches in a window: the mean of those before the last two; 0 where there was none."""
        return self.sum / self.weight if self.weight else 0.0

    def enter(self, window: int) -> None:
        passed = window - self.window
        if passed <= 0:
            return
        if self.seen_before:
            self._remember(self.before)
        if passed > 1:
            self._remember(self.now)
            left = (1 - _SHARE) ** min(passed - 2, 1000)
            self.sum *= left
            self.weight = 1 - (1 - self.weight) * left
        self.seen_before = True
        self.before = self.now if passed == 1 else 0
        self.now = 0
        self.window = window

    def _remember(self, count: int) -> None:
        self.sum += _SHARE * (count - self.sum)
        self.weight += _SHARE * (1 - self.weight)


class Floods:
    """What was counted so far. Safe to use from several threads."""

    def __init__(self, settings: FloodSettings) -> None:
        self._settings = settings
        self._entries: OrderedDict[Key, _Counted] = OrderedDict()
        self._now_ms = 0
        self._lock = Lock()

    def matched(self, key: Key, at_ms: int) -> bool:
        """Counts a match; says whether the entry is in quarantine. `at_ms`: when the request came; 0: not known."""
        with self._lock:
            return bool(self._settings.least) and self._matched(key, at_ms)

    def quarantined(self) -> list[Key]:
        """The entries that are in quarantine now, sorted."""
        with self._lock:
            return sorted(key for key, counted in self._entries.items() if self._now_ms < counted.until_ms)

    def _matched(self, key: Key, at_ms: int) -> bool:
        settings = self._settings
        self._now_ms = max(self._now_ms, at_ms)
        window, into = divmod(self._now_ms, settings.window_ms)
        counted = self._entries.setdefault(key, _Counted(window))
        self._entries.move_to_end(key)
        if len(self._entries) > MOST_ENTRIES:
            self._entries.popitem(last=False)
        counted.enter(window)
        counted.now += 1
        # As if those of the window before were spread evenly over it.
        lately = counted.now + counted.before * (1 - into / settings.window_ms)
        if lately >= settings.least and lately >= settings.times * counted.usual:
            counted.until_ms = self._now_ms + settings.hold_ms
        return self._now_ms < counted.until_ms
