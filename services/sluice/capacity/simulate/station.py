"""One replica of a service: a queue, and places to work at, as `sluice.host.batching` has them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sluice.capacity.simulate.events import Events
from sluice.capacity.simulate.machine import Machine


@dataclass(slots=True)
class _Item:
    work: float
    deadline: float
    done: Callable[[bool], None]


class Station:
    """`at_once`: batches worked at a time; `max_batch`: items of one; `batch_wait`: seconds that a place waits for
    more where there are fewer; `per_batch`: of each item's work, what the others of its batch share."""

    def __init__(
        self,
        events: Events,
        machine: Machine,
        at_once: int = 1,
        max_batch: int = 1,
        batch_wait: float = 0.0,
        per_batch: float = 0.0,
    ) -> None:
        self._events = events
        self._machine = machine
        self._places = at_once
        self._most = max_batch
        self._wait = batch_wait
        self._shared = per_batch
        self._waiting: deque[_Item] = deque()
        self._gathering = False
        self.worked = 0.0
        """CPU seconds of what was begun."""
        self.batches = 0
        self.items = 0

    def submit(self, work: float, deadline: float, done: Callable[[bool], None]) -> None:
        """`done` is told whether it was answered by `deadline`, a moment; what is begun is finished all the same."""
        self._waiting.append(_Item(work, deadline, done))
        self._serve()

    def read(self, work: float) -> None:
        """A record that is left alone: work beside the queue."""
        self.worked += work
        self._machine.start(work, lambda: None)

    def _serve(self) -> None:
        while self._waiting and self._places and not self._gathering:
            self._places -= 1
            if self._wait and len(self._waiting) < self._most:
                self._gathering = True
                self._events.after(self._wait, self._gathered)
                return
            self._begin()

    def _gathered(self) -> None:
        self._gathering = False
        self._begin()
        self._serve()

    def _begin(self) -> None:
        batch: list[_Item] = []
        while self._waiting and len(batch) < self._most:
            item = self._waiting.popleft()
            if item.deadline > self._events.now:
                batch.append(item)
            else:
                item.done(False)
        if not batch:
            self._places += 1
            return
        # The longest pays the batch's part, the others their own work.
        work = sum(item.work - min(item.work, self._shared) for item in batch)
        work += min(self._shared, max(item.work for item in batch))
        self.worked += work
        self.batches += 1
        self.items += len(batch)
        self._machine.start(work, lambda: self._finish(batch))

    def _finish(self, batch: list[_Item]) -> None:
        self._places += 1
        for item in batch:
            item.done(item.deadline >= self._events.now)
        self._serve()
