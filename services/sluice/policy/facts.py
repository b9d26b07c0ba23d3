"""What a rule can see of a request: the variables of the policy language.

stage, operation, age_band, tenant      words: "PROMPT", "EDIT", "TEEN", ...
contents, uploads, generated            lists of content (below)
score("sexual")                         the highest over all contents and checks; 0.0 where nobody scored it
threshold("sexual")                     of this request's stage, age band and tenant

content: {id, role, kind, person, known_csam, matches: [{list, entry, kind, method, distance, test,
          quarantined}], scores: {category: score}, signals: {name: value}}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, ListMatch, Person

Value = Any
"""What CEL takes: numbers, words, lists and maps of them."""

VARIABLES = frozenset({"stage", "operation", "age_band", "tenant", "contents", "uploads", "generated"})
FUNCTIONS = frozenset({"score", "threshold"})

_PERSON = {number: name.removeprefix("PERSON_") for name, number in Person.items()}
_UNSEEN_PERSON = "AGE_UNKNOWN"
"""What rules see where no person check answered: the word that default rules treat as a child."""


@dataclass(slots=True)
class Answer:
    """What a check said of a content: OK, or what it scored while it abstained.

    `scores`: the result's, read once, as reading them is dear.
    """

    check: str
    content_id: str
    result: ContentResult
    scores: Mapping[str, float]


@dataclass(slots=True)
class ContentFacts:
    """A content. Its scores and signals are read when they are asked for: few rules do."""

    id: str
    role: str
    kind: str
    person: str
    known_csam: bool
    matches: Sequence[ListMatch] = ()
    _answers: Sequence[Answer] = field(default=(), repr=False, compare=False)
    _scores: Mapping[str, float] | None = field(default=None, init=False, repr=False, compare=False)
    _signals: Mapping[str, float] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def scores(self) -> Mapping[str, float]:
        """The highest score per category."""
        if self._scores is None:
            self._scores = highest(self._answers)
        return self._scores

    @property
    def signals(self) -> Mapping[str, float]:
        """The signals; of two checks that give the same, the higher. NaN is higher than all: rules fail on it."""
        if self._signals is None:
            self._signals = found = dict[str, float]()
            for answer in self._answers:
                given = answer.result.signals
                # Faster than items(), which makes a view.
                for name in given:
                    value = given[name]
                    if name not in found or value > found[name] or value != value:  # noqa: PLR0124 - NaN
                        found[name] = value
        return self._signals


class Scores(Protocol):
    """The highest score per category."""

    def get(self, category: str, default: float, /) -> float:
        """The category's, or the default where nobody scored it."""


class Thresholds(Protocol):
    """The thresholds that hold for a request."""

    def get(self, name: str, /) -> float | None:
        """The one of this name, or None."""


@dataclass(slots=True)
class Facts:
    """A request, without what only CEL sees of its contents."""

    stage: str
    operation: str
    age_band: str
    tenant: str
    contents: Sequence[ContentFacts]
    uploads: Sequence[ContentFacts]
    generated: Sequence[ContentFacts]
    scores: Scores
    thresholds: Thresholds

    def noted(self, scores: Scores, thresholds: Thresholds) -> "Facts":
        """The same request with other eyes on its numbers."""
        lists = (self.contents, self.uploads, self.generated)
        return Facts(self.stage, self.operation, self.age_band, self.tenant, *lists, scores, thresholds)

    def only(self, content: ContentFacts) -> "Facts":
        """The request as if it had but this content; the highest scores stay those of all."""
        lists = (
            [content],
            [content] if content.role == "UPLOAD" else [],
            [content] if content.role == "GENERATED" else [],
        )
        return Facts(self.stage, self.operation, self.age_band, self.tenant, *lists, self.scores, self.thresholds)


def content_facts(content_id: str, role: str, kind: str, answers: Sequence[Answer]) -> ContentFacts:
    """A content of a request. `answers`: all of the request; those about other contents say nothing of this one."""
    person = _UNSEEN_PERSON if kind == "image" else "NONE"
    known_csam = False
    said = 0
    matches: list[ListMatch] = []
    mine = [answer for answer in answers if answer.content_id == content_id]
    for answer in mine:
        result = answer.result
        # Of two checks that say something the more cautious counts: the contract's numbers are in that order.
        if result.person > said:
            said = result.person
            person = _PERSON.get(said, _UNSEEN_PERSON)
        # Slicing takes less time than iterating.
        matches += result.matches[:]
    for match in matches:
        known_csam = known_csam or match.kind == "csam"
    return ContentFacts(content_id, role, kind, person, known_csam, matches, mine)


def content_value(content_id: str, role: str, kind: str, results: Sequence[ContentResult]) -> dict[str, Value]:
    """A content as CEL sees it. `results`: what the checks said of it; those that are not OK say nothing."""
    good = [result for result in results if result.status == STATUS_OK]
    answers = [Answer("", content_id, result, dict(result.scores)) for result in good]
    return value_of(content_facts(content_id, role, kind, answers))


def value_of(content: ContentFacts) -> dict[str, Value]:
    """The same of a content that has been read."""
    return {
        "id": content.id,
        "role": content.role,
        "kind": content.kind,
        "person": content.person,
        "known_csam": content.known_csam,
        "matches": [
            {
                "list": match.list,
                "entry": match.entry,
                "kind": match.kind,
                "method": match.method,
                "distance": match.distance,
                "test": match.test,
                "quarantined": match.quarantined,
            }
            for match in content.matches
        ],
        "scores": dict(content.scores),
        "signals": dict(content.signals),
    }


def highest(answers: Sequence[Answer]) -> Mapping[str, float]:
    """The highest score per category. NaN is higher than all: rules fail on it, and it hides nothing."""
    scored = [answer.scores for answer in answers if answer.scores]
    if len(scored) < 2:
        return scored[0] if scored else {}
    best = dict(scored[0])
    for scores in scored[1:]:
        for category, score in scores.items():
            if category not in best or score > best[category] or score != score:  # noqa: PLR0124 - NaN
                best[category] = score
    return best
