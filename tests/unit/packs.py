"""Picture classifiers for tests: cards on real files, and an engine that answers what a test says."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.models import card as cards
from sluice.models import repository
from sluice.models.add.run import add
from sluice.models.add.source import find
from sluice.models.add.wishes import Wishes, read_share
from sluice.models.engine import Arrays
from sluice.models.opened import Model
from tests.unit.model_files import write_card
from tests.unit.vit import write_folder

Answer = Callable[[npt.NDArray[Any]], Any]


class TestEngine:
    """An engine whose outputs are a function of the pixels; `batches` are the shapes that it was asked for."""

    __test__ = False

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.batches: list[tuple[int, ...]] = []

    async def run(self, inputs: Arrays) -> Arrays:
        self.batches.append(inputs["pixels"].shape)
        return {"p": np.asarray(self._answer(inputs["pixels"]), np.float32)}


def pack_card(**changes: Any) -> dict[str, Any]:
    """Changes that make of the toy card that of a pack: two labels, 8 x 8 pixels."""
    return {"picture": {"size": [8, 8], "fit": "stretch"}, **changes}


def pack(models: Path, name: str, answer: Answer, **changes: Any) -> Model:
    """A pack with a card on disk and outputs [n, 2], in the order cat, dog."""
    card = cards.load(write_card(models, name, **pack_card(**changes)))
    return Model(card, repository.info(card), TestEngine(answer))


def always(*row: float) -> Answer:
    """The same row for every picture."""
    return lambda pixels: [row] * len(pixels)


async def add_vit(models: Path, name: str, *shares: str, seed: int = 0, **wishes: Any) -> None:
    """A small vision transformer, added as an operator would add it."""
    folder = write_folder(models.parent / "published" / name, seed=seed)
    said = Wishes(shares=tuple(map(read_share, shares)), **wishes)
    await add(models, find(folder), name, said, replace=False, progress=lambda _: None)


def edit(models: Path, name: str, changes: Mapping[str, str]) -> None:
    """Replaces words in a card."""
    path = models / name / "card.yaml"
    text = path.read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
