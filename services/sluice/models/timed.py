"""How long each inference takes, told to whoever asked for it while models were opened.

As with `sluice.models.held`: a check opens models and says nothing of how they run, so the host asks past the check.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sluice.models.engine import Arrays, Engine

Tell = Callable[[str, float], None]
"""(name of the model, seconds). May be called on several threads."""

_TELL: ContextVar[Tell] = ContextVar("sluice_timed")


class TimedEngine:
    """An engine that tells how long each call took, the failed ones too."""

    def __init__(self, engine: Engine, name: str, tell: Tell) -> None:
        self._engine = engine
        self._name = name
        self._tell = tell

    async def run(self, inputs: Arrays) -> Arrays:
        """See `Engine.run`."""
        begun = time.perf_counter()
        try:
            return await self._engine.run(inputs)
        finally:
            self._tell(self._name, time.perf_counter() - begun)


@contextmanager
def timing(tell: Tell) -> Iterator[None]:
    """Models that are opened inside, in this task and in threads that it waits for, are timed."""
    token = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(token)


def timed(engine: Engine, name: str) -> Engine:
    """The engine, timed where somebody asked for it."""
    tell = _TELL.get(None)
    return engine if tell is None else TimedEngine(engine, name, tell)
