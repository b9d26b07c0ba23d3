"""The CSAM slot: adapters are found by their entry point, and what is no score never passes for one."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from sluice.check import Item
from sluice.errors import NotReadyError, RetryableError
from sluice.models import csam
from sluice.models.csam import registered, scores_of
from sluice.models.csam_pack import open_adapter
from sluice.models.engine import EngineSettings
from tests.unit.csam_adapters import PlantedAdapter, stripes
from tests.unit.model_files import MODELS, settings


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider's package, as pip would have put it there."""
    info = tmp_path / "provider-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: provider\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[sluice.csam]\nplanted = tests.unit.csam_adapters:PlantedAdapter\nbroken = tests.unit.csam_adapters:Absent\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


async def open_it(name: str, **env: str) -> object:
    found, reader = settings(MODELS, **env)
    return await open_adapter(name, found, reader, EngineSettings())


@pytest.mark.usefixtures("installed")
async def test_an_installed_adapter_is_found_and_opened() -> None:
    assert registered("planted") is PlantedAdapter
    assert isinstance(await open_it("planted"), PlantedAdapter)


@pytest.mark.usefixtures("installed")
async def test_an_adapter_says_itself_why_it_is_not_ready() -> None:
    with pytest.raises(NotReadyError, match="set PLANTED_MOOD=well"):
        await open_it("planted", PLANTED_MOOD="ill")


@pytest.mark.usefixtures("installed")
async def test_an_adapter_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(NotReadyError, match=r"the adapter broken .* cannot be loaded"):
        await open_it("broken")


async def test_what_is_neither_adapter_nor_pack() -> None:
    assert registered("planted") is None
    with pytest.raises(NotReadyError, match="no model planted"):
        await open_it("planted")


async def test_scores_are_handed_on() -> None:
    assert await scores_of(PlantedAdapter(), [stripes()]) == [0.97]
    assert await scores_of(PlantedAdapter(), []) == []


async def test_an_adapter_that_takes_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(PlantedAdapter):
        async def score(self, items: Sequence[Item]) -> Sequence[float]:
            await asyncio.Event().wait()
            return []

    monkeypatch.setattr(csam, "SECONDS", 0.01)
    with pytest.raises(RetryableError, match="planted gave no answer within"):
        await scores_of(Slow(), [stripes()])
