"""What goes out with a decision."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.decide import decide
from orchestrator.outputs import Outputs, Seen, outputs
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK
from sluice.v1.request_pb2 import (
    OPERATION_EDIT,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_TRANSCRIPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    Subject,
)
from sluice.v1.verdict_pb2 import PERSON_NONE, Verdict
from tests.unit.build import REQUEST_ID, contents, image, result, text, verdict


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(Path(__file__).parents[2] / "policies" / "default.yaml")


def made(asked: Contents, policy: Policy, **verdicts: Verdict) -> Outputs:
    outcome = decide(asked, verdicts, policy, late=True)
    assert outcome is not None
    seen = {check: Seen(found, at, 1500 + at) for at, (check, found) in enumerate(verdicts.items())}
    return outputs(asked, 7, 1100, seen, outcome, policy)


def looks(csam: bool = False) -> dict[str, Verdict]:
    ids = ("c0", "c1")
    return {
        "image_text": verdict("image_text", *(result(one) for one in ids)),
        "image": verdict("image", *(result(one) for one in ids)),
        "person": verdict("person", *(result(one, person=PERSON_NONE) for one in ids)),
        "hash": verdict("hash", result("c0", csam=csam), result("c1")),
    }


def test_an_allowed_output_is_approved_with_its_digest(policy: Policy) -> None:
    asked = contents(
        image(role=ROLE_GENERATED), image("c1", ROLE_UPLOAD), stage=STAGE_OUTPUT, operation=OPERATION_EDIT
    )
    found = made(asked, policy, **looks())
    assert found.decision.action == ACTION_ALLOW
    assert found.approved is not None
    assert (found.approved.request_id, found.approved.original.uri) == (REQUEST_ID, "file:///o/c0")
    assert [upload.uri for upload in found.approved.uploads] == ["file:///o/c1"]
    assert found.approved.pdq == b"p" * 32


def test_a_further_view_is_judged_and_is_no_further_asset(policy: Policy) -> None:
    view, second = image("c0.1", ROLE_GENERATED), image("c1.1", ROLE_UPLOAD)
    view.view_of, second.view_of = "c0", "c1"
    asked = contents(image(role=ROLE_GENERATED), view, image("c1", ROLE_UPLOAD), second, stage=STAGE_OUTPUT)
    ids = ("c0", "c0.1", "c1", "c1.1")
    seen = {
        name: verdict(name, *(result(one, person=PERSON_NONE) for one in ids))
        for name in ("image_text", "image", "person", "hash")
    }
    found = made(asked, policy, **seen)
    assert found.decision.action == ACTION_ALLOW
    assert [(one.id, one.view_of) for one in found.decision.contents] == [
        ("c0", ""),
        ("c0.1", "c0"),
        ("c1", ""),
        ("c1.1", "c1"),
    ]
    assert found.approved is not None
    assert [upload.uri for upload in found.approved.uploads] == ["file:///o/c1"]
    seen["image"] = verdict(
        "image", *(result(one, scores={"sexual": 0.99}) if one == "c0.1" else result(one) for one in ids)
    )
    assert made(asked, policy, **seen).decision.action == ACTION_BLOCK
    # A view that no check answered for leaves the decision incomplete.
    seen["image"] = verdict("image", *(result(one) for one in ids if one != "c0.1"))
    assert not made(asked, policy, **seen).decision.complete


def test_an_allowed_prompt_approves_nothing(policy: Policy) -> None:
    found = made(contents(text()), policy, text=verdict("text"))
    assert (found.decision.action, found.approved, found.incidents) == (ACTION_ALLOW, None, ())


def test_a_match_is_an_incident_and_never_an_asset(policy: Policy) -> None:
    asked = contents(image(role=ROLE_GENERATED), image("c1"), stage=STAGE_OUTPUT)
    found = made(asked, policy, **looks(csam=True))
    assert found.approved is None
    incident = found.incidents[0]
    assert (incident.rule, incident.account_id, incident.test) == ("known-csam", "account", True)
    assert [content.content_id for content in incident.contents] == ["c0"]
    assert incident.contents[0].md5 == b"m" * 16
    assert incident.id == made(asked, policy, **looks(csam=True)).incidents[0].id


def test_incidents_of_different_requests_under_one_id_are_different(policy: Policy) -> None:
    def changed(change: Callable[[Contents], object]) -> str:
        asked = contents(image(role=ROLE_GENERATED), image("c1"), stage=STAGE_OUTPUT)
        asked.content_digest = b"digest"
        change(asked)
        return made(asked, policy, **looks(csam=True)).incidents[0].id

    ids = [
        changed(lambda _: None),
        changed(lambda one: setattr(one, "content_digest", b"another")),
        changed(lambda one: setattr(one.subject, "tenant", "another")),
        changed(lambda one: setattr(one.subject, "account_id", "another")),
        changed(lambda one: setattr(one, "request_id", "another")),
        # What is one part's end is not another one's beginning.
        changed(lambda one: one.subject.MergeFrom(Subject(tenant='a", "b', account_id="c"))),
        changed(lambda one: one.subject.MergeFrom(Subject(tenant="a", account_id='b", "c'))),
    ]
    assert len(set(ids)) == len(ids)
    assert changed(lambda one: setattr(one, "requested_at_ms", 1)) == ids[0]


def test_an_incident_names_the_texts_of_its_request_and_the_generation(policy: Policy) -> None:
    asked = contents(
        image(role=ROLE_GENERATED),
        image("c1"),
        text("c2"),
        text("c3", ROLE_TRANSCRIPT),
        stage=STAGE_OUTPUT,
        generation_id="g-1",
    )
    (incident,) = made(asked, policy, text=verdict("text", result("c2"), result("c3")), **looks(csam=True)).incidents
    assert incident.generation_id == "g-1"
    assert [(each.content_id, each.role, each.sha256) for each in incident.texts] == [
        ("c2", ROLE_PROMPT, b"t" * 32),
        ("c3", ROLE_TRANSCRIPT, b"t" * 32),
    ]
    assert b"lighthouse" not in incident.SerializeToString()


def test_a_report_waits_for_a_person_where_every_match_is_in_quarantine(policy: Policy) -> None:
    asked = contents(image(role=ROLE_GENERATED), stage=STAGE_OUTPUT)
    seen = looks(csam=True)
    found = seen["hash"].results[0]
    assert not made(asked, policy, **seen).incidents[0].held
    found.matches[0].quarantined = True
    made_held = made(asked, policy, **seen)
    assert (made_held.decision.action, made_held.incidents[0].held) == (ACTION_BLOCK, True)
    found.matches.add(list="other", entry="2", kind="csam", method="md5")
    assert not made(asked, policy, **seen).incidents[0].held


def test_a_decision_carries_its_facts_and_no_account(policy: Policy) -> None:
    found = made(contents(text()), policy, text=verdict("text", result(scores={"illicit": 0.2})))
    assert found.decision.inputs[0].results[0].scores["illicit"] == pytest.approx(0.2)
    assert found.decision.contents[0].sha256 == b"t" * 32
    assert found.decision.policy_digest == policy.digest
    assert b"account" not in found.decision.SerializeToString()
    assert b"lighthouse" not in found.decision.SerializeToString()


def test_a_name_in_a_list_is_nobodys_incident(policy: Policy) -> None:
    seen = looks(csam=True)
    seen["text"] = verdict("text", result("c1"))
    seen["text"].results[0].matches.add(list="artists", entry="7", kind="name", method="name")
    (incident,) = made(
        contents(image(role=ROLE_GENERATED), image("c1"), stage=STAGE_OUTPUT), policy, **seen
    ).incidents
    assert incident.test
    assert [match.kind for content in incident.contents for match in content.matches] == ["csam"]
