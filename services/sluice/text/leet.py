"""Letters written with digits and signs, where folding leaves them: at a word's ends, or drawn with several."""

import re
from itertools import product
from typing import Final

from sluice.text.watchwords import WATCHED
from sluice.text.words import LONGEST, Words

_DRAWN: Final = {
    "|\\/|": "m",
    "/\\/\\": "m",
    "\\/\\/": "w",
    "|\\|": "n",
    "\\/": "v",
    "/\\": "a",
    "/-\\": "a",
    "|-|": "h",
    "]-[": "h",
    "|<": "k",
    "|{": "k",
    "|)": "d",
    "|>": "d",
    "|3": "b",
    "|=": "f",
    "|_|": "u",
    "(_)": "u",
    "|_": "l",
    "()": "o",
    "[]": "o",
    "<>": "o",
    "{}": "o",
    "><": "x",
    "}{": "x",
    "vv": "w",
    "uu": "w",
    "ph": "f",
}
_DIGITS: Final = "023456789@$(<[{€£¢¥+#^"
_TABLES: Final = tuple(
    str.maketrans(f"{_DIGITS}1!|", f"{letters}{one}{mark}{mark}")
    for letters, one, mark in (
        ("ozeasgtbgasccccelcytha", "i", "i"),
        ("ozeasgtbgasccccelcytha", "l", "i"),
        ("ozeasbtbgasccccelcytha", "i", "l"),
        ("ozeasbtbqasccccelcytha", "l", "l"),
    )
)
_SIGNS: Final = re.compile("|".join(map(re.escape, sorted(_DRAWN, key=len, reverse=True))))
_BETWEEN: Final = re.compile(r"[.\-_*'~`,:;?\"]+")
_REPEATED: Final = re.compile(r"([a-z])\1+")
_RUNS: Final = 4


def readings(token: str) -> list[str]:
    """The words of a-z that a token with digits or signs may stand for; none where no letter is in sight."""
    if len(token) > 4 * LONGEST:
        return []
    drawn = _SIGNS.sub(lambda sign: _DRAWN[sign[0]], token)
    if token.isalpha():
        return [drawn] if drawn != token and token.isascii() and len(drawn) >= 3 else []
    if not any(map(str.isalpha, drawn)):
        return []
    found = (_BETWEEN.sub("", form).translate(table) for form in (drawn, token) for table in _TABLES)
    return [word for word in dict.fromkeys(found) if len(word) >= 3 and word.isascii() and word.isalpha()]


def squeezed(token: str, words: Words) -> str | None:
    """The known word left when repeated letters are written once or twice: "bommmb" -> "bomb". None: there is none.

    A letter written only twice is repaired in watchwords alone: "llama" is no slip."""
    runs = [run for run in _REPEATED.finditer(token) if len(run[0]) > 1]
    if not runs or len(runs) > _RUNS or len(token) > 3 * LONGEST:
        return None
    thrice = any(len(run[0]) > 2 for run in runs)
    for lengths in product((1, 2), repeat=len(runs)):
        pieces, place = [], 0
        for run, length in zip(runs, lengths, strict=True):
            pieces += [token[place : run.start()], run[1] * length]
            place = run.end()
        word = "".join((*pieces, token[place:]))
        if word != token and words.known(word) and len(word) > 1 and (thrice or word in WATCHED):
            return word
    return None
