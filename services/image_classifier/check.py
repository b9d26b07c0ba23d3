"""Scores a picture with the picture classifiers ("packs") of the model repository, all of them at once.

As shipped that is nsfw_mobilenet: category `sexual`, and signals `drawn` and `photoreal`, which are weak. Every other
category of pictures is abstained until an operator adds a pack that knows it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from image_classifier import examples
from image_classifier.panel import Panel
from image_classifier.settings import read_image_settings
from sluice.categories import CSAM
from sluice.check import Check, Example, Item, Kind, ModelInfo, Need, Result, Status
from sluice.errors import TerminalError
from sluice.models import csam, golden
from sluice.models.categories import PICTURE_CATEGORIES
from sluice.models.classify import Reading
from sluice.models.csam import CsamAdapter
from sluice.models.csam_pack import open_adapter
from sluice.models.engine import read_engine
from sluice.models.opened import open_model
from sluice.pixels import Rgb, decode
from sluice.settings import Reader, Settings


class ImageClassifier(Check):
    """`scores` of what the packs cover, `signals["drawn"]`, `signals["photoreal"]`; the rest is in `abstained`."""

    name = "image"
    service_name = "image-classifier"
    service = "ImageClassifier"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.IMAGE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.RENDITION})
    max_batch = 16
    batches_at_once = 2

    def __init__(self, panel: Panel, adapter: CsamAdapter | None = None) -> None:
        self._panel = panel
        self._adapter = adapter
        covered = panel.categories | ({CSAM} if adapter is not None else set())
        self._abstained = tuple(category for category in PICTURE_CATEGORIES if category not in covered)
        self._canaries: Mapping[bytes, str] = {each.data: name for name, each in examples.renditions().items()}

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Verifies and loads the packs of SLUICE_IMAGE_PACKS, and what SLUICE_CSAM_PACK names.

        Raises NotReadyError with the command that mends it, or ConfigError.
        """
        engine = read_engine(reader)
        wanted = read_image_settings(reader)
        reader.finish()
        packs = [await asyncio.to_thread(open_model, settings.models, name, engine) for name in wanted.packs]
        panel = Panel(packs)
        return cls(panel, await open_adapter(wanted.csam, settings, reader, engine) if wanted.csam else None)

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item; a picture that cannot be read, or for which one pack gives nothing that counts, is an
        ERROR of its own. Raises RetryableError or TerminalError where a pack or the adapter fails as a whole: there
        is never an answer without one of them."""
        pictures = await asyncio.gather(*(asyncio.to_thread(self._picture, item) for item in items))
        readable = [
            (item, picture) for item, picture in zip(items, pictures, strict=True) if not isinstance(picture, Result)
        ]
        readings, known = await asyncio.gather(
            self._panel.read([rgb for _, rgb in readable], [self._canary(item) for item, _ in readable]),
            self._known([item for item, _ in readable]),
        )
        results = iter([self._result(reading, scores) for reading, scores in zip(readings, known, strict=True)])
        return [picture if isinstance(picture, Result) else next(results) for picture in pictures]

    def models(self) -> Sequence[ModelInfo]:
        """Every model behind the answers."""
        named = [pack.info for pack in self._panel.packs]
        return (*named, self._adapter.info()) if self._adapter is not None else tuple(named)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Pictures drawn by code."""
        return examples.examples()

    async def close(self) -> None:
        """Closes the adapter, where there is one."""
        if self._adapter is not None:
            await self._adapter.close()

    async def _known(self, items: Sequence[Item]) -> list[dict[str, float]]:
        if self._adapter is None:
            return [{} for _ in items]
        return [{CSAM: score} for score in await csam.scores_of(self._adapter, items)]

    def _result(self, reading: Reading | TerminalError, known: Mapping[str, float]) -> Result:
        if isinstance(reading, TerminalError):
            return Result(status=Status.ERROR, detail=str(reading))
        return Result(scores={**reading.scores, **known}, signals=reading.signals, abstained=self._abstained)

    def _canary(self, item: Item) -> str | None:
        return self._canaries.get(item.rendition.data) if item.rendition is not None else None

    def _picture(self, item: Item) -> Rgb | Result:
        if item.rendition is None:
            return Result(status=Status.ERROR, detail="no rendition")
        try:
            picture = decode(item.rendition)
        except TerminalError as error:
            return Result(status=Status.ERROR, detail=str(error))
        # Golden outputs are those of the picture before it became a JPEG: they last longer than a JPEG library.
        canary = self._canary(item)
        return picture if canary is None else golden.PICTURES[canary]()
