"""Which of many alike are shown, and for how many each stands. Pure: whoever calls says what time it is."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sample(Generic[K, T]):
    """One to show. `stands_for`: how many of its kind came since the one before, itself included."""

    kind: K
    item: T
    stands_for: int


@dataclass(slots=True)
class _Held(Generic[T]):
    since_ms: int
    count: int = 0
    last: T | None = None


class Sampler(Generic[K, T]):
    """Shows the first of each kind at once, and then one per window for as long as more come.

    A kind is forgotten after a window in which none came. The numbers of all samples of a kind add up to how many
    came, once `rest` has been called. At most `most` kinds are told apart: what comes beyond is of the coarser kind
    that the caller names, and of those there must be few.
    """

    def __init__(self, window_ms: int, most: int) -> None:
        self._window_ms = window_ms
        self._most = most
        self._held: dict[K, _Held[T]] = {}

    def add(self, kind: K, coarse: K, item: T, now_ms: int) -> Sample[K, T] | None:
        """One that came; what is to be shown of it now. `now_ms`: of a clock that does not go back."""
        if kind not in self._held and len(self._held) >= self._most:
            kind = coarse
        held = self._held.get(kind)
        if held is None:
            self._held[kind] = _Held(now_ms)
            return Sample(kind, item, 1)
        held.count += 1
        held.last = item
        return self._show(kind, held, now_ms) if now_ms - held.since_ms >= self._window_ms else None

    def due(self, now_ms: int) -> list[Sample[K, T]]:
        """What has been held back for a window. Call it now and then."""
        shown: list[Sample[K, T]] = []
        for kind, held in list(self._held.items()):
            if now_ms - held.since_ms < self._window_ms:
                continue
            sample = self._show(kind, held, now_ms)
            if sample is None:
                del self._held[kind]
            else:
                shown.append(sample)
        return shown

    def rest(self) -> list[Sample[K, T]]:
        """Everything that is held back; nothing is remembered."""
        left = [self._show(kind, held, held.since_ms) for kind, held in self._held.items()]
        self._held = {}
        return [sample for sample in left if sample is not None]

    def _show(self, kind: K, held: _Held[T], now_ms: int) -> Sample[K, T] | None:
        if held.last is None:
            return None
        sample = Sample(kind, held.last, held.count)
        held.since_ms, held.count, held.last = now_ms, 0, None
        return sample
