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
    """[len(windows), 384] vectors of length 1, in order.

    Windows of like length share a call, so that little is spent on padding. Raises what `Engine.run` raises.
    """
    vectors = np.zeros((len(windows), WIDTH), np.float32)
    order = sorted(range(len(windows)), key=lambda index: len(windows[index].ids))
    for first in range(0, len(order), BATCH):
        chosen = order[first : first + BATCH]
        found = await engine.run(_padded([windows[index].ids for index in chosen]))
        vectors[chosen] = found["embedding"]
    return vectors


def _padded(ids: Sequence[Sequence[int]]) -> dict[str, npt.NDArray[Any]]:
    shape = (len(ids), max(map(len, ids)))
    padded, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, piece in enumerate(ids):
        padded[row, : len(piece)] = piece
        mask[row, : len(piece)] = 1
    return {"input_ids": padded, "attention_mask": mask}
