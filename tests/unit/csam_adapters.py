"""Adapters for the CSAM slot that know nothing of real content: they answer by the digests that were planted."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

from sluice.check import Digests, Item, Kind, ModelInfo
from sluice.errors import NotReadyError, TerminalError
from sluice.hashing import digests
from sluice.pixels import decode, encode
from sluice.settings import Reader, Settings


def stripes() -> Item:
    """A striped picture, harmless: its digest is planted."""
    rgb = np.zeros((64, 96, 3), np.uint8)
    rgb[::8] = 250
    rendition = encode(rgb)
    found = digests(rendition.data)
    return Item(
        "c0",
        Kind.IMAGE,
        digests=Digests(found.md5, found.sha1, found.sha256),
        width=96,
        height=64,
        rendition=rendition,
    )


class PlantedAdapter:
    """0.97 for pictures whose rendition was planted, 0.01 for all others."""

    def __init__(self) -> None:
        self.closed = 0
        self._planted: Mapping[bytes, float] = {key(stripes()): 0.97}

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        mood = reader.text("PLANTED_MOOD", "well")
        reader.finish()
        if mood != "well":
            raise NotReadyError("the provider's licence is missing: set PLANTED_MOOD=well")
        return cls()

    def info(self) -> ModelInfo:
        return ModelInfo("planted", "7", hashlib.sha256(b"planted").digest())

    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        for item in items:
            if item.rendition is None:
                raise TerminalError("no rendition")
            decode(item.rendition)
        return [self._planted.get(key(item), 0.01) for item in items]

    def trial(self) -> Item | None:
        return stripes()

    async def close(self) -> None:
        self.closed += 1


def key(item: Item) -> bytes:
    assert item.rendition is not None
    return hashlib.sha256(item.rendition.data).digest()
