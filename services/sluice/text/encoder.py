"""Windows in, vectors out: the sentence encoder of the model repository."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.models.engine import Engine
from sluice.text.windows import Window

WIDTH = 384
BATCH = 32
"""Windows in one call: what the encoder's config.pbtxt allows."""


async def embed(engine: Engine, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
    """[len(windows), WIDTH] vectors of length 1, in order; as wide as the model makes them.

    Windows of like length share a call, so that little is spent on padding. Raises what `Engine.run` raises.
    """
    vectors = np.zeros((len(windows), WIDTH), np.float32)
    order = sorted(range(len(windows)), key=lambda index: len(windows[index].ids))
    for chosen in _alike(order, [len(window.ids) for window in windows]):
        found = await engine.run(_padded([windows[index].ids for index in chosen]))
        if found["embedding"].shape[1] != vectors.shape[1]:
            vectors = np.zeros((len(windows), found["embedding"].shape[1]), np.float32)
        vectors[chosen] = found["embedding"]
    return vectors


def _alike(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """`order`, which ascends in length, in batches of at most `BATCH` whose longest is at most a third longer than
    the shortest: more padding than that costs more than another call."""
    batches: list[list[int]] = []
    for index in order:
        if not batches or len(batches[-1]) == BATCH or 3 * lengths[index] > 4 * lengths[batches[-1][0]] + 6:
            batches.append([])
        batches[-1].append(index)
    return batches


def _padded(ids: Sequence[Sequence[int]]) -> dict[str, npt.NDArray[Any]]:
    shape = (len(ids), max(map(len, ids)))
    padded, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, piece in enumerate(ids):
        padded[row, : len(piece)] = piece
        mask[row, : len(piece)] = 1
    return {"input_ids": padded, "attention_mask": mask}
