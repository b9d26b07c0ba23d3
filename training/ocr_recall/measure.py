"""Texts through the check as pictures, and the same texts as they are."""

import json
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ingest.decoder.answer import Refusal
from ingest.decoder.picture import Bounds, read
from sluice.check import Item, Kind, Result, Status
from sluice.errors import TerminalError
from text_classifier.check import TextClassifier
from text_classifier.image_text import ImageTextClassifier
from text_classifier.ocr.passages import passages
from training.ocr_recall.draw import Way, draw

BOUNDS: Final = Bounds(64 << 20, 40_000_000)
_TOKEN = re.compile(r"[\u3040-\u9fff]|[^\W_\u3040-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Row:
    """A text, and whether it should be allowed."""

    text: str
    allow: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One text, drawn one way. `recall`: share of its words that were read; `cpu_ms`: of this process, for the check
    alone; `as_text`, `as_picture`: whether it is not allowed."""

    allow: bool
    recall: float
    as_text: bool
    as_picture: bool
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Judge:
    """The check, the one of plain texts, and the policy's thresholds for adults."""

    check: ImageTextClassifier
    texts: TextClassifier
    thresholds: Mapping[str, float]

    async def see(self, row: Row, way: Way, fonts: Path, seed: int) -> Seen:
        """Draws a text, has it read and judged, and judges it as it is."""
        item = item_of(draw(row.text, way, fonts, seed))
        begun = time.process_time()
        text = await self.check.read(item)
        result = await self.check.score(text)
        cpu_ms = 1000 * (time.process_time() - begun)
        (plain,) = await self.texts.run([Item("c0", Kind.TEXT, text=row.text)])
        found = max((" ".join(passages(rows)[:1]) for rows in text.versions), key=len, default="")
        return Seen(row.allow, recall(row.text, found), self.stops(plain), self.stops(result), cpu_ms)

    def fires(self, scores: Mapping[str, float]) -> bool:
        """Whether a score reaches the policy's threshold."""
        return any(scores.get(category, 0.0) >= least for category, least in self.thresholds.items())

    def stops(self, result: Result) -> bool:
        """Whether a result keeps a content from being allowed: by its scores, or because it is not OK."""
        return result.status is not Status.OK or self.fires(result.scores)


def item_of(data: bytes) -> Item:
    """A picture as the check gets it, from ingest. Raises TerminalError where ingest refuses it."""
    found = read(data, "", BOUNDS)
    if isinstance(found, Refusal):
        raise TerminalError(found.detail)
    tiles = tuple(found.tiles)
    return Item("c0", Kind.IMAGE, width=found.width, height=found.height, rendition=found.rendition, tiles=tiles)


def recall(said: str, found: str) -> float:
    """The share of words of `said` that are in `found`, each as often as it is said; of characters in Chinese."""
    wanted, there = words(said), words(found)
    return (wanted & there).total() / max(1, wanted.total())


def words(text: str) -> Counter[str]:
    """Words in lower case, without punctuation; every Chinese or Japanese character is one."""
    return Counter(_TOKEN.findall(text.casefold()))


def rows_of(path: Path) -> list[Row]:
    """The rows of a suite. Raises OSError, ValueError, KeyError."""
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Row(one["text"], one["label"] == "allow") for one in found]


def dealt(rows: Sequence[Row], way: int, count: int) -> list[tuple[int, Row]]:
    """`count` rows for the way of this number: other ways get other rows, until all were dealt."""
    order = np.random.default_rng(5).permutation(len(rows)).tolist()
    places = [order[(way * count + at) % len(rows)] for at in range(min(count, len(rows)))]
    return [(place, rows[place]) for place in places]
