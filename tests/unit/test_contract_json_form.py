"""The JSON form of decisions: the shape that callers rely on."""

import json

from sluice.contract.json_form import decision_json, failure_json
from sluice.v1.asset_pb2 import (
    CREDENTIAL_STATE_INVALID,
    CREDENTIAL_STATE_VALID,
    CredentialState,
    SignedAsset,
    SignedIngredient,
)
from sluice.v1.decision_pb2 import Action, Decision, Input, Reason
from sluice.v1.request_pb2 import ObjectReference, Operation, Stage
from sluice.v1.verdict_pb2 import ContentResult, ListMatch, Model, Person, Status

ID = "123e4567-e89b-42d3-a456-426614174000"

DECISION = Decision(
    request_id=ID,
    stage=Stage.STAGE_PROMPT,
    operation=Operation.OPERATION_EDIT,
    action=Action.ACTION_BLOCK,
    complete=True,
    reasons=[
        Reason(rule="sexual", category="sexual", score=0.75, threshold=0.5, check="image", content_id="c1"),
        Reason(rule="known-csam", check="hash", content_id="c1", action=Action.ACTION_BLOCK),
    ],
    labels=["photoreal"],
    policy_version="2026-11-01",
    policy_digest=b"\x01\x02",
    content_digest=b"\xff",
    inputs=[
        Input(
            check="hash",
            verdict_offset=7,
            models=[Model(name="bank", version="1", digest=b"\xab")],
            results=[
                ContentResult(
                    content_id="c1",
                    status=Status.STATUS_OK,
                    scores={"violence": 0.5, "sexual": 0.25},
                    signals={"photoreal": 1.0},
                    abstained=["hate", "extremism"],
                    person=Person.PERSON_AGE_UNKNOWN,
                    matches=[ListMatch(list="test", entry="e1", kind="csam", method="pdq", distance=3, test=True)],
                )
            ],
        )
    ],
    requested_at_ms=1,
    decided_at_ms=9,
)


def test_a_decision_in_full() -> None:
    assert decision_json(DECISION) == {
        "request_id": ID,
        "action": "BLOCK",
        "complete": True,
        "reasons": [
            {
                "rule": "sexual",
                "category": "sexual",
                "score": 0.75,
                "threshold": 0.5,
                "check": "image",
                "content": "c1",
                "action": None,
                "detail": None,
            },
            {
                "rule": "known-csam",
                "category": None,
                "score": None,
                "threshold": None,
                "check": "hash",
                "content": "c1",
                "action": "BLOCK",
                "detail": None,
            },
        ],
        "labels": ["photoreal"],
        "policy_version": "2026-11-01",
        "policy_digest": "0102",
        "stage": "PROMPT",
        "operation": "EDIT",
        "generation_id": None,
        "content_digest": "ff",
        "asset": None,
        "signed_file": None,
    }


def test_a_signed_picture_is_shown_with_its_file() -> None:
    asset = SignedAsset(
        request_id=ID,
        signed=ObjectReference(uri="file:///o/signed/x.png", sha256=b"\x0a", media_type="image/png"),
        manifest_label="urn:c2pa:1",
        ingredients=[
            SignedIngredient(sha256=b"\x0b", credentials=CREDENTIAL_STATE_VALID, carried=True),
            SignedIngredient(sha256=b"\x0c", credentials=CREDENTIAL_STATE_INVALID, failures=["claim.missing"]),
            SignedIngredient(credentials=CredentialState.ValueType(77)),
        ],
    )
    form = decision_json(DECISION, asset, "out/x.png")
    assert form["asset"] == {
        "uri": "file:///o/signed/x.png",
        "sha256": "0a",
        "media_type": "image/png",
        "manifest_label": "urn:c2pa:1",
        "ingredients": [
            {"sha256": "0b", "credentials": "VALID", "failures": [], "carried": True},
            {"sha256": "0c", "credentials": "INVALID", "failures": ["claim.missing"], "carried": False},
            {"sha256": "", "credentials": "77", "failures": [], "carried": False},
        ],
    }
    assert form["signed_file"] == "out/x.png"


def test_explaining_adds_the_breakers_that_were_open() -> None:
    assert decision_json(Decision(open_breakers=["rule:hate"]), explain=True)["open_breakers"] == ["rule:hate"]
    assert "open_breakers" not in decision_json(DECISION)


def test_explaining_adds_every_verdict_with_all_scores() -> None:
    form = decision_json(DECISION, explain=True)
    verdicts = form["verdicts"]
    assert isinstance(verdicts, list)
    (verdict,) = verdicts
    assert isinstance(verdict, dict)
    assert verdict["models"] == [{"name": "bank", "version": "1", "digest": "ab"}]
    assert verdict["results"] == [
        {
            "content": "c1",
            "status": "OK",
            "scores": {"sexual": 0.25, "violence": 0.5},
            "abstained": ["extremism", "hate"],
            "signals": {"photoreal": 1.0},
            "person": "AGE_UNKNOWN",
            "matches": [
                {
                    "list": "test",
                    "entry": "e1",
                    "kind": "csam",
                    "method": "pdq",
                    "distance": 3,
                    "test": True,
                    "list_digest": "",
                    "quarantined": False,
                }
            ],
            "detail": None,
        }
    ]
    assert form["times"] == {"requested_at_ms": 1, "prepared_at_ms": 0, "decided_at_ms": 9, "deadline_at_ms": 0}


def test_it_is_json() -> None:
    assert json.loads(json.dumps(decision_json(DECISION, explain=True)))["request_id"] == ID


def test_no_decision_is_never_an_action() -> None:
    assert failure_json(ID, "DEADLINE_EXCEEDED: not in time") == {
        "request_id": ID,
        "action": None,
        "complete": False,
        "error": "DEADLINE_EXCEEDED: not in time",
    }
