"""How a text and a name are written so that they can be compared: words with one space between them."""

import re
from typing import Final

from sluice.text.folding import fold
from sluice.text.han import simplified
from sluice.text.lookalikes import LEET

FEWEST_LETTERS: Final = 3
"""Of a name in a script with spaces between words; two where there are none (Han, kana)."""
FEWEST_JOINED: Final = 8
"""Letters of a name whose words may also be written as one."""

SPACELESS: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, kana, Han. For a character class."""
_HANGUL: Final = "\uac00-\ud7af"
_MARKS: Final = "\u0300-\u036f\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u102b-\u103e\u17b4-\u17d3"
"""Signs that belong to a word and are no letters: vowels and accents of Arabic, of India and beyond."""

_POSSESSIVE: Final = re.compile(r"(?<=\w)['\u2019\u02bc`]s(?!\w)")
_APOSTROPHE: Final = re.compile(r"(?<=\w)['\u2019\u02bc`](?=\w)")
_INNER: Final = re.compile(rf"(?<=[{SPACELESS}])[ \u00b7\u30fb\u2027\u2022*_=\-]{{1,3}}(?=[{SPACELESS}])")
_SEAM: Final = re.compile(rf"(?<=[{SPACELESS}])(?=[^\W_{SPACELESS}])|(?<=[^\W_{SPACELESS}])(?=[{SPACELESS}])")
_HAN: Final = re.compile("[\u3400-\u9fff]+")
_GAP: Final = re.compile(rf"[^\w{_MARKS}]+|_+")
_ASCII_GAP: Final = re.compile(r"[^a-z0-9]+")
_ABBREVIATION: Final = re.compile(r"(?:^|[^\w])\w{1,3}$")
_SPACELESS_ONE: Final = re.compile(f"[{SPACELESS}]")
_OPEN_ENDED: Final = re.compile(f"[{SPACELESS}{_HANGUL}]")
_INITIALS: Final = re.compile(r"(?<!\w)\w(?: \w)+(?!\w)")
_DIGIT: Final = re.compile("[013457]")
_EDGE: Final = re.compile(r"(?<=[a-z][a-z])[013457]+(?![^\W_])|\b[013457]+(?=[a-z][a-z])")
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def bare(text: str) -> str:
    """A text that `sluice.text.folding.fold` has been through, as words with one space before, between and after.

    Apostrophes within words are gone ("okeeffe"), a possessive is a word of its own ("hockney s"). Text without
    spaces is parted from Latin words and rid of the dots and spaces within it.
    """
    text = _parted(text)
    return f" {(_ASCII_GAP if text.isascii() else _GAP).sub(' ', text).strip()} "


def plain(text: str) -> str:
    """`bare` with every character in its place, but for the signs between words: ",", "." or ":"."""
    text = _parted(text)
    return f" {(_ASCII_GAP if text.isascii() else _GAP).sub(_sign, text).strip(' ,.:')} "


def edged(text: str) -> str:
    """A folded text with digits for letters undone where a word begins or ends, too: "5tyle", "rutkowsk1".

    `fold` leaves them, since many an honest word is written so ("35mm"); none of those is a name.
    """
    if not _DIGIT.search(text):
        return text
    return _EDGE.sub(lambda run: "".join(map(LEET.__getitem__, run[0])), text)


def _parted(text: str) -> str:
    if not text.isascii() or "'" in text or "`" in text:
        text = _APOSTROPHE.sub("", _POSSESSIVE.sub(" s", text))
    if not text.isascii():
        text = _HAN.sub(lambda run: simplified(run[0]), text)
        text = _SEAM.sub(" ", _INNER.sub("", text))
    return text


def forms(name: str) -> frozenset[str]:
    """How a name may stand in what `bare` gives, beginning with a space where a word has to begin there.

    With hyphens as spaces or nothing, apostrophes as nothing or a space, initials apart or together, words run
    together where the name is long enough, umlauts with and without e. Empty where the name is too short.
    """
    written = {name, name.replace("-", ""), re.sub("['\u2019\u02bc`]", " ", name), name.translate(_UMLAUTS)}
    found = {bare(fold(one)).strip() for one in written}
    found |= {_INITIALS.sub(lambda run: run[0].replace(" ", ""), one) for one in found}
    found |= {joined for one in found if len(joined := one.replace(" ", "")) >= FEWEST_JOINED}
    return frozenset(one if _SPACELESS_ONE.match(one) else f" {one}" for one in found if _long_enough(one))


def letters(name: str) -> int:
    """Letters and digits of a name as it is compared."""
    return sum(map(str.isalnum, bare(fold(name))))


def open_ended(form: str) -> bool:
    """Whether more letters may follow the name without a space: particles of Korean, any word of Chinese."""
    return _OPEN_ENDED.match(form[-1]) is not None


def _long_enough(one: str) -> bool:
    count = sum(map(str.isalnum, one))
    return count >= FEWEST_LETTERS or (count >= 2 and _OPEN_ENDED.search(one) is not None)


def _sign(gap: re.Match[str]) -> str:
    """What a gap between words is to a reader. The full stop of an abbreviation is none: "Mr. Doodle", "H. R."."""
    signs = gap[0]
    if signs == " ":
        return " "
    if any(sign in signs for sign in "!?;\u3002\uff01\uff1f"):
        return "."
    if "." in signs:
        before = gap.string[max(0, gap.start() - 4) : gap.start()]
        return " " if _ABBREVIATION.search(before) else "."
    if any(sign in signs for sign in ",|/+&\u3001\uff0c"):
        return ","
    return ":" if ":" in signs else " "
