"""What a service opened is asked and closed as one."""

import asyncio

import pytest

from sluice.errors import NotReadyError
from sluice.models.held import Held, hold, holding


class Engine:
    """Answers its probe as it is told."""

    def __init__(self, note: str = "", trouble: str = "") -> None:
        self.note, self.trouble = note, trouble
        self.closed = False

    @property
    def troubled(self) -> bool:
        return bool(self.trouble)

    async def probe(self) -> str:
        if self.trouble:
            raise NotReadyError(self.trouble)
        return self.note

    async def close(self) -> None:
        self.closed = True


async def test_what_is_opened_in_a_thread_is_held() -> None:
    held, engine, stranger = Held(), Engine(trouble="gone"), Engine(trouble="not ours")
    with holding(held):
        await asyncio.to_thread(hold, engine)
    hold(stranger)
    assert held.troubled
    with pytest.raises(NotReadyError, match=r"^gone$"):
        await held.probe()
    await held.close()
    assert (engine.closed, stranger.closed) == (True, False)
    assert not held.troubled


async def test_every_trouble_is_told() -> None:
    held = Held()
    for engine in (Engine("slow"), Engine(trouble="a is gone"), Engine(trouble="b is gone")):
        held.add(engine)
    with pytest.raises(NotReadyError, match=r"^a is gone; b is gone$"):
        await held.probe()


async def test_notes_are_no_trouble() -> None:
    held = Held()
    for engine in (Engine(), Engine("slow")):
        held.add(engine)
    assert await held.probe() == ("slow",)
    assert not held.troubled
