"""The spans that a decision tells of."""

import pytest

from sluice.trace.decided import decision_spans
from sluice.trace.tree import build_tree
from sluice.v1.decision_pb2 import Decision, Input
from sluice.v1.request_pb2 import Lane
from sluice.v1.verdict_pb2 import Status
from tests.trace_samples import CHECKS, MS, REQUEST_ID, TRACE_ID, T, decided, heard


def test_a_decision_tells_the_whole_tree() -> None:
    tree = build_tree(list(decision_spans(TRACE_ID, decided(*CHECKS), T + 302, T + 400)), REQUEST_ID)
    assert [
        (row.depth, row.span.service, row.span.name, (row.span.start_ns // MS - T, row.span.end_ns // MS - T))
        for row in tree.rows
    ] == [
        (0, "", "request", (0, 0)),
        (1, "ingest", "process moderation.requests", (0, 20)),
        (2, "text", "process moderation.contents", (21, 30)),
        (2, "image", "process moderation.contents", (22, 290)),
        (3, "image", "wait", (22, 140)),
        (2, "orchestrator", "decide", (295, 300)),
        (3, "orchestrator", "send moderation.decisions", (300, 302)),
        (3, "c2pa-signer", "sign", (302, 400)),
    ]
    assert tree.decision is not None
    assert tree.decision.attributes == {
        "sluice.request_id": REQUEST_ID,
        "sluice.synthesised": True,
        "sluice.action": "ALLOW",
        "sluice.complete": True,
        "sluice.stage": "OUTPUT",
        "sluice.rule": "some-rule",
    }
    assert tree.whole
    assert all(row.span.synthesised and row.span.trace_id == TRACE_ID for row in tree.rows)
    assert [row.span.service for row in tree.rows if not row.critical] == ["text", "orchestrator"]


def test_the_bulk_lane_has_topics_of_its_own() -> None:
    names = {span.name for span in decision_spans(TRACE_ID, decided(CHECKS[0], lane=Lane.LANE_BULK), T + 302)}
    assert {"process moderation.requests.bulk", "process moderation.contents.bulk"} <= names


@pytest.mark.parametrize(
    ("status", "error"),
    [(Status.STATUS_TIMEOUT, "TIMEOUT"), (Status.STATUS_ERROR, "ERROR"), (77, "77"), (0, "ERROR")],
)
def test_a_check_that_failed_says_how(status: int, error: str) -> None:
    spans = list(decision_spans(TRACE_ID, decided(heard("text", 21, 21, 30, 31, status)), T + 302))
    assert [span.error for span in spans if span.service == "text"] == [error]


def test_times_that_are_missing_or_out_of_order_make_spans_too() -> None:
    bare = Decision(request_id=REQUEST_ID, inputs=[Input(check="text"), heard("image", 900, 5, 3, 1)])
    for span in decision_spans(TRACE_ID, bare, T):
        assert 0 <= span.start_ns <= span.end_ns
    spans = list(decision_spans(TRACE_ID, bare, T))
    assert len({span.span_id for span in spans}) == len(spans)
    assert [row.span.name for row in build_tree(spans).rows][:2] == ["request", "process moderation.requests"]
