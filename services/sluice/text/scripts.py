"""Words and the script of each: what can be told of a text's language without a model."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LATIN = "LATIN"
HAN = "HAN"
KANA = "KANA"

_BY_NAME = {"CJK": HAN, "IDEOGRAPHIC": HAN, "BOPOMOFO": HAN, "HIRAGANA": KANA, "KATAKANA": KANA} | {
    "KATAKANA-HIRAGANA": KANA,
    "MODIFIER": "",
}
"""The first word of a letter's Unicode name, where that is not its script. Empty: a letter of every script."""

_WRITTEN_IN = {
    HAN: "ja ko zh",
    KANA: "ja",
    LATIN: "sr",
    "ARABIC": "ar ary arz fa ku ps ug ur",
    "ARMENIAN": "hy",
    "BENGALI": "as bn",
    "CYRILLIC": "be bg kk ky mk mn ru sr tg tt uk",
    "DEVANAGARI": "hi mr ne sa",
    "ETHIOPIC": "am",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HANGUL": "ko",
    "HEBREW": "he",
    "KANNADA": "kn",
    "KHMER": "km",
    "LAO": "lo",
    "MALAYALAM": "ml",
    "MYANMAR": "my",
    "ORIYA": "or",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
}
"""Script -> the languages written in it. What stands nowhere here is written in Latin letters."""
_LETTERS_OF_A_WORD = {HAN: 2, KANA: 2, "THAI": 4, "LAO": 4, "KHMER": 4, "MYANMAR": 4, "TIBETAN": 4}
"""Of scripts that are written without spaces: about how many letters say as much as a word."""
_RESEMBLE_LATIN = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
_APOSTROPHES = "'’"
_CLAUSE_ENDS = frozenset(',.;:!?…()[]{}<>"“”„«»‹›|–—/\\+=。，、；：！？「」『』،؛؟।')
_ASCII_RUN = re.compile(r"""[A-Za-z]+(?:'[A-Za-z]+)*|[,.;:!?()\[\]{}<>"|/\\+=]""")
"""What `_runs` finds in ASCII, and much faster."""
_LONGEST = 40
"""Letters and signs without a space that can still be words; longer in ASCII is a payload or an address."""


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters of one script.

    `weight`: how many words it counts for; a single Latin letter is none. `clause`: ascends at marks and line ends.
    """

    text: str
    script: str
    weight: float
    clause: int


def scripts_of(language: str) -> frozenset[str]:
    """The scripts that a language (ISO 639) is written in; Latin for those that we know nothing else of."""
    return frozenset(kind for kind, codes in _WRITTEN_IN.items() if language in codes.split()) or frozenset({LATIN})


def words(text: str) -> list[Word]:
    """The words of a text in order, without addresses, numbers, signs and what a reader cannot see.

    A word with Latin letters and look-alikes of them from other scripts is Latin: that is a disguise, not a language.
    """
    found: list[Word] = []
    clause = 0
    for line in unicodedata.normalize("NFKC", text).splitlines():
        clause += 1
        for token in line.split():
            if token.isascii() and ("://" in token or "@" in token or len(token) > _LONGEST):
                continue
            for run in _ASCII_RUN.findall(token) if token.isascii() else _runs(token):
                if run[0].isalpha():
                    found += [_word(run, LATIN, clause)] if run.isascii() else _by_script(run, clause)
                else:
                    clause += 1
    return found


@lru_cache(maxsize=1 << 14)
def script(letter: str) -> str:
    """The script of a letter: a word of capitals; empty for marks, apostrophes and letters of every script."""
    if not letter.isalpha():
        return ""
    first = unicodedata.name(letter, "UNKNOWN").split(" ", 1)[0]
    return _BY_NAME.get(first, first)


def _runs(token: str) -> Iterator[str]:
    """Runs of letters with their marks, and the marks that end a clause; an apostrophe between letters joins them."""
    run = ""
    for character in token:
        category = unicodedata.category(character)
        if character.isalpha() or (run and (character in _APOSTROPHES or category[0] == "M")):
            run += character
        elif category != "Cf":
            if run:
                yield run.rstrip(_APOSTROPHES)
            run = ""
            if character in _CLAUSE_ENDS:
                yield character
    if run:
        yield run.rstrip(_APOSTROPHES)


def _by_script(run: str, clause: int) -> Iterator[Word]:
    kinds = {script(character) for character in run} - {""}
    if len(kinds) == 1 or (LATIN in kinds and kinds & _RESEMBLE_LATIN):
        yield _word(run, LATIN if LATIN in kinds else kinds.pop(), clause)
        return
    part, kind = "", ""
    for character in run:
        its = script(character)
        if part and kind and its and its != kind:
            yield _word(part, kind, clause)
            part, kind = "", ""
        part, kind = part + character, kind or its
    if part and kind:
        yield _word(part, kind, clause)


def _word(text: str, kind: str, clause: int) -> Word:
    if kind in _LETTERS_OF_A_WORD:
        return Word(text, kind, len(text) / _LETTERS_OF_A_WORD[kind], clause)
    return Word(text, kind, 0.0 if kind == LATIN and len(text) == 1 else 1.0, clause)
