"""The lane and the deadline of a batch reach the engine past the check, which knows of neither."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pytest

from sluice.check import Check, Example, Item, Kind, ModelInfo, Result
from sluice.deadline import Deadline
from sluice.host.batching import Batcher
from sluice.models.asking import Asking, asking, now_asking
from sluice.settings import Reader, Settings
from sluice.telemetry.logging import Log


class Curious(Check):
    """Notes how it is asked, where an engine would: in a thread of a task of its own."""

    name = "curious"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.TEXT})
    batch_wait_ms = 20

    def __init__(self) -> None:
        self.asked: list[tuple[int, Asking]] = []

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> "Curious":
        return cls()

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        (found,) = await asyncio.gather(asyncio.to_thread(now_asking))
        self.asked.append((len(items), found))
        return [Result() for _ in items]

    def models(self) -> Sequence[ModelInfo]:
        return ()

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return ()


def test_who_says_nothing_is_not_urgent() -> None:
    assert now_asking() == Asking(urgent=False, deadline=None)
    with asking(urgent=True):
        assert now_asking().urgent
    assert not now_asking().urgent


@pytest.mark.parametrize(
    ("lanes", "urgent"), [((True,), False), ((False,), True), ((True, True), False), ((True, False), True)]
)
async def test_a_batch_is_as_urgent_as_its_most_urgent_item(lanes: tuple[bool, ...], urgent: bool) -> None:
    check = Curious()
    batcher = Batcher(check, 8, Log("test"))
    batcher.start()
    deadlines = [Deadline.after(20 + number) for number in range(len(lanes))]
    item = Item("c0", Kind.TEXT)
    await asyncio.gather(
        *(batcher.submit(item, deadline, bulk) for bulk, deadline in zip(lanes, deadlines, strict=True))
    )
    await batcher.close()
    assert check.asked == [(len(lanes), Asking(urgent, max(deadlines)))]
