"""A second reading of a folded text, for damage that only a word list can judge: "b()mb", "bo mb", "bommmb", "p*rn".

Folding undoes what is a disguise in any text. What is here could as well be honest ("4k", "Scunthorpe"), so it counts
only where it shows a watchword that was not there or many words at once. Every step is linear in the text's length.
"""

import re
from collections.abc import Iterator

from sluice.text import leet
from sluice.text.folding import unleet
from sluice.text.han import closed_up
from sluice.text.splits import join_singles, resegment
from sluice.text.watchwords import PICTURED, WATCHED
from sluice.text.words import Words

_MARKS = ".,;:!?\"'()[]{}*_~`“”‘’«»-"
_PUNCTUATION = ".,;:?\"'"
_LETTERS = re.compile(r"[a-z]+")
_SIGN = re.compile(r"[^a-z0-9]")
_PIECES = re.compile(r"[a-z]+|[^a-z]+")
_CONTRACTED = re.compile(r"[a-z]+['’](?:s|t|re|ve|ll|d|m)")
_PICTURES = str.maketrans({picture: f" {word} " for picture, word in PICTURED.items()})
_MANY = 2
"""Words that must have come to light where none of them is a watchword."""
_WHOLE = 4
"""Letters in a part that is a word by itself, and in a whole of several parts."""


def mend(seen: str, words: Words) -> str | None:
    """The text with damaged words repaired; None where that shows nothing new that matters.

    `seen`: what `unveil` made. The result is in lower case, one space between words; it may be a little longer.
    """
    if seen.isascii():
        if all(map(words.ordinary, seen.split())):
            return None
        return _mended(seen, seen, words)
    closed = closed_up(seen)
    mended = _mended(seen, closed.translate(_PICTURES), words)
    return closed if mended is None and closed != seen else mended


def _mended(seen: str, text: str, words: Words) -> str | None:
    tokens = [part for token in join_singles(text).split() for part in _parts(token, words)]
    reread = {token: _reread(token, words) for token in tokens if not words.known(token)}
    cut = resegment([reread.get(token, token) for token in tokens], words)
    mended = [token if words.known(token) or reread.get(token) == token else _reread(token, words) for token in cut]
    return " ".join(" ".join(mended).split()) if _matters(unleet(seen), mended, words) else None


def _parts(token: str, words: Words) -> Iterator[str]:
    """A token repaired; or its parts, the signs among them, which end a run of pieces."""
    if words.known(token):
        yield token
        return
    core = token.strip(_MARKS)
    if words.known(core):
        before, after = token.split(core, 1)
        yield from filter(None, (before, core, after))
        return
    repaired = _repaired(token, core, words)
    if repaired:
        yield repaired
    elif "-" in core and not core.isalpha():
        for part in core.split("-"):
            yield _repaired(part, part, words) or unleet(part)
    elif token.isascii() and not any(map(str.isdigit, token)):
        yield from _PIECES.findall(token)
    else:
        yield unleet(token)


def _repaired(token: str, core: str, words: Words) -> str | None:
    """The word that a token with signs or digits in it stands for, or None."""
    if not token.isascii() or _CONTRACTED.fullmatch(core) or _LETTERS.fullmatch(token.strip(_PUNCTUATION)):
        return None
    parts = _LETTERS.findall(core)
    if len(parts) > 1 and all(len(part) >= _WHOLE and words.known(part) for part in parts):
        return None
    whole = "".join(parts)
    if len(parts) > 1 and not any(map(str.isdigit, core)):
        if (len(whole) >= _WHOLE and words.known(whole)) or whole in WATCHED:
            return whole
        if hidden := words.meant(_SIGN.sub("?", core)):
            return hidden
    readings = [word for form in dict.fromkeys((token, core)) for word in leet.readings(form)]
    for word in readings:
        if word in WATCHED or (words.known(word) and not _LETTERS.fullmatch(core)):
            return word
    if any(map(str.isdigit, core)):
        return next((word for word in readings if words.plausible(word) or words.meant(word)), None)
    return None


def _reread(token: str, words: Words) -> str:
    """A word of letters alone, repaired by its letters: written too often, swapped, wrong, backwards, "ph"."""
    if not _LETTERS.fullmatch(token):
        return token
    if found := leet.squeezed(token, words) or words.meant(token) or words.unswapped(token):
        return found
    return next((word for word in leet.readings(token) if word in WATCHED), token)


def _matters(folded: str, mended: list[str], words: Words) -> bool:
    new = set(mended) - set(_LETTERS.findall(folded))
    return not WATCHED.isdisjoint(new) or sum(words.known(word) and len(word) > 2 for word in new) >= _MANY
