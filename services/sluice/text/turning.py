"""Letters put through a simple cipher, text written backwards or upside down: undone where that gives words."""

import re
from collections.abc import Callable, Iterator
from string import ascii_lowercase
from typing import Final

from sluice.text.folding import latin, unleet
from sluice.text.watchwords import WATCHED
from sluice.text.words import Words

_LETTERS: Final = re.compile(r"[a-z]{3,}")
_LOOKED_AT: Final = 40
"""Odd words by which a turn is recognised; more would only cost time."""
_SHARE: Final = 0.6
"""Part of the odd words' letters that must become words."""
_AT_LEAST: Final = 7
"""Letters that must become words, where none of them is a watchword."""
_AROUND: Final = ".,;:!?\"'()-"
_SHIFTS: Final = tuple(
    str.maketrans(ascii_lowercase, ascii_lowercase[shift:] + ascii_lowercase[:shift]) for shift in range(1, 26)
)
_FEW: Final = (_SHIFTS[12], str.maketrans(ascii_lowercase, ascii_lowercase[::-1]))
"""Rot13 and the mirrored alphabet, which are tried on two odd words already; the other shifts on three."""
_FLIPPED: Final = dict(
    zip(
        "ɐqɔpǝɟƃɓɥᴉıɾʞןʃɯuoødbɹsʇnʌʍxʎz∀ꓭƆ◖ƎℲ⅁ʞ˥⅂ԀΌᴚ⊥∩Λ⅄¡¿",
        "abcdefgghiijkllmnoopqrstuvwxyzabcdefgkllpqrtuvy!?",
        strict=True,
    )
)
_ONLY_FLIPPED: Final = frozenset("ɐɔǝɟƃɥᴉɾʞןɯɹʇʌʍʎ∀ƆƎℲ⅁˥⅂Ԁᴚ⊥∩⅄")


def upright(text: str) -> list[str]:
    """The text as a reader sees it who turns the page around; empty where it holds fewer than three turned letters.

    Twice: with the order of the characters turned too, and with it kept.
    """
    if text.isascii() or sum(character in _ONLY_FLIPPED for character in text) < 3:
        return []
    turned = "".join(_FLIPPED.get(character.lower(), _FLIPPED.get(character, character)) for character in text)
    return [turned[::-1], turned]


def turned(folded: str, words: Words) -> list[str]:
    """The text with its odd words deciphered or read from the right, where most of them become words.

    `folded`: what `fold` made. At most two: text read from the right comes with its words in either order. Between
    the first and the last odd word everything is turned; what stands around them ("decode this:") stays.
    """
    odd = [found for found in _LETTERS.finditer(folded) if not words.known(found[0])]
    sample = [found[0] for found in odd[:_LOOKED_AT]]
    if len(sample) < 2:
        return []
    before, middle, after = _around(folded, odd[0].start(), odd[-1].end())
    if _works(sample, lambda word: word[::-1], words):
        each = " ".join(word[::-1] for word in middle.split())
        return list(dict.fromkeys(f"{before}{inner}{after}" for inner in (middle[::-1], each)))
    for table in _tables(len(sample)):
        if _works(sample, lambda word, table=table: word.translate(table), words):  # type: ignore[misc] # a default binds it
            return [f"{before}{middle.translate(table)}{after}"]
    return []


def romanised(seen: str, words: Words) -> str | None:
    """The text with letters that look like Latin ones as those, where that makes English words of most of the words
    that hold any. None where it does not: the text is in another script by right.

    `seen`: what `unveil` made, which settles single letters; this is for whole words in borrowed letters.
    """
    if seen.isascii():
        return None
    before = seen.split()
    after = [token if token.isascii() else latin(token) for token in before]
    changed = [new.strip(_AROUND) for old, new in zip(before, after, strict=True) if old != new]
    long = [word for word in changed if len(word) > 2]
    letters = sum(map(len, long))
    if letters < 3 or sum(len(word) for word in long if words.plausible(word)) < _SHARE * letters:
        return None
    return unleet(" ".join(after))


def _tables(odd: int) -> Iterator[dict[int, int]]:
    yield from _FEW
    if odd > 2:
        yield from _SHIFTS


def _works(sample: list[str], turn: Callable[[str], str], words: Words) -> bool:
    found = [word for word in map(turn, sample) if words.known(word)]
    letters = sum(map(len, found))
    enough = letters >= _AT_LEAST or not WATCHED.isdisjoint(found)
    return enough and letters >= _SHARE * sum(map(len, sample))


def _around(text: str, start: int, end: int) -> tuple[str, str, str]:
    """The text before, within and after the odd words; short neighbours, which a cipher can turn to words, within."""
    while (space := text.rfind(" ", 0, max(start - 1, 0))) >= 0 and start - space <= 4:
        start = space + 1
    if start <= 3:
        start = 0
    while end < len(text) and (space := text.find(" ", end + 1)) >= 0 and space - end <= 4:
        end = space
    if len(text) - end <= 3:
        end = len(text)
    return text[:start], text[start:end], text[end:]
