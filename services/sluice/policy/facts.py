"""What a rule can see of a request: the variables of the policy language.

stage, operation, age_band, tenant      words: "PROMPT", "EDIT", "TEEN", ...
contents, uploads, generated            lists of content (below)
score("sexual")                         the highest over all contents and checks; 0.0 where nobody scored it
threshold("sexual")                     of this request's age band

content: {id, role, kind, person, known_csam, matches: [{list, entry, kind, method, distance, test}],
          scores: {category: score}, signals: {name: value}}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Person

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
    """A content, without its scores, signals and matches."""

    id: str
    role: str
    kind: str
    person: str
    known_csam: bool


class Scores(Protocol):
    """The highest score per category."""

    def get(self, category: str, default: float, /) -> float:
        """The category's, or the default where nobody scored it."""


class Thresholds(Protocol):
    """The thresholds of one age band."""

    def get(self, category: str, /) -> float | None:
        """The category's, or None."""


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
    for answer in answers:
        if answer.content_id == content_id:
            result = answer.result
            if result.person:
                person = _PERSON.get(result.person, _UNSEEN_PERSON)
            # Slicing takes less time than iterating.
            for match in result.matches[:]:
                known_csam = known_csam or match.kind == "csam"
    return ContentFacts(content_id, role, kind, person, known_csam)


def content_value(content_id: str, role: str, kind: str, results: Sequence[ContentResult]) -> dict[str, Value]:
    """A content as CEL sees it. `results`: what the checks said of it; those that are not OK say nothing."""
    good = [result for result in results if result.status == STATUS_OK]
    facts = content_facts(content_id, role, kind, [Answer("", content_id, result, {}) for result in good])
    scores: dict[str, float] = {}
    signals: dict[str, float] = {}
    matches: list[dict[str, Value]] = []
    for result in good:
        for category, score in result.scores.items():
            scores[category] = max(score, scores.get(category, 0.0))
        signals.update(result.signals)
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
        "person": facts.person,
        "known_csam": facts.known_csam,
        "matches": matches,
        "scores": scores,
        "signals": signals,
    }


def highest(answers: Sequence[Answer]) -> Mapping[str, float]:
    """The highest score per category."""
    if len(answers) == 1:
        return answers[0].scores
    best: dict[str, float] = {}
    for answer in answers:
        for category, score in answer.scores.items():
            if category not in best or score > best[category]:
                best[category] = score
    return best
