"""How often something happened in the last window, and in the time before it. Pure; memory is bounded."""

WINDOW_SLOTS = 6
_USUAL_SLOTS = 12


class Slots:
    """What tallies count by. `ms`: a slot, a sixth of a window. `per_usual`: slots in a twelfth of the usual."""

    __slots__ = ("ms", "per_usual")

    def __init__(self, window_ms: int, usual_ms: int) -> None:
        self.ms = max(1, window_ms // WINDOW_SLOTS)
        self.per_usual = max(1, -(-usual_ms // (self.ms * _USUAL_SLOTS)))


class Tally:
    """Counts by the slot of time in which they fell.

    `recent`: in the newest six slots, the current one included. `usual`: in the time before those, whose oldest
    twelfth is forgotten at once.
    """

    __slots__ = ("_at", "_per_usual", "_recent", "_usual", "_usual_at", "recent", "usual")

    def __init__(self, slots: Slots) -> None:
        self.recent = 0
        self.usual = 0
        self._per_usual = slots.per_usual
        self._at = 0
        self._usual_at = 0
        self._recent = [0] * WINDOW_SLOTS
        self._usual = [0] * _USUAL_SLOTS

    def add(self, at: int) -> None:
        """Counts one. `at`: the slot that time has come to, since the epoch; it never falls back."""
        if at != self._at:
            self.forward(at)
        self._recent[at % WINDOW_SLOTS] += 1
        self.recent += 1

    def forward(self, at: int) -> None:
        """Lets time come to the slot `at`."""
        before = self._at
        self._at = at
        # What lies in a slot leaves the window when that slot's place is needed again.
        for slot in range(before + 1, min(at, before + WINDOW_SLOTS) + 1):
            place = slot % WINDOW_SLOTS
            count = self._recent[place]
            if count:
                self._recent[place] = 0
                self.recent -= count
                self._forward_usual(slot // self._per_usual)
                self._usual[self._usual_at % _USUAL_SLOTS] += count
                self.usual += count
        self._forward_usual(at // self._per_usual)

    def _forward_usual(self, at: int) -> None:
        before = self._usual_at
        self._usual_at = at
        for slot in range(before + 1, min(at, before + _USUAL_SLOTS) + 1):
            place = slot % _USUAL_SLOTS
            self.usual -= self._usual[place]
            self._usual[place] = 0
