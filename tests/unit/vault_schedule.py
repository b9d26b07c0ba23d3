"""Several processes on one shelf, in every order that a seed comes up with: one of them runs at a time, and after
each thing that it asks of the shelf the dice say who goes on."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.unit.vault_shelf import MemoryShelf


@dataclass
class Schedule:
    """Who waits, and whose turn it is."""

    dice: random.Random
    changed: threading.Condition = field(default_factory=threading.Condition)
    waiting: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    turn: int = -1

    def wait(self, actor: int) -> None:
        """Until it is this one's turn."""
        with self.changed:
            self.waiting.add(actor)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.turn == actor)
            self.turn = -1
            self.waiting.discard(actor)

    def run(self, works: Sequence[Callable[[], None]]) -> None:
        """Until all have ended."""

        def one(actor: int, work: Callable[[], None]) -> None:
            try:
                self.wait(actor)
                work()
            finally:
                with self.changed:
                    self.ended.add(actor)
                    self.changed.notify_all()

        threads = [threading.Thread(target=one, args=each) for each in enumerate(works)]
        for thread in threads:
            thread.start()
        with self.changed:
            while len(self.ended) < len(works):
                self.changed.wait_for(lambda: self.turn == -1 and len(self.waiting | self.ended) == len(works))
                ready = sorted(self.waiting - self.ended)
                if ready:
                    self.turn = self.dice.choice(ready)
                    self.changed.notify_all()
        for thread in threads:
            thread.join()


@dataclass
class Shared(MemoryShelf):
    """The shelf as one actor has it."""

    schedule: Schedule | None = None
    actor: int = -1

    def _turn(self) -> None:
        # Lines of the audit log are read by threads of its own, for an actor whose turn it is.
        if self.schedule is not None and not threading.current_thread().name.startswith("ThreadPool"):
            self.schedule.wait(self.actor)

    def create_now(self, key: str, data: bytes) -> bool:
        self._turn()
        return super().create_now(key, data)

    def read_now(self, key: str, limit: int) -> bytes:
        self._turn()
        return super().read_now(key, limit)

    def keys_now(self, folder: str, after: str = "") -> list[str]:
        self._turn()
        return super().keys_now(folder, after)

    def delete_now(self, key: str) -> None:
        self._turn()
        super().delete_now(key)
