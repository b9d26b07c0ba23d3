"""Scores a picture with the open classifier of the model repository.

Category `sexual`, as the card of nsfw_mobilenet combines the classes; signals `drawn` and `photoreal`, which are
weak. Every other category of pictures is abstained until an operator adds a pack that knows it.
"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Self

from image_classifier import examples
from sluice.check import Check, Example, Item, Kind, ModelInfo, Need, Result, Status
from sluice.errors import TerminalError
from sluice.models import nsfw
from sluice.models.engine import read_engine
from sluice.models.opened import Model, open_model
from sluice.pixels import Rgb, decode
from sluice.settings import Reader, Settings


class ImageClassifier(Check):
    """`scores["sexual"]`, `signals["drawn"]`, `signals["photoreal"]`; the card lists what is abstained."""

    name = "image"
    service_name = "image-classifier"
    service = "ImageClassifier"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.IMAGE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.RENDITION})
    max_batch = 16

    def __init__(self, model: Model) -> None:
        self._model = model

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Verifies and loads nsfw_mobilenet. Raises NotReadyError with the command that mends it, or ConfigError."""
        engine = read_engine(reader)
        reader.finish()
        return cls(await asyncio.to_thread(open_model, settings.models, nsfw.NAME, engine))

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item; a picture that cannot be read is an ERROR of its own. Raises TerminalError."""
        pictures = await asyncio.gather(*(asyncio.to_thread(_picture, item) for item in items))
        readable = [picture for picture in pictures if not isinstance(picture, Result)]
        readings = iter(await nsfw.read(self._model, readable) if readable else ())
        return [picture if isinstance(picture, Result) else self._result(next(readings)) for picture in pictures]

    def models(self) -> Sequence[ModelInfo]:
        """The one model behind the answers."""
        return (self._model.info,)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Pictures drawn by code."""
        return examples.examples()

    def _result(self, reading: nsfw.Reading) -> Result:
        return Result(scores=reading.scores, signals=reading.signals, abstained=self._model.card.abstained)


def _picture(item: Item) -> Rgb | Result:
    if item.rendition is None:
        return Result(status=Status.ERROR, detail="no rendition")
    try:
        return decode(item.rendition)
    except TerminalError as error:
        return Result(status=Status.ERROR, detail=str(error))
