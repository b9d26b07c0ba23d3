"""The records that an example stands for: what ingest and the checks would have published."""

from collections.abc import Mapping

from sluice.policy.examples import Example, SeenContent
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import Contents, PreparedContent, PreparedImage, PreparedText, PromptDecision
from sluice.v1.decision_pb2 import Action
from sluice.v1.request_pb2 import AgeBand, Operation, Role, Stage, Subject
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Person, Status, Verdict

_ID = "00000000-0000-4000-8000-000000000000"
"""Of requests that never were."""


def contents_of(example: Example) -> Contents:
    """What ingest would have read out of the request. Texts and pictures are empty: rules see neither."""
    made = Contents(
        request_id=_ID,
        generation_id=_ID if example.prompt_decision else "",
        stage=Stage.Value(f"STAGE_{example.stage}"),
        operation=Operation.Value(f"OPERATION_{example.operation}"),
        subject=Subject(tenant=example.tenant),
        released_from=_ID if example.released else "",
    )
    if example.age_band != "UNKNOWN":
        made.subject.age_band = AgeBand.Value(f"AGE_BAND_{example.age_band}")
    if example.prompt_decision:
        made.prompt_decision.CopyFrom(PromptDecision(action=Action.Value(f"ACTION_{example.prompt_decision}")))
    made.contents.extend(_prepared(at, seen) for at, seen in enumerate(example.contents))
    return made


def verdicts_of(example: Example, policy: Policy) -> Mapping[str, Verdict]:
    """What each check would have said, by check.

    Every required check answers OK for its contents, but where the example says otherwise. Scores, signals and
    matches are in the answer of the first check that a content's role names, the person label in that of `person`
    (else of the first), known CSAM in that of `hash` (else of the first).
    """
    made: dict[str, Verdict] = {}
    stage = policy.stages[Stage.Value(f"STAGE_{example.stage}")]
    for at, seen in enumerate(example.contents):
        checks = stage.checks.get(Role.Value(f"ROLE_{seen.role}"), ())
        for check in checks:
            status = seen.statuses.get(check, "OK")
            if status != "NO_ANSWER":
                verdict = made.setdefault(check, Verdict(request_id=_ID, check=check))
                verdict.results.append(_result(at, seen, check, checks))
                verdict.results[-1].status = Status.Value(f"STATUS_{status}")
    return made


def _prepared(at: int, seen: SeenContent) -> PreparedContent:
    made = PreparedContent(id=f"c{at}", role=Role.Value(f"ROLE_{seen.role}"), sha256=bytes(32))
    if seen.kind == "text":
        made.text.CopyFrom(PreparedText())
    else:
        made.image.CopyFrom(PreparedImage())
    return made


def _result(at: int, seen: SeenContent, check: str, checks: tuple[str, ...]) -> ContentResult:
    first = check == checks[0]
    made = ContentResult(content_id=f"c{at}", status=STATUS_OK)
    if first:
        made.scores.update(seen.scores)
        made.signals.update(seen.signals)
        for match in seen.matches:
            made.matches.add(list=match.list, entry=match.entry, kind=match.kind, method=match.method)
    if seen.kind == "image" and (check == "person" or (first and "person" not in checks)):
        made.person = Person.Value(f"PERSON_{seen.person}")
    if seen.known_csam and (check == "hash" or (first and "hash" not in checks)):
        made.matches.add(list="example", entry="1", kind="csam", method="sha256", test=True)
    return made
