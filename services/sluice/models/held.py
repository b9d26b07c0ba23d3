"""The models that a service opened, whichever check opened them: asked for their health, and let go, together.

A check opens models and says nothing of how they run. The host wants to ask each of them whether it still answers,
also those that the check's own canary never reaches (no face, no age). So what is opened while the host holds out its
hand is noted there (docs/adr/0016).
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from sluice.errors import NotReadyError, RetryableError


class Probed(Protocol):
    """An engine whose model can fail while this process is well."""

    @property
    def troubled(self) -> bool:
        """Whether the last calls failed."""
        ...

    async def probe(self) -> str:
        """A canary inference. A note for the log, or an empty text. Raises NotReadyError where there is no answer
        that can be relied on."""
        ...

    async def close(self) -> None:
        """Lets go of connections and memory."""
        ...


class Held:
    """What was opened."""

    def __init__(self) -> None:
        self._engines: list[Probed] = []

    def add(self, engine: Probed) -> None:
        """Notes an engine. May be called by several threads."""
        self._engines.append(engine)

    @property
    def troubled(self) -> bool:
        """Whether a probe is due before its time."""
        return any(engine.troubled for engine in self._engines)

    async def probe(self) -> tuple[str, ...]:
        """Asks every engine its canary, all at once. Notes for the log. Raises NotReadyError, which names every model
        in trouble."""
        answers = await asyncio.gather(*(_probe(engine) for engine in self._engines))
        troubles = [text for text, ready in answers if not ready]
        if troubles:
            raise NotReadyError("; ".join(troubles))
        return tuple(text for text, _ in answers if text)

    async def close(self) -> None:
        """Closes every engine. Nothing is held afterwards."""
        engines, self._engines = self._engines, []
        await asyncio.gather(*(engine.close() for engine in engines))


_HELD: ContextVar[Held] = ContextVar("sluice_held")


@contextmanager
def holding(held: Held) -> Iterator[None]:
    """What is opened inside, in this task and in threads that it waits for, is noted in `held`."""
    token = _HELD.set(held)
    try:
        yield
    finally:
        _HELD.reset(token)


def hold(engine: Probed) -> None:
    """Notes an engine where somebody asked for it; otherwise its opener alone has it."""
    held = _HELD.get(None)
    if held is not None:
        held.add(engine)


async def _probe(engine: Probed) -> tuple[str, bool]:
    try:
        return await engine.probe(), True
    except (NotReadyError, RetryableError) as error:
        return str(error), False
