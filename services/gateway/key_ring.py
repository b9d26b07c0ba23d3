"""Keys that were looked up lately, so that not every call asks the database."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from gateway.auth import Finds
from gateway.keys import Key

KEPT_SECONDS: Final = 5.0
"""A key that was revoked opens nothing after so long."""
MOST: Final = 10_000


class KeyRing:
    """Keeps what was found, for a moment. What was not found is looked up each time. `clock`: seconds, monotonic."""

    def __init__(self, store: Finds, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[Key, float]] = OrderedDict()

    async def find(self, digest: bytes) -> Key | None:
        """The key of this digest, good or not. RetryableError where nobody can say."""
        held = self._kept.get(digest)
        if held is not None and self._clock() < held[1]:
            return held[0]
        found = await self._store.find(digest)
        if found is None:
            self._kept.pop(digest, None)
            return None
        self._kept[digest] = found, self._clock() + KEPT_SECONDS
        self._kept.move_to_end(digest)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return found
