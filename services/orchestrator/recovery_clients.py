"""The clients that a recovery reads the log with, and new ones where they stand still."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer

from sluice.bus.clients import TRANSACTION_TIMEOUT_MS

STUCK_SECONDS: Final = TRANSACTION_TIMEOUT_MS / 1000 + 15.0
"""A recovery that takes longer waits for something that does not end by itself: the transaction's timeout, and the
10 s (and some) at which brokers look for transactions that are over it."""
_MOST_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Clients:
    """`decisions` reads committed records; `ends` uncommitted ones; `group` is in the group, but is no member."""

    group: Consumer
    decisions: Consumer
    ends: Consumer

    def close(self) -> None:
        """Closes all of them."""
        for consumer in (self.group, self.decisions, self.ends):
            consumer.close()


class Renewed:
    """Clients that are replaced where nothing comes of them.

    A client can stand still for good once its broker was away (ADR 11), and then looks like one that waits for an
    open transaction. New clients do no harm to one that does, and help the other.
    """

    def __init__(self, make: Callable[[], Clients], patience: float = STUCK_SECONDS) -> None:
        """`patience`: seconds without getting on after which there are new ones; twice as long after each time."""
        self._make = make
        self._patience = patience
        self._waits = patience
        self._seen: Hashable = None
        self._since = 0.0
        self.now = make()

    def stands(self, now: float, state: Hashable) -> bool:
        """Whether it is time for new ones. `now`: seconds of a monotonic clock. `state`: how far their work is."""
        if state != self._seen:
            self._seen, self._since, self._waits = state, now, self._patience
        return now - self._since > self._waits

    def renew(self, now: float) -> None:
        """Makes new ones. The old ones are closed on a thread that nobody waits for: they may never return."""
        threading.Thread(target=self.now.close, name="closing", daemon=True).start()
        self.now = self._make()
        self._since = now
        self._waits = min(2 * self._waits, _MOST_SECONDS)
