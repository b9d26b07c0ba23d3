"""A small history that is right in everything, made with the product's own functions, for tests to spoil."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeVar

from google.protobuf.message import Message

from orchestrator.decide import decide
from orchestrator.outputs import Seen, outputs
from sluice.bus.topics import Topic
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.provenance import State
from sluice.v1.asset_pb2 import ApprovedAsset, SignedAsset
from sluice.v1.contents_pb2 import Contents, PreparedContent
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_CONFLICT, DEAD_LETTER_REASON_MALFORMED, DeadLetter
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Action, Decision
from sluice.v1.incident_pb2 import Incident
from sluice.v1.request_pb2 import ROLE_GENERATED, STAGE_OUTPUT, STAGE_PROMPT
from sluice.v1.verdict_pb2 import PERSON_NONE, ContentResult, Verdict
from tests.chaos.history import Asked, History, Logged, Picture, Place
from tests.chaos.run import POLICY
from tests.unit.build import contents, image, result, text, verdict

REQUESTED = 1_000
DEADLINE = 181_000
M = TypeVar("M", bound=Message)


@cache
def policy() -> Policy:
    """The policy of every run."""
    return load(POLICY)


def request_id(number: int) -> str:
    """The id of the request `number` of a history."""
    return str(uuid.UUID(int=number, version=4))


PROMPT, REFUSED, OUTPUT, KNOWN, SILENT, SHED = (request_id(number) for number in range(1, 7))
"""Allowed; blocked by a rule; allowed and signed; a known match; incomplete, for one check never answered;
overloaded, for one had not answered yet.
"""


@dataclass(slots=True)
class Maker:
    """Puts requests, with all that follows from them, into the logs of one partition."""

    contents: list[Logged[Contents]] = field(default_factory=list)
    verdicts: list[Logged[Verdict]] = field(default_factory=list)
    decisions: list[Logged[Decision]] = field(default_factory=list)
    approved: list[Logged[ApprovedAsset]] = field(default_factory=list)
    signed: list[Logged[SignedAsset]] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)
    incidents: list[Logged[Incident]] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)

    def put(
        self,
        of: str,
        prepared: PreparedContent,
        answers: dict[str, ContentResult],
        action: Action.ValueType,
        rule: str = "",
        late: bool = False,
        overloaded: bool = False,
    ) -> None:
        """One request, decided once its verdicts are in the log, or `late`, or `overloaded` before they all are."""
        stage = STAGE_OUTPUT if prepared.role == ROLE_GENERATED else STAGE_PROMPT
        made = contents(prepared, stage=stage, request_id=of, digest=of[:32].encode(), deadline_at_ms=DEADLINE)
        made.source_offset = len(self.contents)
        offset, now = len(self.contents), REQUESTED + 10
        self.contents.append(Logged(made, 0, offset, now))
        seen: dict[str, Seen] = {}
        for check, found in answers.items():
            given = verdict(check, found, contents_offset=offset, request_id=of)
            seen[check] = Seen(given, len(self.verdicts), now + 10)
            self.verdicts.append(Logged(given, 0, len(self.verdicts), now + 10))
        outcome = decide(
            made, {check: one.verdict for check, one in seen.items()}, policy(), late, overloaded=overloaded
        )
        assert outcome is not None
        out = outputs(made, offset, now, seen, outcome, policy())
        decided = DEADLINE + 5 if late else now + 20
        self.decisions.append(Logged(out.decision, 0, len(self.decisions), decided))
        if out.approved is not None:
            self.approved.append(Logged(out.approved, 0, len(self.approved), decided))
            self._sign(out.decision, out.approved)
        self.incidents += [Logged(one, 0, len(self.incidents), decided) for one in out.incidents]
        self.asked[of] = Asked(
            of, frozenset({made.content_digest}), action, stage == STAGE_OUTPUT, frozenset({rule} - {""})
        )
        self.asked[of].incidents = len(out.incidents)

    def _sign(self, decision: Decision, approved: ApprovedAsset) -> None:
        asset = SignedAsset(
            request_id=decision.request_id,
            source_sha256=approved.original.sha256,
            policy_digest=decision.policy_digest,
        )
        asset.signed.uri = f"file:///signed/{decision.request_id}"
        self.signed.append(Logged(asset, 0, len(self.signed), DEADLINE))
        self.pictures[asset.signed.uri] = Picture(found=True, state=State.TRUSTED, says=manifest(decision))


def manifest(decision: Decision) -> dict[str, str]:
    """What a signed picture says of its decision."""
    return {
        "request_id": decision.request_id,
        "action": "ALLOW",
        "policy_digest": decision.policy_digest.hex(),
        "content_digest": decision.content_digest.hex(),
    }


def good() -> History:
    """Six requests, one of them used again with other content, and one record of garbage."""
    maker = Maker()
    harmless, harmful = result(scores={"sexual": 0.01}), result(scores={"illicit": 0.99})
    nobody = result(person=PERSON_NONE)
    picture = image(role=ROLE_GENERATED)
    maker.put(PROMPT, text(), {"text": harmless}, ACTION_ALLOW)
    maker.put(REFUSED, text(), {"text": harmful}, ACTION_BLOCK, "illicit")
    wordless = {"image_text": result(), "image": harmless}
    maker.put(OUTPUT, picture, {**wordless, "person": nobody, "hash": result()}, ACTION_ALLOW)
    maker.put(KNOWN, image(), {"hash": result(csam=True)}, ACTION_BLOCK, "known-csam")
    maker.put(SILENT, picture, {**wordless, "person": nobody}, ACTION_ALLOW, late=True)
    maker.put(SHED, picture, {**wordless, "hash": result()}, ACTION_ALLOW, overloaded=True)
    conflict = DeadLetter(
        reason=DEAD_LETTER_REASON_CONFLICT, topic=Topic.CONTENTS, offset=9, request_id=PROMPT, service="orchestrator"
    )
    garbage = DeadLetter(
        reason=DEAD_LETTER_REASON_MALFORMED, topic=Topic.REQUESTS, partition=2, offset=7, service="ingest"
    )
    maker.asked[PROMPT].conflicts = 1
    return History(
        policy=policy(),
        asked=maker.asked,
        poison=(Place(Topic.REQUESTS, 2, 7),),
        contents=maker.contents,
        verdicts=maker.verdicts,
        decisions=maker.decisions,
        approved=maker.approved,
        signed=maker.signed,
        pictures=maker.pictures,
        incidents=maker.incidents,
        dead_letters=(Logged(conflict, 0, 0, REQUESTED), Logged(garbage, 0, 1, REQUESTED)),
    )


def changed(logged: Logged[M], change: Callable[[M], None]) -> Logged[M]:
    """The same record with another message: a copy that `change` was let loose on."""
    copy = type(logged.message)()
    copy.CopyFrom(logged.message)
    change(copy)
    return replace(logged, message=copy)


def change_of(
    records: Sequence[Logged[M]], wanted: Callable[[M], bool], change: Callable[[M], None]
) -> list[Logged[M]]:
    """The records, with the wanted ones changed."""
    return [changed(record, change) if wanted(record.message) else record for record in records]
