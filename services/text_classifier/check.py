"""Scores a text in every category that the text model was trained for; says which ones it was not."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Self

from sluice.check import Check, Example, Item, Kind, ModelInfo, Result, Status
from sluice.errors import TerminalError
from sluice.models.engine import read_engine
from sluice.settings import Reader, Settings
from sluice.text.model import TextModel
from sluice.text.windows import Window
from text_classifier import examples


class TextClassifier(Check):
    """`scores`: category -> 0..1, the highest over the text's windows, as written and as folded."""

    name = "text"
    service_name = "text-classifier"
    service = "TextClassifier"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.TEXT})
    max_batch = 32

    def __init__(self, model: TextModel) -> None:
        self._model = model

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Verifies and loads the encoder and our heads. Raises NotReadyError with the command that mends it."""
        engine = read_engine(reader)
        reader.finish()
        return cls(await asyncio.to_thread(TextModel.open, settings.models, engine))

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item. A text too long to be scored whole is UNPROCESSABLE: none is scored in part."""
        cut = await asyncio.to_thread(lambda: [self._cut(item) for item in items])
        scores = iter(await self._model.score_cut([one for one in cut if not isinstance(one, Result)]))
        return [
            one if isinstance(one, Result) else Result(scores=next(scores), abstained=self._model.abstained)
            for one in cut
        ]

    def models(self) -> Sequence[ModelInfo]:
        """The encoder and the heads."""
        return self._model.models

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """A harmless prompt, and a request that is refused everywhere."""
        return examples.examples()

    def _cut(self, item: Item) -> list[Window] | Result:
        # The model folds for itself: its own version of folding is the one that its thresholds were measured with.
        try:
            return self._model.spellings(item.text)
        except TerminalError as error:
            return Result(status=Status.UNPROCESSABLE, detail=str(error))
