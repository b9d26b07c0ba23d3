"""A check for tests of the host: it does what each item's text says."""

import asyncio
import math
from collections.abc import Sequence
from typing import Self

from sluice.check import Check, Example, Item, Kind, ModelInfo, Result
from sluice.errors import RetryableError, TerminalError
from sluice.settings import Reader, Settings


class ObedientCheck(Check):
    """fine -> OK; terminal, bug -> raises; nan -> NaN; flaky -> RetryableError twice; slow -> takes a moment;
    held -> waits for the gate."""

    name = "obedient"
    service_name = "obedient"
    kinds = frozenset({Kind.TEXT})
    max_batch = 4

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.together: list[tuple[str, ...]] = []
        self.moments: list[int] = []
        self.failures = 2
        self.gate = asyncio.Event()

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        return cls()

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        words = [item.text for item in items]
        self.batches.append(words)
        self.together += [item.together for item in items]
        self.moments += [item.at_ms for item in items]
        await asyncio.sleep(0.05 if "slow" in words else 0)
        if "held" in words:
            await self.gate.wait()
        if "bug" in words:
            raise ZeroDivisionError("a prompt that must not be seen")
        if "terminal" in words:
            raise TerminalError("cannot")
        if "flaky" in words and self.failures:
            self.failures -= 1
            raise RetryableError("not now")
        if "short" in words:
            return []
        return [Result(scores={"sexual": math.nan if word == "nan" else 0.5}) for word in words]

    def seen(self) -> list[str]:
        """Every word that it was asked about, in order."""
        return [word for batch in self.batches for word in batch]

    def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("obedient", "1", b"\x01" * 32)]

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return [Example("fine", item("fine"), lambda result: result.scores["sexual"] == 0.5)]


def item(text: str) -> Item:
    """A text item."""
    return Item("c0", Kind.TEXT, text=text, folded=text)
