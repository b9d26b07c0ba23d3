"""What a rule can see of a request, and what it saw: the variables and functions of the policy language.

stage, operation, age_band, tenant      words: "PROMPT", "EDIT", "TEEN", ...
contents, uploads, generated            lists of content (below)
score("sexual")                         the highest over all contents and checks; 0.0 where nobody scored it
threshold("sexual")                     of this request's age band

content: {id, role, kind, person, known_csam, matches: [{list, entry, kind, method, distance, test}],
          scores: {category: score}, signals: {name: value}}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cel

from sluice.policy.model import CATEGORIES
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Person

Value = Any
"""What CEL takes: numbers, words, lists and maps of them."""

VARIABLES = frozenset({"stage", "operation", "age_band", "tenant", "contents", "uploads", "generated"})
FUNCTIONS = frozenset({"score", "threshold"})

_PERSON = {number: name.removeprefix("PERSON_") for name, number in Person.items()}
_UNSEEN_PERSON = "AGE_UNKNOWN"
"""What rules see where no person check answered: the word that default rules treat as a child."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A score that a rule looked at, where it came from, and the threshold it was held against."""

    category: str = ""
    score: float = 0.0
    threshold: float = 0.0
    check: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Scores:
    """The highest score per category, and who gave it to what."""

    best: dict[str, tuple[float, str, str]] = field(default_factory=dict)

    def add(self, check: str, result: ContentResult) -> None:
        """Takes a result's scores in."""
        for category, score in result.scores.items():
            if category not in self.best or score > self.best[category][0]:
                self.best[category] = (score, check, result.content_id)


def content_value(content_id: str, role: str, kind: str, results: Sequence[ContentResult]) -> dict[str, Value]:
    """A content as rules see it. `results`: what the checks said of it; those that are not OK say nothing."""
    scores: dict[str, float] = {}
    signals: dict[str, float] = {}
    matches: list[dict[str, Value]] = []
    person = _UNSEEN_PERSON if kind == "image" else "NONE"
    for result in results:
        if result.status != STATUS_OK:
            continue
        for category, score in result.scores.items():
            scores[category] = max(score, scores.get(category, 0.0))
        signals.update(result.signals)
        if result.person:
            person = _PERSON.get(result.person, _UNSEEN_PERSON)
        matches += [
            {
                "list": match.list,
                "entry": match.entry,
                "kind": match.kind,
                "method": match.method,
                "distance": match.distance,
                "test": match.test,
            }
            for match in result.matches
        ]
    return {
        "id": content_id,
        "role": role,
        "kind": kind,
        "person": person,
        "known_csam": any(match["kind"] == "csam" for match in matches),
        "matches": matches,
        "scores": scores,
        "signals": signals,
    }


class RuleView:
    """The variables and functions for one request. `compared` tells what the last rule looked at."""

    def __init__(
        self,
        words: Mapping[str, str],
        contents: Sequence[Mapping[str, Value]],
        scores: Scores,
        thresholds: Mapping[str, float],
    ) -> None:
        """`words`: stage, operation, age_band, tenant. `thresholds`: of the request's age band, complete."""
        self._words = words
        self._contents = contents
        self._scores = scores
        self._thresholds = thresholds
        self.compared: list[Compared] = []
        self._context = self._build(contents)

    def holds(self, program: cel.Program) -> bool:
        """Whether a rule's condition is true. RuleError where it cannot be told."""
        self.compared = []
        return run(program, self._context)

    def contents_where(self, program: cel.Program) -> list[str]:
        """Ids of the contents that make the condition true by themselves: what to point at in a reason."""
        return [
            str(content["id"]) for content in self._contents if run(program, self._build([content]), default=False)
        ]

    def _build(self, contents: Sequence[Mapping[str, Value]]) -> cel.Context:
        lists = {
            "contents": [dict(c) for c in contents],
            "uploads": [dict(c) for c in contents if c["role"] == "UPLOAD"],
            "generated": [dict(c) for c in contents if c["role"] == "GENERATED"],
        }
        return cel.Context({**self._words, **lists}, {"score": self._score, "threshold": self._threshold})

    def _score(self, category: str) -> float:
        if category not in CATEGORIES:
            raise KeyError(category)
        score, check, content_id = self._scores.best.get(category, (0.0, "", ""))
        self.compared.append(Compared(category, score, 0.0, check, content_id))
        return score

    def _threshold(self, category: str) -> float:
        value = self._thresholds[category]
        self.compared = [
            Compared(c.category, c.score, value, c.check, c.content_id) if c.category == category else c
            for c in self.compared
        ]
        return value


class RuleError(Exception):
    """A rule could not be evaluated: a field that is not there, types that do not fit."""


def run(program: cel.Program, context: cel.Context, default: bool | None = None) -> bool:
    """A condition's truth. What is not a boolean is a RuleError, or `default` where one is given."""
    try:
        value = program.execute(context)
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if default is None:
            raise RuleError(str(error)) from error
        return default
    if isinstance(value, bool):
        return value
    if default is None:
        raise RuleError(f"gives {type(value).__name__}, not true or false")
    return default
