"""One thing that two policies say differently, and whether the new one is stricter in it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Effect(StrEnum):
    """What a change does to what is allowed."""

    STRICTER = "stricter"
    LAXER = "laxer"
    NEITHER = "neither"
    UNTOLD = "cannot tell"


@dataclass(frozen=True, slots=True)
class Change:
    """`about`: what it is a change of, such as "rule hate"; `key`: which part of it, empty for the whole.

    `old`, `new`: as a policy file would say it; None where it is not there. `where`: of thresholds, for which
    requests; empty for all.
    """

    about: str
    key: str
    old: str | None
    new: str | None
    effect: Effect
    where: str = ""


_WORDS: Final = re.compile(r'"[^"]*"|\'[^\']*\'')
_TURNING: Final = re.compile(
    r"!(?!=)|<|\?|\b(?:false|exists_one|filter|map|size)\b|\)\s*[!=]=|[!=]=\s*\(|-\s*threshold|/\s*threshold"
)
_BEHIND: Final = re.compile(r"(>=?\s*)(\d+(?:\.\d+)?)(?![\w.])")
_THRESHOLD: Final = re.compile(r"\bthreshold\s*\(")
_HELD: Final = re.compile(r">=?\s*threshold\s*\(")


def plain(when: str) -> bool:
    """Whether a higher threshold can only make the condition false, never true: it only asks "at least" of scores.

    False where that cannot be told from the text: negations, `<`, `? :`, counts, comparisons of comparisons, or a
    threshold that stands anywhere but behind `>` or `>=`.
    """
    bare = _WORDS.sub('""', when)
    return not _TURNING.search(bare) and len(_THRESHOLD.findall(bare)) == len(_HELD.findall(bare))


def raised(old: str, new: str) -> Effect:
    """What a changed condition of a rule that restricts does. Told where only numbers behind `>` or `>=` differ."""
    if not plain(old) or _BEHIND.sub(r"\1N", _close(old)) != _BEHIND.sub(r"\1N", _close(new)):
        return Effect.UNTOLD
    numbers = [
        (float(a), float(b)) for (_, a), (_, b) in zip(_BEHIND.findall(old), _BEHIND.findall(new), strict=True)
    ]
    if all(a == b for a, b in numbers):
        return Effect.NEITHER
    if all(a <= b for a, b in numbers):
        return Effect.LAXER
    return Effect.STRICTER if all(a >= b for a, b in numbers) else Effect.UNTOLD


def same(old: str, new: str) -> bool:
    """Whether two conditions are the same but for white space between words."""
    return _close(old) == _close(new)


def _close(when: str) -> str:
    return re.sub(r"\s+", " ", when.strip())
