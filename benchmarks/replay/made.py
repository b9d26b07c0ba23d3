"""Decisions of requests that never were: what the checks of the default policy say of ordinary traffic."""

import uuid
from collections.abc import Iterator
from random import Random
from typing import Final

from orchestrator.decide import decide
from orchestrator.outputs import Seen, outputs
from sluice.categories import CATEGORIES, CSAM
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import Contents, PreparedContent
from sluice.v1.decision_pb2 import ACTION_ALLOW
from sluice.v1.request_pb2 import (
    LANE_BULK,
    LANE_INTERACTIVE,
    OPERATION_EDIT,
    OPERATION_GENERATE,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    AgeBand,
    Role,
)
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Model, Person, Verdict

_TEXT: Final = tuple(name for name in CATEGORIES if name != CSAM)
_PICTURE: Final = ("sexual",)
_BEGIN_MS: Final = 1_790_000_000_000
_TENANTS: Final = ("", "", "", "studio", "school", "press")
_BANDS: Final = (AgeBand.AGE_BAND_UNKNOWN, AgeBand.AGE_BAND_ADULT, AgeBand.AGE_BAND_ADULT, AgeBand.AGE_BAND_TEEN)
_PEOPLE: Final = (Person.PERSON_NONE, Person.PERSON_NONE, Person.PERSON_ADULT, Person.PERSON_CHILD)


def made(count: int, policy: Policy, seed: int = 1) -> Iterator[bytes]:
    """So many serialised decisions; the same for the same seed. About three in five are of prompts."""
    random = Random(seed)
    for at in range(count):
        contents = _asked(random, at)
        answers = {check: _verdict(random, contents, check, policy) for check in _checks(contents, policy)}
        outcome = decide(contents, answers, policy, late=True)
        if outcome is None:
            raise SystemExit("no decision came")
        seen = {
            check: Seen(found, at * 5 + number, contents.requested_at_ms + 40 + number)
            for number, (check, found) in enumerate(answers.items())
        }
        decision = outputs(contents, at, contents.requested_at_ms + 9, seen, outcome, policy).decision
        decision.decided_at_ms = contents.requested_at_ms + 90
        yield decision.SerializeToString()


def _asked(random: Random, at: int) -> Contents:
    output = random.random() < 0.4
    uploads = random.choice((1, 2)) if output else random.choice((0, 0, 1))
    contents = Contents(
        request_id=str(uuid.UUID(int=random.getrandbits(128), version=4)),
        stage=STAGE_OUTPUT if output else STAGE_PROMPT,
        operation=OPERATION_EDIT if uploads else OPERATION_GENERATE,
        lane=random.choice((LANE_INTERACTIVE, LANE_INTERACTIVE, LANE_BULK)),
        requested_at_ms=_BEGIN_MS + at * 10,
        deadline_at_ms=_BEGIN_MS + at * 10 + 10_000,
        content_digest=random.randbytes(32),
    )
    contents.subject.age_band = random.choice(_BANDS)
    contents.subject.tenant = random.choice(_TENANTS)
    if output:
        contents.generation_id = str(uuid.UUID(int=random.getrandbits(128), version=4))
        contents.prompt_decision.action = ACTION_ALLOW
        contents.prompt_decision.offset = at
    roles = [ROLE_PROMPT, *([ROLE_GENERATED] if output else []), *[ROLE_UPLOAD] * uploads]
    contents.contents.extend(_content(random, number, role) for number, role in enumerate(roles))
    return contents


def _content(random: Random, number: int, role: "Role.ValueType") -> PreparedContent:
    content = PreparedContent(id=f"c{number}", role=role, sha256=random.randbytes(32))
    if role == ROLE_PROMPT:
        content.text.SetInParent()
    else:
        content.image.SetInParent()
    return content


def _checks(contents: Contents, policy: Policy) -> list[str]:
    rules = policy.stages[contents.stage].checks
    return list(dict.fromkeys(check for content in contents.contents for check in rules[content.role]))


def _verdict(random: Random, contents: Contents, check: str, policy: Policy) -> Verdict:
    rules = policy.stages[contents.stage].checks
    begun = contents.requested_at_ms + 10
    return Verdict(
        request_id=contents.request_id,
        check=check,
        lane=contents.lane,
        results=[_result(random, one, check) for one in contents.contents if check in rules[one.role]],
        models=[Model(name=check, version="1", digest=bytes(32))],
        received_at_ms=begun,
        started_at_ms=begun + 1,
        finished_at_ms=begun + 25,
    )


def _result(random: Random, content: PreparedContent, check: str) -> ContentResult:
    result = ContentResult(content_id=content.id, status=STATUS_OK)
    if check in {"text", "image_text"}:
        result.scores.update({name: _score(random, 0.01) for name in _TEXT})
    elif check == "image":
        result.scores.update({name: _score(random, 0.03) for name in _PICTURE})
        result.signals.update({"photoreal": random.random(), "drawn": random.random()})
    elif check == "person":
        result.person = random.choice(_PEOPLE)
        result.signals["faces"] = float(random.randrange(3))
    return result


def _score(random: Random, often: float) -> float:
    """Near 0 mostly, as scores of ordinary traffic are; anything with the chance `often`."""
    return random.random() if random.random() < often else random.random() ** 6 * 0.1
