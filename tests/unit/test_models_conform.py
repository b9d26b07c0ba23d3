"""The conformance test for CSAM adapters: a good one passes, and each way to break the contract is found."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from sluice.check import Item, ModelInfo
from sluice.errors import TerminalError
from sluice.models import conform as conforming
from sluice.models.conform import Finding, conform, items
from sluice.models.csam import CsamAdapter
from tests.unit.csam_adapters import PlantedAdapter


async def tried(adapter: CsamAdapter) -> dict[str, Finding]:
    async def opened() -> CsamAdapter:
        return adapter

    return {finding.name: finding for finding in await conform(opened)}


async def test_a_good_adapter_passes_everything_and_is_closed() -> None:
    adapter = PlantedAdapter()
    found = await tried(adapter)
    assert len(found) == 10
    assert [finding.detail for finding in found.values()] == [""] * 10
    assert all(finding.shown for finding in found.values())
    assert adapter.closed == 1


class Nameless(PlantedAdapter):
    def info(self) -> ModelInfo:
        return ModelInfo("x", "1", b"short")


class OneTooFew(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        return list(await super().score(items))[1:]


class NotANumber(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        return [math.nan for _ in items]


class Percent(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        return [100 * score for score in await super().score(items)]


class Alarmist(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        await super().score(items)
        return [0.9 for _ in items]


class Moody(PlantedAdapter):
    calls = 0

    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        self.calls += 1
        return [score + 0.01 * self.calls for score in await super().score(items)]


class Sociable(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        return [score + 0.01 * len(items) for score in await super().score(items)]


class Muddled(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        return sorted(await super().score(items))


class Careless(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        return [0.01 for _ in items]


class Raw(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        try:
            return await super().score(items)
        except TerminalError as error:
            raise ValueError("what was in the picture") from error


class Alone(PlantedAdapter):
    busy = False

    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        if self.busy:
            raise TerminalError("one call at a time")
        self.busy = True
        await asyncio.sleep(0.001)
        self.busy = False
        return await super().score(items)


class Stubborn(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)
        return await super().score(items)


class Blind(PlantedAdapter):
    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        await super().score(items)
        return [0.01 for _ in items]


@pytest.mark.parametrize(
    ("kind", "name", "detail"),
    [
        (Nameless, "says name, version, and a digest of 32 bytes", "it says"),
        (OneTooFew, "gives one score from 0 to 1 per picture", "gave 0 scores for 1 pictures"),
        (NotANumber, "gives one score from 0 to 1 per picture", "not a number from 0 to 1"),
        (Percent, "scores its own trial picture at 0.5 or more", "not a number from 0 to 1"),
        (Alarmist, "scores pictures drawn by code under 0.5", "got 0.900"),
        (Moody, "gives the same score again", "changes by 0.01 between two calls"),
        (Sociable, "does not let one picture's score depend on others", "changes by 0.04"),
        (Muddled, "keeps the order", "changes by 0.96 with its place"),
        (Careless, "refuses what it cannot read", "got a score"),
        (Raw, "refuses what it cannot read", "ValueError, where RetryableError or TerminalError should"),
        (Alone, "answers calls that overlap", "one call at a time"),
        (Alone, "lets a call be cancelled", "one call at a time"),
        (Stubborn, "lets a call be cancelled", "still ran"),
        (Blind, "scores its own trial picture at 0.5 or more", "it got 0.010"),
    ],
)
async def test_a_broken_promise_is_found(
    kind: Callable[[], CsamAdapter], name: str, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conforming, "CANCEL_SECONDS", 0.1)
    finding = (await tried(kind()))[name]
    assert not finding.shown
    assert finding.required
    assert detail in finding.detail
    assert "what was in the picture" not in finding.detail


async def test_an_adapter_without_a_trial_picture_is_said_to_be_unshown() -> None:
    class Untried(PlantedAdapter):
        def trial(self) -> Item | None:
            return None

    found = list((await tried(Untried())).values())
    assert [finding.shown for finding in found] == [True] * 9 + [False]
    assert not found[-1].required
    assert found[-1].detail == "not shown: it has no trial picture"


def test_the_pictures_are_five_different_ones_as_the_host_hands_them_over() -> None:
    given = items()
    assert len({item.digests.sha256 for item in given}) == 5
    assert all(item.rendition is not None and len(item.digests.pdq) == 8 for item in given)
    assert replace(given[0], content_id="") == replace(items()[0], content_id="")
