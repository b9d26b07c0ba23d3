"""Texts inside a text: base64, hex, Morse and the like, decoded where something readable comes out.

Bounded: a decoded text is shorter than what it was in, and decoding goes two levels deep. What is no text in the end
(a colour, a digest, a key) stays as it is.
"""

import re
from collections.abc import Callable
from typing import Final

from sluice.text.encodings import CHARACTERS, RUNS, Encoding
from sluice.text.folding import fold
from sluice.text.words import Words

DEPTH: Final = 2
"""Encodings within one another that are undone."""
_WORDS: Final = 0.5
"""Part of a short decoded text that must be words."""
_LONG: Final = 10
"""Characters from which on chance does not make a text of letters and spaces."""
_HINT: Final = re.compile(r"[0-9%&\\=+]|[a-z][A-Z]|[A-Z]{3}[A-Z2-7]{11}|[.\-·•−–—_]{1,6}[ /|][.\-·•−–—_]")
"""Without any of these nothing is encoded: a quick no for most texts."""


def decoded(text: str, words: Words, readable: Callable[[str], bool] = lambda _: False) -> str | None:
    """The text with what is encoded in it replaced by what it says, between spaces; None where there is nothing.

    `text`: as written, since case matters. `readable`: what else counts as text, for example after another cipher.
    """
    return _decoded(text, words, readable, DEPTH)


def _decoded(text: str, words: Words, readable: Callable[[str], bool], depth: int) -> str | None:
    if not _HINT.search(text):
        return None
    found = text
    for encoding in (*CHARACTERS, *RUNS):
        found = encoding.pattern.sub(lambda run, e=encoding: _said(run[0], e, words, readable, depth), found)  # type: ignore[misc] # a default binds it
    if found == text:
        return None
    deeper = _decoded(found, words, readable, depth - 1) if depth > 1 else None
    return deeper or found


def _said(run: str, encoding: Encoding, words: Words, readable: Callable[[str], bool], depth: int) -> str:
    """What a run says, or the run."""
    said = encoding.decode(run)
    if not said or not (said.isprintable() or said.replace("\n", "").replace("\t", "").isprintable()):
        return run
    if encoding.certain:
        return said
    inner = _decoded(said, words, readable, depth - 1) if depth > 1 else None
    if inner is not None:
        return f" {inner} "
    if words.share(fold(said)) >= _WORDS or (len(said) >= _LONG and _letters(said)) or readable(fold(said)):
        return f" {said} "
    return run


def _letters(text: str) -> bool:
    """Whether it is made of letters and spaces, nearly, with vowels among them."""
    letters = sum(character.isalpha() or character == " " for character in text)
    return " " in text and letters * 10 >= len(text) * 9
