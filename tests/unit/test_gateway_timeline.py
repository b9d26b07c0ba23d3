"""One request's way, hop by hop."""

from typing import cast

from gateway.follower_read import Decided, Heard, Signed
from gateway.timeline import Timeline, decided_timeline, pending_timeline, timeline_json
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import Decision
from sluice.v1.verdict_pb2 import STATUS_ERROR, ContentResult, Verdict
from tests.trace_samples import CHECKS, REQUEST_ID, TRACE_ID, T, decided, heard


def names(timeline: Timeline) -> list[str]:
    return [hop.name for hop in timeline.hops]


def test_an_allowed_output_from_its_request_to_its_signature() -> None:
    timeline = decided_timeline(Decided(decided(*CHECKS), T + 302, TRACE_ID), Signed(SignedAsset(), T + 400))
    assert [(hop.name, hop.started_ms - T, hop.duration_ms, hop.critical) for hop in timeline.hops] == [
        ("ingest", 0, 20, True),
        ("text", 21, 9, False),
        ("image", 22, 268, True),
        ("decide", 295, 5, True),
        ("publish", 300, 2, False),
        ("sign", 302, 98, True),
    ]
    assert (timeline.begin_ms, timeline.whole_ms) == (T, 400)
    image = timeline.hops[2]
    assert (image.check, image.waited_ms, image.waited_in, image.queued_ms) == (True, 2, "moderation.contents", 118)


def test_what_is_not_signed_ends_with_its_decision() -> None:
    assert names(decided_timeline(Decided(decided(*CHECKS), T + 302, TRACE_ID), None))[-1] == "publish"


def test_a_check_that_failed_says_how() -> None:
    timeline = decided_timeline(
        Decided(decided(heard("text", 21, 21, 30, 31, STATUS_ERROR)), T + 302, TRACE_ID), None
    )
    assert [hop.status for hop in timeline.hops if hop.check] == ["ERROR"]


def test_clocks_that_differ_make_no_negative_times() -> None:
    early = decided(heard("text", -500, -400, -300, 31))
    for hop in timeline_json(decided_timeline(Decided(early, T + 302, TRACE_ID), None)):
        assert cast("int", hop["offset_ms"]) >= 0
        assert cast("int", hop["duration_ms"]) >= 0
    bare = decided_timeline(Decided(Decision(request_id=REQUEST_ID), 0, TRACE_ID), None)
    assert bare.whole_ms == 0


def test_what_is_pending_is_told_as_far_as_it_has_come() -> None:
    verdict = Verdict(
        check="image",
        results=[ContentResult(content_id="c0")],
        received_at_ms=T + 5,
        started_at_ms=T + 8,
        finished_at_ms=T + 20,
    )
    timeline = pending_timeline(REQUEST_ID, [Heard(verdict, 7, T + 22)])
    assert [(hop.name, hop.queued_ms, hop.duration_ms) for hop in timeline.hops] == [("image", 3, 15)]
    assert pending_timeline(REQUEST_ID, []) == Timeline(0, 0, ())


def test_as_json() -> None:
    timeline = decided_timeline(Decided(decided(CHECKS[0]), T + 302, TRACE_ID), None)
    assert timeline_json(timeline)[1] == {
        "hop": "text",
        "check": True,
        "started_at": "2026-09-21T14:13:20.021Z",
        "ended_at": "2026-09-21T14:13:20.030Z",
        "offset_ms": 21,
        "duration_ms": 9,
        "waited_ms": 1,
        "waited_in": "moderation.contents",
        "queued_ms": 0,
        "critical": True,
        "status": None,
    }
