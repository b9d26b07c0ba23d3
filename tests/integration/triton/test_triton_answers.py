"""The same answers as in this process, from a real server, over the socket and through shared memory."""

import asyncio

import numpy as np
import pytest

from sluice.errors import TerminalError
from sluice.models import canary
from sluice.models.card import Card
from sluice.models.engine import Arrays, EngineSettings
from sluice.models.opened import open_model
from sluice.models.triton_repository import graphs
from tests.integration.triton.toys import Hand
from tests.unit.model_files import MODELS


def batch(card: Card, count: int) -> Arrays:
    """Different rows of noise; words of a vocabulary where the model takes words."""
    generator = np.random.default_rng(5)
    return {
        name: generator.integers(0, 256, (count, *row.shape[1:])).astype(row.dtype)
        if row.dtype == np.uint8
        else np.ones((count, *row.shape[1:]), row.dtype)
        for name, row in canary.pattern(card).items()
    }


@pytest.mark.parametrize("shared_memory", [False, True], ids=["socket", "shared memory"])
@pytest.mark.parametrize("name", graphs(MODELS))
async def test_answers_are_those_of_this_process(triton: Hand, name: str, shared_memory: bool) -> None:
    here = open_model(MODELS, name, EngineSettings())
    there = triton.open(MODELS, name, triton.settings(shared_memory=shared_memory))
    inputs = batch(here.card, 3)
    wanted, found = await here.engine.run(inputs), await there.engine.run(inputs)
    assert there.info == here.info
    assert found.keys() == wanted.keys()
    for key in wanted:
        assert found[key].dtype == wanted[key].dtype
        assert np.allclose(found[key], wanted[key], rtol=0, atol=1e-4)


@pytest.mark.parametrize("shared_memory", [False, True], ids=["socket", "shared memory"])
async def test_a_large_batch_goes_in_messages_of_eight_and_comes_back_in_order(
    triton: Hand, shared_memory: bool
) -> None:
    here = open_model(MODELS, "face_age", EngineSettings())
    there = triton.open(MODELS, "face_age", triton.settings(shared_memory=shared_memory))
    inputs = batch(here.card, 21)
    await there.engine.run(batch(here.card, 1))
    before = await requests(triton, "face_age")
    found = await there.engine.run(inputs)
    assert await requests(triton, "face_age") - before == 3
    assert found["age"].shape == (21, 1)
    assert np.allclose(found["age"], (await here.engine.run(inputs))["age"], rtol=0, atol=1e-4)


async def test_what_is_not_the_cards_input_never_leaves(triton: Hand) -> None:
    there = triton.open(MODELS, "face_age")
    for inputs, message in (
        ({"pixels": np.zeros((1, 112, 112, 3), np.float32)}, "pixels should be uint8"),
        ({"pixels": np.zeros((1, 3, 112, 112), np.uint8)}, "of shape"),
        ({"pixels": np.zeros((0, 112, 112, 3), np.uint8)}, "0.* rows"),
        ({"rgb": np.zeros((1, 112, 112, 3), np.uint8)}, "takes pixels, not rgb"),
    ):
        with pytest.raises(TerminalError, match=message):
            await there.engine.run(inputs)


async def test_what_the_graph_refuses_is_terminal_and_harms_nobody_else(triton: Hand) -> None:
    there = triton.open(MODELS, "face_tiny")
    with pytest.raises(TerminalError, match="face_tiny on Triton: it failed on this batch"):
        await there.engine.run({"pixels": np.zeros((1, 1, 1, 3), np.uint8)})
    answer = await there.engine.run({"pixels": np.zeros((1, 64, 64, 3), np.uint8)})
    assert answer["grid"].shape == (1, 2, 2, 25)


async def requests(triton: Hand, name: str) -> int:
    """How many messages the server has answered for a model, once it has stopped counting: it does so a moment after
    its answer."""
    seen = -1
    while True:
        (stats,) = triton.client.get_inference_statistics(name).model_stats
        if stats.inference_stats.success.count == seen:
            return seen
        seen = int(stats.inference_stats.success.count)
        await asyncio.sleep(0.3)
