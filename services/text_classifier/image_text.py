"""Scores what is written in a picture as the check "text" scores a prompt: GPT-4V card V1.

The text is read here, scored here and forgotten here. A verdict carries scores and counts, never a word.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Self

from sluice.check import Check, Example, Item, Kind, Match, ModelInfo, Need, Result, Status
from sluice.errors import TerminalError
from sluice.models import repository
from sluice.models.convert.ppocr import CHARACTERS
from sluice.models.engine import EngineSettings, read_engine
from sluice.models.opened import open_model
from sluice.names.matcher import NameMatcher
from sluice.names.opened import about, matches, open_names, read_name_lists
from sluice.refreshed import Refreshable, Refreshed
from sluice.settings import Reader, Settings
from sluice.text.language import Languages
from sluice.text.model import TextModel
from sluice.text.watchwords import WATCHED
from sluice.text.windows import Window
from text_classifier import image_text_examples
from text_classifier.ocr import detect, recognise
from text_classifier.ocr.page import page_of
from text_classifier.ocr.passages import passages, run_on
from text_classifier.ocr.read import Networks, Text, read

FEWEST_WORDS = 3
"""Words in a text that is scored, or one of `sluice.text.watchwords`."""
FEWEST_EAST_ASIAN = 2
"""Characters of a Chinese or Japanese one."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


class ImageTextClassifier(Check):
    """`scores`: category -> 0..1, the highest over the picture's text; all 0 where none is found. `matches`: whom of
    the name lists it names (docs/name-lists.md).

    Signals: `text_lines` and `text_characters` that were read, `text.unread`, places that look like text and are not
    legible. A picture with more lines than are read is an ABSTAIN: it is neither read in part nor called empty. So is
    one whose text is in a language that is not served, as it is for "text": with its scores.
    """

    name = "image_text"
    service_name = "image-text-classifier"
    service = "ImageTextClassifier"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.IMAGE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.RENDITION, Need.TILES})
    # Pictures differ in cost by a factor of ten: none should wait for its neighbour's answer.
    max_batch = 1

    def __init__(
        self, networks: Networks, model: TextModel, languages: Languages, names: Refreshed[NameMatcher]
    ) -> None:
        self._networks = networks
        self._model = model
        self._languages = languages
        self._names = names

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Verifies and loads both networks of the reader, the encoder, our heads, what tells languages apart and the
        name lists.

        Raises NotReadyError with the command that mends it, or ConfigError.
        """
        engine = read_engine(reader)
        lists = read_name_lists(reader, settings.home)
        reader.finish()

        def load() -> tuple[Networks, TextModel, Languages, Refreshed[NameMatcher]]:
            model = TextModel.open(settings.models, engine)
            return _networks(settings, engine), model, Languages.open(), open_names(lists)

        return cls(*await asyncio.to_thread(load))

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item; a picture that cannot be read in whole is an ERROR of its own."""
        return [await self._judge(item) for item in items]

    def models(self) -> Sequence[ModelInfo]:
        """The detector and the reader of text, the encoder, the heads and the name lists."""
        networks = self._networks
        return (networks.detector.info, networks.reader.info, *self._model.models, about(self._names.value))

    def refreshed(self) -> Sequence[Refreshable]:
        """The name lists."""
        return (self._names,)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Pictures of text, drawn by code, and one without."""
        return image_text_examples.examples()

    async def read(self, item: Item) -> Text:
        """What is written in a picture. Raises TerminalError where it cannot be read in whole."""
        return await read(self._networks, await asyncio.to_thread(page_of, item))

    async def score(self, text: Text) -> Result:
        """What is thought of it. Raises TerminalError."""
        if text.refused:
            return Result(Status.ABSTAIN, detail="more text than is read")
        names = self._names.value
        foreign, (cut, named) = await asyncio.to_thread(lambda: (self._foreign(text), self._cut(text, names)))
        found = Result(
            scores=self._highest(await self._model.score_cut(cut)),
            abstained=self._model.abstained,
            signals=_signals(text),
            matches=named,
            models=(about(names),),
        )
        return (
            found
            if not foreign
            else replace(found, status=Status.ABSTAIN, detail=f"language {foreign} is not served")
        )

    async def _judge(self, item: Item) -> Result:
        try:
            return await self.score(await self.read(item))
        except TerminalError as error:
            return Result(status=Status.ERROR, detail=str(error))

    def _foreign(self, text: Text) -> str:
        """The code of the language, not served, that the picture's text is in; empty where there is none."""
        for rows in text.versions:
            language = self._languages.judge(run_on(rows), self._model.languages).language
            if language is not None:
                return language.code
        return ""

    def _cut(self, text: Text, names: NameMatcher) -> tuple[list[list[Window]], tuple[Match, ...]]:
        """The windows of every passage that says something, and the names found in any: a name needs no company."""
        texts = dict.fromkeys(passage for rows in text.versions for passage in passages(rows))
        read = [self._model.read(passage) for passage in texts]
        said = [windows for _, windows in read if any(self._says_something(window.text) for window in windows)]
        return said, matches(names, [reading for readings, _ in read for reading in readings])

    def _says_something(self, text: str) -> bool:
        """Whether there are a few words, or one that people watch for. A name on a sign is no request, nor is what is
        read into leaves and folds; the text model knows nothing of such scraps."""
        words = _WORD.findall(text.casefold())
        some = sum(map(self._model.windows.words.known, words)) >= FEWEST_WORDS or not WATCHED.isdisjoint(words)
        return some or len(_EAST_ASIAN.findall(text)) >= FEWEST_EAST_ASIAN

    def _highest(self, found: Sequence[Mapping[str, float]]) -> dict[str, float]:
        return {
            category: max((scores[category] for scores in found), default=0.0) for category in self._model.categories
        }


def _networks(settings: Settings, engine: EngineSettings) -> Networks:
    reader = open_model(settings.models, recognise.NAME, engine)
    characters = recognise.load_characters(repository.folder(settings.models, reader.card) / CHARACTERS)
    return Networks(open_model(settings.models, detect.NAME, engine), reader, characters)


def _signals(text: Text) -> dict[str, float]:
    return {
        "text_lines": float(text.lines),
        "text_characters": float(text.characters),
        "text_unread": float(text.unread),
    }
