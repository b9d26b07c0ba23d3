"""Pages of an exchange, gathered into changes of a store."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sluice.hashes.change import MOST_OPS, Op
from sluice.hashes.sync.exchange import Page, Update
from sluice.hashes.sync.mapping import entry


@dataclass(slots=True)
class Counts:
    """What went into the store so far; an entry that an exchange told twice may count twice.

    `others`: kind -> digests that cannot be matched. `without`: entries without any that can; such an entry is
    removed, if it was there. `malformed`: digests that are none. `unread`: entries that the client
    did not understand.
    """

    pages: int = 0
    put: int = 0
    removed: int = 0
    without: int = 0
    malformed: int = 0
    unread: int = 0
    others: Counter[str] = field(default_factory=Counter)


class Batch:
    """Updates that are not in the store yet: the last one of each entry."""

    def __init__(self, bank: str, counts: Counts) -> None:
        self._bank = bank
        self._counts = counts
        self._updates: dict[str, Update] = {}

    def __len__(self) -> int:
        return len(self._updates)

    @property
    def full(self) -> bool:
        """Whether it should go into the store."""
        return len(self) >= MOST_OPS

    def take(self, page: Page) -> None:
        """Adds a page's updates."""
        self._counts.pages += 1
        self._counts.unread += page.unread
        for update in page.updates:
            # Last in, last out: an entry's newest update is the one that counts.
            self._updates.pop(update.id, None)
            self._updates[update.id] = update

    def emptied(self) -> Sequence[Op]:
        """What it had, as it goes into the store; it is counted."""
        updates, self._updates = self._updates, {}
        return [self._op(update) for update in updates.values()]

    def _op(self, update: Update) -> Op:
        counts = self._counts
        listed, malformed = entry(update.id, update.digests or {})
        counts.malformed += malformed
        counts.others.update(update.others)
        if listed is not None:
            counts.put += 1
        elif update.digests is None:
            counts.removed += 1
        else:
            counts.without += 1
        return Op(self._bank, update.id, listed)
