"""A check that fails on purpose (`sluice.host.faults`), around one that works."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sluice.check import Check, Example, Health, Item, ModelInfo, Result, Status
from sluice.errors import TerminalError
from sluice.host.faults import VARIABLE, Faults
from sluice.refreshed import Refreshable
from sluice.settings import Reader, Settings


@dataclass(frozen=True, slots=True)
class _Place:
    """An item that is asked about in earnest, and where its answer goes."""

    index: int
    item: Item


class FaultyCheck(Check):
    """Errors or delays in front of a check. Its canary is answered as ever: what fails is the work, not the process.

    Whatever it answers with status OK is the check's own answer to that item.
    """

    def __init__(self, check: Check, faults: Faults) -> None:
        # Its class is of no check in particular, so what other checks have by class is the instance's own here: hence
        # the eight exceptions that the types are asked for.
        self.name = check.name  # type: ignore[misc]
        self.service_name = check.service_name  # type: ignore[misc]
        self.service = check.service  # type: ignore[misc]
        self.kinds = check.kinds  # type: ignore[misc]
        self.needs = check.needs  # type: ignore[misc]
        self.max_batch = check.max_batch  # type: ignore[misc]
        self.batch_wait_ms = check.batch_wait_ms  # type: ignore[misc]
        self.batches_at_once = check.batches_at_once  # type: ignore[misc]
        self._check = check
        self._faults = faults
        self._canary = check.examples()[0].item

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:  # noqa: ARG003 - it stands around one that is open
        """TerminalError: there is nothing to open."""
        raise TerminalError("a check that fails on purpose is made of one that is open")

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """The check's own results, later; or errors."""
        canaries = [_Place(index, item) for index, item in enumerate(items) if item == self._canary]
        work = len(canaries) < len(items)
        if work and self._faults.check_slow_ms:
            await asyncio.sleep(self._faults.check_slow_ms / 1000)
        if not work or not self._faults.check_error:
            return await self._check.run(items)
        results = [Result(Status.ERROR, detail=f"{VARIABLE}=check-error")] * len(items)
        if canaries:
            answers = await self._check.run([place.item for place in canaries])
            for place, answer in zip(canaries, answers, strict=True):
                results[place.index] = answer
        return results

    def models(self) -> Sequence[ModelInfo]:
        """Those of the check."""
        return self._check.models()

    def refreshed(self) -> Sequence[Refreshable]:
        """Those of the check."""
        return self._check.refreshed()

    def health(self) -> Health:
        """That of the check."""
        return self._check.health()

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """None: the check's own are asked by its type."""
        return ()

    async def close(self) -> None:
        """Closes the check."""
        await self._check.close()


def with_faults(check: Check, faults: Faults) -> Check:
    """The check as it fails; itself where nothing does."""
    return FaultyCheck(check, faults) if faults.check_error or faults.check_slow_ms else check
