"""Lines as texts for the text model: whole sentences, and none too long."""

from collections.abc import Sequence

from text_classifier.ocr.blocks import blocks
from text_classifier.ocr.order import Line

MOST_CHARACTERS = 700
"""Of a passage: the text model refuses more than 512 windows, and one letter a sentence makes a window of two."""
SHARED = 2
"""Rows that a passage has in common with the one before, so that no sentence is cut in two by the cutting."""

FEWEST = 3
"""Letters and digits of a text, a Chinese character counting as two. Leaves, stars and buttons are read as one or
two; they are no text, and the text model was not made for them."""

Rows = Sequence[Sequence[Line]]


def passages(rows: Rows) -> list[str]:
    """Texts that together hold every line; none where there is hardly a letter.

    Each passage is there twice where it has several rows: rows run on, for a sentence that is written over them, and
    rows apart, for lines that are texts of their own. Where the lines stand in several places, each place is a text
    of its own as well: what a badge in the background says neither hides a caption nor is made worse by it.
    """
    found: dict[str, None] = {}
    for part in _parts(rows):
        found |= dict.fromkeys((run_on(part), "\n".join(map(_row, part))))
    for block in blocks(rows):
        found |= dict.fromkeys(map(run_on, _parts(block)))
    return list(found)


def _parts(rows: Rows) -> list[Rows]:
    if _letters(rows) < FEWEST:
        return []
    parts: list[Rows] = []
    start, length = 0, 0
    for index, row in enumerate(rows):
        size = len(_row(row)) + 1
        if index > start and length + size > MOST_CHARACTERS:
            parts.append(rows[start:index])
            start = max(start + 1, index - SHARED)
            length = sum(len(_row(one)) + 1 for one in rows[start:index])
        length += size
    return [*parts, rows[start:]]


def _letters(rows: Rows) -> int:
    characters = [character for row in rows for line in row for character in line.text if character.isalnum()]
    return sum(2 if _unspaced(character) else 1 for character in characters)


def _row(row: Sequence[Line]) -> str:
    return " ".join(line.text.strip() for line in row)


def run_on(rows: Rows) -> str:
    """One row after the other: a word cut by a hyphen is made whole, and Chinese is not spaced."""
    text = ""
    for row in map(_row, rows):
        if len(text) > 1 and text[-1] == "-" and text[-2].isalpha():
            text = text[:-1] + row
        else:
            text += f"{_gap(text, row)}{row}"
    return text


def _gap(before: str, after: str) -> str:
    return "" if not before or (_unspaced(before[-1]) and _unspaced(after[:1])) else " "


def _unspaced(character: str) -> bool:
    """Chinese and Japanese: written without spaces between words."""
    return "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"
