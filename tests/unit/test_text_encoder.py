"""Windows keep their order, share calls with their like, and do not feel each other."""

import numpy as np

from sluice.text.encoder import BATCH, WIDTH, embed
from sluice.text.windows import Window
from tests.unit.text_models import BagEngine


def windows(lengths: list[int]) -> list[Window]:
    return [Window("", (1, *range(3, 3 + length), 2)) for length in lengths]


async def test_order_is_kept() -> None:
    mixed = windows([5, 1, 9, 2])
    together = await embed(BagEngine(), mixed)
    for index, window in enumerate(mixed):
        assert np.array_equal(together[index], (await embed(BagEngine(), [window]))[0])


async def test_batches_are_bounded_and_of_like_length() -> None:
    engine = BagEngine()
    await embed(engine, windows([1, 9] * BATCH))
    assert engine.shapes == [(BATCH, 3), (BATCH, 11)]


async def test_nothing_in_nothing_out() -> None:
    assert (await embed(BagEngine(), [])).shape == (0, WIDTH)
