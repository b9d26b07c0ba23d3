"""A pack of the model repository in the place of the CSAM classifier, and whichever of the two ways was taken."""

import asyncio
from collections.abc import Sequence

from sluice.categories import CSAM
from sluice.check import Item, ModelInfo
from sluice.errors import NotReadyError, TerminalError
from sluice.models import classify
from sluice.models.csam import CsamAdapter, registered
from sluice.models.engine import EngineSettings
from sluice.models.opened import Model, open_model
from sluice.pixels import Rgb, decode
from sluice.settings import Reader, Settings


class CsamPack:
    """Keeps `CsamAdapter` with a pack whose card has a score `csam`."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def info(self) -> ModelInfo:
        """The pack's name, version and digest."""
        return self._model.info

    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        """See `CsamAdapter.score`."""
        pictures = await asyncio.to_thread(lambda: [_pixels(item) for item in items])
        return [reading.scores[CSAM] for reading in await classify.read(self._model, pictures)]

    def trial(self) -> Item | None:
        """None: the golden outputs of its card say whether it answers as it did."""
        return None

    async def close(self) -> None:
        """There is nothing to let go of."""
        return


async def open_adapter(name: str, settings: Settings, reader: Reader, engine: EngineSettings) -> CsamAdapter:
    """The registered adapter of that name, else the pack. Raises NotReadyError with what mends it, or ConfigError."""
    provider = registered(name)
    if provider is not None:
        return await provider.open(settings, reader)
    model = await asyncio.to_thread(open_model, settings.models, name, engine)
    classify.contract_of(model.card)
    if CSAM not in model.card.scores:
        raise NotReadyError(
            f"SLUICE_CSAM_PACK={name}: the card of that pack has no score {CSAM}. Name a pack or an adapter that has"
        )
    return CsamPack(model)


def _pixels(item: Item) -> Rgb:
    if item.rendition is None:
        raise TerminalError("no rendition")
    return decode(item.rendition)
