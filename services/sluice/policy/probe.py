"""Made-up requests that every rule is run on when a policy is loaded: what fails, fails then and not at night."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, product

import cel

from sluice.categories import CATEGORIES
from sluice.policy.facts import Answer, ContentFacts, Facts, content_facts, highest
from sluice.policy.view import RuleError, RuleView
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Person

_BANDS = ("UNKNOWN", "UNDER_13", "TEEN", "ADULT")


@dataclass(frozen=True, slots=True)
class Probe:
    """A made-up request; `name` says which, for messages."""

    name: str
    view: RuleView


def probes(thresholds: Mapping[str, float]) -> Sequence[Probe]:
    """Each stage and operation with: everything seen and a child, everything seen and an adult, nothing seen at all.

    A condition stops at the first part that settles it, so one made-up request would not reach the others.
    `thresholds`: of every category that has one.
    """
    bands = cycle(_BANDS)
    found = []
    for stage, operation, seen in product(("PROMPT", "OUTPUT"), ("GENERATE", "EDIT"), ("child", "adult", "nothing")):
        contents, answers = _seen(seen)
        facts = Facts(
            stage,
            operation,
            next(bands),
            "probe",
            contents,
            [one for one in contents if one.role == "UPLOAD"],
            [one for one in contents if one.role == "GENERATED"],
            highest(answers),
            thresholds,
        )
        found.append(Probe(f"{stage}, {operation}, {seen} seen", RuleView(facts, answers)))
    return found


def failure(program: cel.Program, requests: Sequence[Probe]) -> Iterator[str]:
    """How the condition fails on the first request that it fails on; nothing where it holds or not on all."""
    for probe in requests:
        try:
            probe.view.holds(program)
        except RuleError as error:
            yield f"{error} ({probe.name})"
            return


def _seen(what: str) -> tuple[list[ContentFacts], list[Answer]]:
    roles = {"c0": ("PROMPT", "text"), "c1": ("UPLOAD", "image"), "c2": ("GENERATED", "image")}
    if what == "nothing":
        return [content_facts("c0", "PROMPT", "text", [])], []
    answers = [_answer(content_id, what == "child") for content_id in roles]
    return [content_facts(content_id, *shape, answers) for content_id, shape in roles.items()], answers


def _answer(content_id: str, child: bool) -> Answer:
    person = Person.PERSON_CHILD if child else Person.PERSON_ADULT
    result = ContentResult(content_id=content_id, status=STATUS_OK, person=person)
    # The highest and the lowest, so that comparisons come out both ways.
    scores = dict.fromkeys(CATEGORIES, 1.0 if child else 0.0)
    result.scores.update(scores)
    result.signals.update({"photoreal": 0.5})
    result.matches.add(list="probe", entry="1", kind="csam" if child else "name", method="name")
    return Answer("probe", content_id, result, scores)
