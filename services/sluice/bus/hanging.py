"""Transactions that nobody will ever end: how they are told from ones that are merely open.

A transaction hangs when its coordinator holds it for ended and a partition never got the marker that says so. Readers
of committed records stay in front of its first record for ever, and so does a worker that waits for its group's
offsets to be stable. Nothing says "this hangs"; what can be seen is a place that stands still for longer than any
transaction of ours may last. `Watch` judges that from looks taken over time (`hanging_look.py` takes them).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from sluice.bus.clients import TRANSACTION_TIMEOUT_MS

PATIENCE_SECONDS: Final = TRANSACTION_TIMEOUT_MS / 1000 + 15
"""How long a place must stand still: the transaction timeout of our producers, after which the coordinator ends what
is open, the interval at which it looks (10 s by default), and 5 s for the markers."""


@dataclass(frozen=True, slots=True, order=True)
class LogEnd:
    """The end of a partition, as readers of committed records see it."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"


@dataclass(frozen=True, slots=True, order=True)
class GroupOffset:
    """What a consumer group has committed for a partition."""

    group: str
    topic: str
    partition: int

    def __str__(self) -> str:
        return f"the offset of {self.group} in {self.topic}[{self.partition}]"


Place: TypeAlias = LogEnd | GroupOffset


@dataclass(frozen=True, slots=True)
class State:
    """A place at one moment.

    `offset`: the last stable offset of a log, the committed offset of a group (-1: none). `note`: the metadata
    committed with it. `held`: an open transaction stands in the way. `behind`: records of a log beyond the stable
    offset, control records included.
    """

    offset: int
    held: bool
    behind: int = 0
    note: str = ""

    def stands_at(self, other: "State") -> bool:
        """Whether the place has not moved between the two."""
        return (self.offset, self.note) == (other.offset, other.note)


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that an open transaction has held for `seconds` without moving."""

    place: Place
    state: State
    seconds: float


class Watch:
    """Remembers since when each place has stood still."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        """`patience`: seconds after which a place that stands still counts as hanging."""
        self._patience = patience
        self._still: dict[Place, tuple[float, State]] = {}
        self._began: float | None = None
        self._now = 0.0

    def see(self, at: float, look: Mapping[Place, State]) -> None:
        """Takes in a look. `at`: seconds on any clock that never goes back. A place left out is forgotten."""
        self._now = at
        self._began = at if self._began is None else self._began
        still: dict[Place, tuple[float, State]] = {}
        for place, state in look.items():
            if state.held:
                since, before = self._still.get(place, (at, state))
                still[place] = (since if state.stands_at(before) else at, state)
        self._still = still

    def undecided(self) -> bool:
        """Whether a place that was held at the first look has not moved since, and not for long enough to say more.

        On a busy broker some transaction is open at every look; those that came after the first are another watch's.
        """
        waiting = self._now - (self._began or 0.0) < self._patience
        return waiting and any(since == self._began for since, _ in self._still.values())

    def findings(self) -> list[Finding]:
        """The places that have stood still for as long as the patience lasts."""
        return [
            Finding(place, state, self._now - since)
            for place, (since, state) in sorted(self._still.items(), key=lambda item: str(item[0]))
            if self._now - since >= self._patience
        ]
