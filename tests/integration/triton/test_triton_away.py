"""A server that goes away and comes back, with or without what it had."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sluice.errors import NotReadyError, RetryableError
from sluice.local.triton import start_server, write_repository
from sluice.models.fallback import FallbackEngine
from tests.integration.triton.test_triton_faults import answers, engine_of
from tests.integration.triton.toys import Hand, rows, without_graph, write_toy


@pytest.fixture
def alone(tmp_path: Path, models: Path) -> Iterator[Hand]:
    """A server of this test's own, with one model."""
    write_toy(models, "toy")
    write_repository(models, ["toy"], tmp_path / "repository")
    lines: list[str] = []
    server = start_server(models, ["toy"], tmp_path / "repository", tmp_path / "triton.log", os.environ, lines.append)
    hand = Hand(server, tmp_path / "repository")
    yield hand
    hand.client.close()
    server.stop()


async def test_away_and_back(alone: Hand, models: Path) -> None:
    plain = engine_of(alone.open(models, "toy"))
    shared = engine_of(alone.open(models, "toy", alone.settings(shared_memory=True)))
    both = alone.open(models, "toy", alone.settings(cpu_fallback=True)).engine
    assert isinstance(both, FallbackEngine)
    wanted = (await plain.run(rows(3)))["p"]
    assert np.array_equal((await shared.run(rows(3)))["p"], wanted)
    assert await both.probe() == ""

    await asyncio.to_thread(alone.server.stop)
    for engine in (plain, shared):
        with pytest.raises(RetryableError, match=r"no connection|no answer in time"):
            await engine.run(rows(3))
        with pytest.raises(NotReadyError, match=f"Triton is {alone.server.url}"):
            await engine.probe()
    assert np.array_equal((await both.run(rows(3)))["p"], wanted)
    assert "answered in this process meanwhile" in await both.probe()
    assert both.troubled

    alone.server.restart()
    for engine in (plain, shared):
        # The new server knows nothing of the memory that the old one had mapped.
        await answers(engine)
        assert np.array_equal((await engine.run(rows(3)))["p"], wanted)
        assert not engine.troubled
    async with asyncio.timeout(20):
        while await both.probe():
            await asyncio.sleep(0.1)
    assert not both.troubled


async def test_back_with_another_model_is_not_believed(alone: Hand, models: Path, tmp_path: Path) -> None:
    engine = engine_of(alone.open(models, "toy"))
    await engine.run(rows(1))
    await asyncio.to_thread(alone.server.stop)
    with pytest.raises(RetryableError):
        await engine.run(rows(1))
    other = tmp_path / "other"
    write_toy(other, "toy", factor=5.0)
    (alone.folder / "toy" / "1" / "model.onnx").unlink()
    write_repository(other, ["toy"], alone.folder)
    alone.server.restart()
    async with asyncio.timeout(30):
        while True:
            with pytest.raises(RetryableError) as caught:
                await engine.run(rows(1))
            if "is not the card's" in str(caught.value):
                break
            await asyncio.sleep(0.1)
    with pytest.raises(NotReadyError, match="its weights have SHA-256"):
        await engine.probe()
    # With the card of what is there now, and without its graph, all is well.
    right = engine_of(alone.open(without_graph(other, "toy"), "toy"))
    assert await right.probe() == ""
