"""One request as the console shows it."""

from gateway.console_view import request_view
from gateway.errors import unavailable
from gateway.follower_read import Decided, Signed
from gateway.requests_known import Known
from sluice.policy.load import load
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import ACTION_BLOCK, Decision, Reason
from sluice.v1.request_pb2 import LANE_BULK, ObjectReference
from sluice.v1.verdict_pb2 import ListMatch
from tests.trace_samples import CHECKS, REQUEST_ID, TRACE_ID, T, decided
from tests.unit.test_policy_load import DEFAULT

POLICY = load(DEFAULT)


def known(decision: Decision, signed: SignedAsset | None = None) -> Known:
    decision.policy_version, decision.policy_digest = POLICY.version, POLICY.digest
    return Known(
        REQUEST_ID, Decided(decision, T + 302, TRACE_ID), None if signed is None else Signed(signed, T + 400)
    )


def blocked() -> Decision:
    found = decided(*CHECKS, lane=LANE_BULK)
    found.action = ACTION_BLOCK
    del found.reasons[:]
    reason = Reason(
        rule="violence", category="violence", score=0.9, threshold=0.5, check="image", action=ACTION_BLOCK
    )
    found.reasons.extend([reason])
    found.labels.append("photoreal_person")
    found.deadline_at_ms = T + 10_000
    return found


def test_a_block_and_why() -> None:
    view = request_view(known(blocked()), POLICY)
    assert (view.action, view.allowed, view.complete, view.took) == ("BLOCK", False, True, "302 ms")
    assert [section.head for section in view.sections] == ["Why"]
    assert "(cites" in view.sections[0].lines[0]
    assert view.policy.endswith("the one in use now.")
    assert dict(view.facts) | {"asked": ""} == {
        "asked": "",
        "at": "2026-09-21T14:13:20Z",
        "deadline": "10.0 s",
        "lane": "bulk",
    }
    assert (list(view.labels), view.digest) == (["photoreal_person"], POLICY.digest.hex())
    assert [line.name for line in view.chart.lines] == ["ingest", "text", "image", "decide", "publish"]
    assert (view.incident, view.asset) == (False, None)


def test_the_policy_is_another_or_not_at_hand() -> None:
    found = known(blocked())
    assert "is not at hand here" in request_view(found, None).policy
    assert found.decided is not None
    found.decided.decision.policy_digest = bytes(32)
    view = request_view(found, POLICY)
    assert f"version {POLICY.version} is in use now" in view.policy
    assert "(cites" not in view.sections[0].lines[0]


def test_an_incident_is_flagged() -> None:
    for test in (True, False):
        decision = blocked()
        decision.inputs[0].results[0].matches.extend([ListMatch(list="bank", entry="1", kind="csam", test=test)])
        view = request_view(known(decision), POLICY)
        assert (view.incident, view.test) == (True, test)


def test_a_signed_picture_is_told_by_its_digest() -> None:
    signed = SignedAsset(
        signed=ObjectReference(
            uri="file:///secret/place", sha256=b"\xab" * 32, size_bytes=2048, media_type="image/png"
        ),
        manifest_label="urn:c2pa:1",
    )
    view = request_view(known(decided(*CHECKS), signed), POLICY)
    assert view.asset is not None
    assert (view.asset.sha256, view.asset.size, view.asset.manifest) == ("ab" * 32, "2 KiB", "urn:c2pa:1")
    assert view.allowed
    assert "secret" not in str(view)


def test_what_is_not_decided() -> None:
    view = request_view(Known(REQUEST_ID, taken_ms=T), POLICY)
    assert (view.action, view.allowed, view.failure) == ("PENDING", False, "")
    failed = request_view(Known(REQUEST_ID, failed=unavailable("no_decision", "No decision came.")), POLICY)
    assert (failed.action, failed.failure) == ("FAILED", "No decision came.")
