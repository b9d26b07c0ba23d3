"""Puts words together again that spaces or signs cut, and cuts those apart that were glued. Linear in the length."""

import re
from itertools import accumulate

from sluice.text.watchwords import WATCHED
from sluice.text.words import LONGEST, Words

_JOIN = 5.0
"""What taking out a space costs: more than two honest neighbours save by being one word ("pen is")."""
_JOIN_MANY = 2.5
"""The same in a run of `_BROKEN` odd words or more, where spaces mean little."""
_BROKEN = 6
_UNREAD = 0.2
"""Part of the letters that may stay unknown where a run is cut anew."""
_CUT = 3.0
_FUNCTION = 7.0
"""The cost below which a word is one of the hundred commonest."""
_SHORT = 4
"""Letters in a neighbour that may be a piece of the same word."""
_PIECE = 6
"""Letters in an odd word that may be a piece of one."""
_GLUED = 8
"""Letters from which on an unknown word may be several."""

_SINGLES = re.compile(r"(?<![^\W_])(?<![^\W_][^\s\w])[^\W_](?:[\W_]{1,3}[^\W_]){2,}(?![^\W_])(?![^\s\w][^\W_])")
_GAPS = re.compile(r"[\W_]+")
_WORDLIKE = re.compile(r"[a-z]+")


def join_singles(text: str) -> str:
    """Characters that stand alone, three or more in a row with one to three signs or spaces between them, as one
    word: "k . i - l_l" -> "kill". Where no letter is among them they stay: a list of numbers is none."""

    def joined(run: re.Match[str]) -> str:
        together = _GAPS.sub("", run[0])
        return together if sum(map(str.isalpha, together)) >= 3 else run[0]

    return _SINGLES.sub(joined, text)


def resegment(tokens: list[str], words: Words) -> list[str]:
    """The tokens with runs of odd ones cut anew at the cheapest places: "bo mb" -> "bomb", "killthem" -> "kill them".

    Only tokens of a-z alone take part, and only around one that is no common word; all others stay.
    """
    if not any(odds := [_odd(token, words) for token in tokens]):
        return tokens
    found: list[str] = []
    run: list[str] = []
    odd = False
    pieces = [mine and len(token) <= _PIECE for mine, token in zip(odds, tokens, strict=True)]
    near = [before or after for before, after in zip([False, *pieces], [*pieces[1:], False], strict=False)]
    for token, mine, beside in zip(tokens, odds, near, strict=True):
        if mine or (beside and len(token) <= _SHORT and _WORDLIKE.fullmatch(token)):
            run.append(token)
            odd = odd or mine
            continue
        found += _closed(run, odd, words)
        found.append(token)
        run, odd = [], False
    return found + _closed(run, odd, words)


def _odd(token: str, words: Words) -> bool:
    return not words.ordinary(token) and _WORDLIKE.fullmatch(token) is not None


def _closed(run: list[str], odd: bool, words: Words) -> list[str]:
    """The run cut anew, where that joins pieces to known words or shows that a long word was several."""
    if not odd or (len(run) == 1 and (len(run[0]) < _GLUED or words.compound(run[0]))):
        return run
    cut = _cheapest(run, words)
    if len(run) == 1:
        return cut if _several(cut, words) else run
    unknown = sum(len(word) for word in cut if not words.known(word))
    return cut if len(cut) < len(run) and unknown <= _UNREAD * sum(map(len, cut)) else run


def _several(cut: list[str], words: Words) -> bool:
    """Whether one word was cut into what nobody writes as one: honest compounds have two or three parts."""
    if not all(map(words.known, cut)) or sum(len(word) == 1 for word in cut) * 4 > len(cut):
        return False
    watched = sum(word in WATCHED for word in cut)
    if len(cut) == 2:
        return watched == 2 or (watched == 1 and any(words.cost(word) < _FUNCTION for word in cut))
    return len(cut) > 3 or watched > 0


def _cheapest(run: list[str], words: Words) -> list[str]:
    """Viterbi's best cut of the run's letters: words cost by how rare they are, changed boundaries extra."""
    letters = "".join(run)
    join = _JOIN if len(run) < _BROKEN else _JOIN_MANY
    ends = set(accumulate(map(len, run)))
    passed = [0] * (len(letters) + 1)
    for place in range(1, len(letters)):
        passed[place + 1] = passed[place] + (place in ends)
    best = [0.0] + [float("inf")] * len(letters)
    start_of = [0] * (len(letters) + 1)
    for end in range(1, len(letters) + 1):
        extra = 0.0 if end in ends else _CUT
        for start in range(max(0, end - LONGEST), end):
            # Boundaries of the run strictly between start and end are given up.
            joins = join * (passed[end] - passed[start + 1]) if end > start + 1 else 0.0
            cost = best[start] + words.cost(letters[start:end]) + extra + joins
            if cost < best[end]:
                best[end], start_of[end] = cost, start
    pieces: list[str] = []
    end = len(letters)
    while end:
        pieces.append(letters[start_of[end] : end])
        end = start_of[end]
    return pieces[::-1]
