"""What a rule that fired looked at besides scores, in a few words: list entries, persons, signals, an age band.

No content: ids of lists and entries, labels, numbers.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sluice.policy.facts import ContentFacts, Facts
from sluice.v1.verdict_pb2 import ListMatch

_MOST = 8
"""Things named in one reason."""
_KIND = re.compile(r"""\.kind\s*==\s*["']([^"']+)["']""")
_SCORE = re.compile(r"""score\(\s*["']([^"']+)["']\s*\)\s*>=?\s*([0-9]+(?:\.[0-9]+)?)""")
_SIGNAL = re.compile(r"\.signals\.(\w+)")
_CONTENT_SCORE = re.compile(r"""\.scores\[\s*["']([^"']+)["']\s*\]""")


@dataclass(frozen=True, slots=True)
class Looks:
    """What a condition asks of contents. `constants`: category -> the number that its score is held against."""

    constants: Mapping[str, float]
    signals: tuple[str, ...]
    scores: tuple[str, ...]
    kinds: frozenset[str]
    matches: bool
    person: bool
    age_band: bool


@lru_cache(maxsize=1024)
def looks(when: str) -> Looks:
    """Of a condition. `kinds`: of list entries that it names; empty for any."""
    known = "known_csam" in when
    matches = ".matches" in when
    return Looks(
        constants={category: float(number) for category, number in _SCORE.findall(when)},
        signals=tuple(dict.fromkeys(_SIGNAL.findall(when))),
        scores=tuple(dict.fromkeys(_CONTENT_SCORE.findall(when))),
        kinds=frozenset((*(_KIND.findall(when) if matches else ()), *(("csam",) if known else ()))),
        matches=matches or known,
        person=".person" in when,
        age_band="age_band" in when,
    )


def looked_at(when: str, facts: Facts) -> str:
    """What it saw, such as "c1 person CHILD; c0 living-artists/banksy (style)"; empty for scores alone."""
    asked = looks(when)
    found = [f"age band {facts.age_band}"] if asked.age_band else []
    for content in facts.contents:
        found += [f"{content.id} {what}" for what in _of(content, asked)]
    left = len(found) - _MOST
    return "; ".join(found[:_MOST]) + (f"; {left} more" if left > 0 else "")


def _of(content: ContentFacts, asked: Looks) -> Iterator[str]:
    if asked.person and content.person != "NONE":
        yield f"person {content.person}"
    if asked.matches:
        for match in content.matches:
            if not asked.kinds or match.kind in asked.kinds:
                yield _entry(match)
    for name in asked.signals:
        if name in content.signals:
            yield f"{name} {content.signals[name]:.2f}"
    for category in asked.scores:
        if category in content.scores:
            yield f"{category} {content.scores[category]:.2f}"


def _entry(match: ListMatch) -> str:
    bits = f"{match.distance} bits" if match.distance else ""
    how = ", ".join(word for word in (match.method, bits, "quarantined" if match.quarantined else "") if word)
    return f"{match.list}/{match.entry} ({how})" if how else f"{match.list}/{match.entry}"
