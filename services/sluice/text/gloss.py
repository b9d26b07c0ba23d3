"""Chinese word by word in English: a reading that heads for English can score.

No translation. Words keep the order they have in Chinese, forms are bare, and of several meanings the list has one.
It is enough to tell what a prompt asks for, since that hangs on its nouns and verbs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from sluice.errors import NotReadyError
from sluice.text.han import closed_up, simplified

GLOSSARY: Final = "glossary_zh.tsv"
"""Beside this module: Chinese words, separated by spaces, a tab, and what they all mean ("-" is nothing). A third
column, `risk`, marks words that a disallowed request is made of. Like a watchword it is no verdict."""
LEAST_KNOWN: Final = 0.3
"""Share of the Chinese characters that must be in known words."""
NOTHING: Final = "-"
RISK: Final = "risk"
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_FOREIGN: Final = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_SPACES: Final = re.compile(r"\s+")
_LOOSE_MARK: Final = re.compile(r" +(?=[,.;:!?)])")
_MARKS: Final = str.maketrans("，。；：！？（）、“”「」《》【】", ',.;:!?(),""""""  ')


@dataclass(frozen=True, slots=True)
class Glossary:
    """`words`: lower-case simplified word -> English, "" for one that says nothing. `longest`: in characters."""

    words: Mapping[str, str]
    risks: frozenset[str]
    longest: int

    def pieces(self, text: str) -> Iterator[tuple[str, str | None]]:
        """Cuts a lower-case simplified text from left to right, the longest known word first.

        Yields each piece and its English; None for a single character that begins no known word.
        """
        start = 0
        while start < len(text):
            for end in range(min(start + self.longest, len(text)), start, -1):
                english = self.words.get(text[start:end])
                if english is not None:
                    break
            else:
                english, end = None, start + 1
            yield text[start:end], english
            start = end


def parse(lines: str) -> Glossary:
    """Reads a glossary. Raises NotReadyError where a line has other columns, or a word is there twice."""
    words: dict[str, str] = {}
    risks: set[str] = set()
    for number, line in enumerate(lines.splitlines(), start=1):
        written, *columns = line.split("\t")
        keys = written.split()
        if not keys or not columns or not columns[0].strip() or columns[1:] not in ([], [RISK]):
            raise NotReadyError(f"{GLOSSARY}, line {number}: not a glossary's columns; reinstall the package")
        if len(set(keys)) < len(keys) or not words.keys().isdisjoint(keys):
            raise NotReadyError(f"{GLOSSARY}, line {number}: a word is there twice; reinstall the package")
        words |= dict.fromkeys(keys, "" if columns[0] == NOTHING else columns[0])
        risks.update(keys if columns[1:] else ())
    return Glossary(words, frozenset(risks), max(map(len, words), default=0))


@cache
def glossary() -> Glossary:
    """The one that comes with the package. Read once. Raises NotReadyError where it is damaged."""
    return parse(resources.files("sluice.text").joinpath(GLOSSARY).read_text(encoding="utf-8"))


def gloss(text: str) -> str | None:
    """The text with its Chinese words in English, in their order; unknown characters are left out, and what is not
    Chinese stays, in lower case.

    None where there is no Chinese, where kana or Hangul say that it is another language, and where less than
    `LEAST_KNOWN` of its characters are known. Pure, linear in the length.
    """
    return _read(text)[0]


def watched_gloss(text: str) -> str | None:
    """`gloss` where the text holds a word of risk, otherwise None: few harmless texts need a second reading."""
    said, watched = _read(text)
    return said if watched else None


def _read(text: str) -> tuple[str | None, bool]:
    if text.isascii() or _FOREIGN.search(text) or not _HAN.search(text):
        return None, False
    known_words = glossary()
    parts: list[str] = []
    known = total = 0
    watched = False
    for piece, english in known_words.pieces(closed_up(simplified(text)).lower()):
        characters = len(_HAN.findall(piece))
        total += characters
        if english is not None:
            known += characters
            watched = watched or piece in known_words.risks
            parts.append(f" {english} ")
        else:
            parts.append(" " if characters else piece.translate(_MARKS))
    said = _LOOSE_MARK.sub("", _SPACES.sub(" ", "".join(parts))).strip()
    if known < LEAST_KNOWN * total or not any(map(str.isalpha, said)):
        return None, False
    return said, watched
