"""One spelling for many: undoes the disguises of a word and leaves honest text of any script readable."""

import re
import unicodedata
from collections.abc import Mapping

from sluice.text.han import simplified
from sluice.text.lookalikes import BRAILLE, LATIN_VARIANTS, LEET, RESEMBLING, TWINS

_WORD = re.compile(r"[^\W\d_]+")
# Anchored at the start of a run of letters: without that a long run costs its length squared.
_LEET = re.compile(r"(?<![a-z])(?:[a-z]+(?:[013457@$!]+[a-z]+)+\$*|\$[a-z]{2,}|[a-z]+\$+)")
_SPELLED = re.compile(r"(?<![^\W_])[^\W\d_](?:([ .\-_*+·•|/])[^\W\d_])(?:\1[^\W\d_])+(?![^\W_])")
_SPELLED_ASCII = re.compile(r"(?<![a-z0-9])[a-z](?:([ .\-_*+|/])[a-z])(?:\1[a-z])+(?![a-z0-9])")
"""The same for text that holds nothing else: most of it, and several times as fast."""
_LEET_SIGN = re.compile(r"[013457@$!]")
_UNDERSCORES = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]{3,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOST_MARKS = 2
"""Accents kept on a letter outside Latin; Vietnamese, which has more, is Latin."""
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")
"""Hangul fillers: letters by category, blank to the eye."""


def fold(text: str) -> str:
    """The text in lower case, one space between words, without what a reader cannot see, and with these undone:

    styled letters (NFKC), accents on Latin letters, look-alikes from other scripts in words that also hold Latin
    letters, digits and signs for letters ("b0mb"), spelled-out words ("b-o-m-b"), underscores for spaces, Braille,
    and traditional Chinese characters. A word in one script other than Latin stays as it is.

    Pure; the cost grows with the length of the text. Folding twice may undo more: "a  b c" has a gap, "a b c" none.
    """
    return unleet(unveil(text))


def unveil(text: str) -> str:
    """`fold` without letters for digits and signs: what a reader sees, in plain letters."""
    plain = _CONTROL.sub(" ", text).lower() if text.isascii() else _plain(text)
    spelled = _SPELLED_ASCII if plain.isascii() else _SPELLED
    joined = spelled.sub(lambda run: run[0].replace(run[1], ""), plain)
    return " ".join(_UNDERSCORES.sub(" ", joined).split())


def unleet(text: str) -> str:
    """Letters for the digits and signs between letters, and for some signs at a word's ends. Lower case alone."""
    return _LEET.sub(lambda run: _translate(run[0], LEET), text) if _LEET_SIGN.search(text) else text


def latin(text: str) -> str:
    """Every letter that looks like a Latin one as that one, in lower case, whatever the word's script: a guess that
    only a list of words can judge."""
    return _translate(_translate(text.upper(), TWINS).lower(), {**TWINS, **RESEMBLING}).lower()


def _plain(text: str) -> str:
    """The text without what cannot be seen, in lower case, look-alikes in Latin."""
    seen = _visible(unicodedata.normalize("NFKC", _translate(text, LATIN_VARIANTS)))
    seen = _REGIONAL.sub(lambda run: "".join(chr(ord(flag) - 0x1F1E6 + ord("a")) for flag in run[0]), seen)
    seen = _translate(_translate(seen, LATIN_VARIANTS), BRAILLE)
    return simplified(unicodedata.normalize("NFC", _unmix(seen).casefold()))


def _translate(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)


def _visible(text: str) -> str:
    """Drops invisible and unassigned characters and the marks on Latin letters; every kind of gap becomes a space."""
    kept: list[str] = []
    base = " "
    marks = 0
    for character in unicodedata.normalize("NFD", text):
        category = unicodedata.category(character)
        if category in {"Mn", "Me"}:
            marks += 1
            if not base.isascii() and not _invisible_mark(character) and not _heaped(character, marks):
                kept.append(character)
        elif character.isspace() or category == "Cc" or character == "\u2800":
            base, marks = " ", 0
            kept.append(base)
        elif category[0] != "C" and character not in _UNSEEN:
            base, marks = character, 0
            kept.append(base)
    return unicodedata.normalize("NFC", "".join(kept))


def _heaped(character: str, place: int) -> bool:
    """A stroke through the letter, or a Western accent beyond those that any language heaps on one."""
    return unicodedata.combining(character) == 1 or ("\u0300" <= character <= "\u036f" and place > _MOST_MARKS)


def _invisible_mark(character: str) -> bool:
    """The grapheme joiner, Khmer inherent vowels and variation selectors."""
    return character in "\u034f\u17b4\u17b5" or "\ufe00" <= character <= "\ufe0f" or character >= "\U000e0100"


def _unmix(text: str) -> str:
    """Brings to Latin the words that mix scripts and, in a Latin text, those made of look-alikes alone.

    In a text of another script a word of look-alikes alone is honest ("сор" beside "мусор"): one word with a letter
    that has no Latin twin says that the script is at home.
    """
    words = _WORD.findall(text)
    latin = any(map(str.isascii, words))
    at_home = any(not any(map(str.isascii, word)) and not set(word) <= TWINS.keys() for word in words)

    def mend(found: re.Match[str]) -> str:
        word = found[0]
        if any(map(str.isascii, word)):
            return _translate(_translate(word, TWINS), RESEMBLING)
        return _translate(word, TWINS) if latin and not at_home and set(word) <= TWINS.keys() else word

    return _WORD.sub(mend, text)
