"""What happens when."""

import heapq
from collections.abc import Callable


class Events:
    """Simulated time, in seconds, and what is to be called then. Of two at the same moment, the one put first."""

    def __init__(self) -> None:
        self.now = 0.0
        self.count = 0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """`what` is called so much later."""
        self._number += 1
        heapq.heappush(self._heap, (self.now + seconds, self._number, what))

    def run(self) -> None:
        """Until nothing is left to happen. `count`: of what happened."""
        while self._heap:
            self.now, _, what = heapq.heappop(self._heap)
            self.count += 1
            what()
