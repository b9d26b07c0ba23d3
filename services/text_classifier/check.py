"""Scores a text in every category that the text model was trained for; says which ones it was not."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from sluice.check import Check, Example, Item, Kind, Match, ModelInfo, Result, Status
from sluice.errors import TerminalError
from sluice.models.engine import read_engine
from sluice.names.matcher import NameMatcher
from sluice.names.opened import about, matches, open_names, read_name_lists
from sluice.refreshed import Refreshable, Refreshed
from sluice.settings import Reader, Settings
from sluice.text.chinese import is_chinese
from sluice.text.gloss import gloss
from sluice.text.language import Languages
from sluice.text.model import TextModel
from sluice.text.seams import seams
from sluice.text.windows import Window
from text_classifier import examples

LEAST_CHINESE = 8
"""Characters of a Chinese text below which nothing is held against it that none of its words are known."""


class TextClassifier(Check):
    """`scores`: category -> 0..1, the highest over the text's windows, as written and with its disguises off.
    `matches`: the people on name lists whom the text names (docs/name-lists.md).

    The last text of a request answers for what its texts say only together, too (docs/adr/0013). A text in a language
    that the heads do not serve is an ABSTAIN: with its scores, since what reaches a threshold all the same counts.
    """

    name = "text"
    service_name = "text-classifier"
    service = "TextClassifier"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.TEXT})
    max_batch = 32

    def __init__(self, model: TextModel, languages: Languages, names: Refreshed[NameMatcher]) -> None:
        self._model = model
        self._languages = languages
        self._names = names

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Verifies and loads the encoder, our heads, what tells languages apart and the name lists.

        Raises NotReadyError with the command that mends it, or ConfigError with what is wrong in a list.
        """
        engine = read_engine(reader)
        lists = read_name_lists(reader, settings.home)
        reader.finish()
        model = await asyncio.to_thread(TextModel.open, settings.models, engine)
        return cls(model, await asyncio.to_thread(Languages.open), await asyncio.to_thread(open_names, lists))

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item. A text too long to be scored whole is UNPROCESSABLE: none is scored in part."""
        # One version of the lists for the whole batch.
        names = self._names.value
        cut = await asyncio.to_thread(lambda: [self._cut(item, names) for item in items])
        foreign = await asyncio.to_thread(lambda: [self._foreign(item) for item in items])
        scores = iter(await self._model.score_cut([one[0] for one in cut if not isinstance(one, Result)]))
        return [
            one if isinstance(one, Result) else self._result(next(scores), one[1], why, about(names))
            for one, why in zip(cut, foreign, strict=True)
        ]

    def models(self) -> Sequence[ModelInfo]:
        """The encoder, the heads and the name lists."""
        return (*self._model.models, about(self._names.value))

    def refreshed(self) -> Sequence[Refreshable]:
        """The name lists."""
        return (self._names,)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """A harmless prompt, and a request that is refused everywhere."""
        return examples.examples()

    def _result(
        self, scores: Mapping[str, float], named: tuple[Match, ...], foreign: str, lists: ModelInfo
    ) -> Result:
        return Result(
            Status.ABSTAIN if foreign else Status.OK,
            scores=scores,
            abstained=self._model.abstained,
            matches=named,
            detail=foreign,
            models=(lists,),
        )

    def _foreign(self, item: Item) -> str:
        """What of a text, or of all texts together, cannot be judged: a language that is not served, Chinese of which
        too little is known. Empty where there is nothing."""
        for text in (item.text, "\n".join(item.together)):
            language = self._languages.judge(text, self._model.languages).language
            if language is not None:
                return f"language {language.code} is not served"
            # Nothing of it would be scored, and nothing found must not look like nothing there.
            if is_chinese(text, LEAST_CHINESE) and gloss(text) is None:
                return "Chinese of which too few words are known"
        return ""

    def _cut(self, item: Item, names: NameMatcher) -> tuple[list[Window], tuple[Match, ...]] | Result:
        """The windows to score and the names found, or the result of a text that cannot be scored whole."""
        # The model folds for itself: its own version of folding is the one that its thresholds were measured with.
        try:
            read = [self._model.read(text) for text in (item.text, *seams(item.together))]
        except TerminalError as error:
            return Result(status=Status.UNPROCESSABLE, detail=str(error))
        # What lies where the texts of a request meet counts for the last of them.
        named = matches(names, [reading for readings, _ in read for reading in readings])
        return [window for _, windows in read for window in windows], named
