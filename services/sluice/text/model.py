"""The text model: a score per category for prompts and other short texts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sluice.check import ModelInfo
from sluice.models import repository
from sluice.models.engine import Engine, EngineSettings
from sluice.models.opened import open_model
from sluice.text.chinese import is_chinese
from sluice.text.encoder import embed
from sluice.text.heads import Floats, Heads
from sluice.text.ngrams import vectors as hashed
from sluice.text.spellings import spellings
from sluice.text.windows import Window, Windows

ENCODER = "minilm"
HEADS = "text_heads"
HEADS_FILE = "heads.npz"
TOKENIZER_FILE = "tokenizer.json"
UNLESS_SAID = "en"
"""The language of heads whose card names none."""


@dataclass(frozen=True, slots=True)
class TextModel:
    """Encoder, heads, and what they are called in a verdict. Calls may overlap."""

    engine: Engine
    windows: Windows
    heads: Heads
    categories: tuple[str, ...]
    """What is scored."""
    abstained: tuple[str, ...]
    """Known to policies, but without training data here: never scored."""
    thresholds: Mapping[str, float]
    """What the heads' card suggests per category."""
    models: tuple[ModelInfo, ...]
    languages: tuple[str, ...] = (UNLESS_SAID,)
    """Whose texts it can judge, ISO 639: what the heads' card says."""

    @classmethod
    def open(cls, models: Path, settings: EngineSettings | None = None) -> "TextModel":
        """Verifies the files against their cards, and loads them.

        Raises NotReadyError with the command that mends it.
        """
        encoder = open_model(models, ENCODER, settings or EngineSettings())
        about = repository.verify(models, HEADS)
        card = repository.load(models, HEADS)
        heads = Heads.load(repository.folder(models, card) / HEADS_FILE)
        return cls(
            engine=encoder.engine,
            windows=Windows.open(repository.folder(models, encoder.card) / TOKENIZER_FILE),
            heads=heads,
            categories=tuple(heads.categories.tolist()),
            abstained=card.abstained,
            thresholds=card.thresholds,
            models=(encoder.info, about),
            languages=card.languages or (UNLESS_SAID,),
        )

    def spellings(self, text: str) -> list[Window]:
        """The windows of the text as written and of every other reading of it that `sluice.text.spellings` finds.

        Raises TerminalError for a text that is too long to be scored whole.
        """
        return self.read(text)[1]

    def read(self, text: str) -> tuple[list[str], list[Window]]:
        """Every reading of the text, as written first, and the windows of them all.

        Raises TerminalError for a text that is too long to be scored whole.
        """
        written = self.windows.cut(text)
        readings = spellings(text, self.windows.words)
        return readings, [*written, *(window for other in readings[1:] for window in self.windows.cut(other))]

    async def score(self, texts: Sequence[str]) -> list[Mapping[str, float]]:
        """category -> 0..1 for each text, in order: the highest over its windows and both spellings.

        Raises TerminalError where a text is too long, and what the engine raises.
        """
        return await self.score_cut(await asyncio.to_thread(lambda: [self.spellings(text) for text in texts]))

    async def score_cut(self, cut: Sequence[Sequence[Window]]) -> list[Mapping[str, float]]:
        """`score` for texts that `spellings` has cut already: for callers that set aside those too long.

        A text's scores do not depend on the others. Raises what the engine raises.
        """
        if not cut:
            return []
        windows = [window for one in cut for window in one]
        scores = np.zeros((len(windows), len(self.categories)), np.float32)
        # The encoder has learned nothing from Chinese: of that only its gloss is read, one of the spellings.
        read = [place for place, window in enumerate(windows) if not is_chinese(window.text)]
        if read:
            vectors = await embed(self.engine, [windows[place] for place in read])
            scores[read] = await asyncio.to_thread(self._scores, vectors, [windows[place].text for place in read])
        ends = np.cumsum([len(one) for one in cut])[:-1]
        return [dict(zip(self.categories, part.max(axis=0).tolist(), strict=True)) for part in np.split(scores, ends)]

    def _scores(self, vectors: Floats, texts: Sequence[str]) -> Floats:
        return self.heads.scores(vectors, hashed(texts, self.heads.rarity))
