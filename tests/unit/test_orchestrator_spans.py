"""What a decision tells: its span, who did not answer, and the tree of what nobody told."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from orchestrator.spans import Source, decide_context, decided_spans, whole_tree
from sluice.telemetry.hops import Place, hop_of, send_span
from sluice.telemetry.spans import Kind, Span
from sluice.telemetry.trace_context import TraceContext, beside, of_request
from sluice.v1.decision_pb2 import (
    ACTION_ALLOW,
    ACTION_BLOCK,
    ContentSummary,
    Decision,
    Input,
    Reason,
)
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE, OPERATION_EDIT, STAGE_OUTPUT
from sluice.v1.verdict_pb2 import STATUS_ERROR, STATUS_OK, STATUS_TIMEOUT, ContentResult, Status
from tests.unit.build import OTHER_ID, REQUEST_ID

MS = 1_000_000
ROOT = of_request(REQUEST_ID, sampled=False)
GIVEN = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=False)
SOURCE = Source(1, 70)


def heard(check: str, *statuses: "Status.ValueType") -> Input:
    results = [
        ContentResult(content_id=f"c{at}", status=status) for at, status in enumerate(statuses or (STATUS_OK,))
    ]
    return Input(
        check=check,
        verdict_offset=9,
        appended_at_ms=1300,
        results=results,
        received_at_ms=1110,
        started_at_ms=1120,
        finished_at_ms=1200,
    )


def decision(*inputs: Input, reasons: tuple[Reason, ...] = (), **more: object) -> Decision:
    """Of an output in partition 3, its contents record at 40. Requested at 1000, prepared 1100, decided 1400 ms."""
    found = Decision(
        request_id=REQUEST_ID,
        stage=STAGE_OUTPUT,
        operation=OPERATION_EDIT,
        lane=LANE_INTERACTIVE,
        tenant="studio",
        action=ACTION_BLOCK,
        complete=True,
        reasons=reasons,
        policy_version="2026-11-01",
        policy_digest=b"\x0f" * 32,
        contents=[ContentSummary(id="c0"), ContentSummary(id="c0.1", view_of="c0")],
        inputs=inputs,
        contents_offset=40,
        requested_at_ms=1000,
        prepared_at_ms=1100,
        decided_at_ms=1400,
    )
    found.MergeFrom(Decision(**more))  # type: ignore[arg-type] # fields by their names
    return found


def by_name(spans: list[Span]) -> Mapping[str, Span]:
    found = {f"{span.attributes.get('sluice.check', '')} {span.name}".strip(): span for span in spans}
    assert len(found) == len(spans)
    return found


def incomplete(check: str, detail: str = "no answer in time") -> Reason:
    return Reason(rule="incomplete", check=check, content_id="c0", action=ACTION_BLOCK, detail=detail)


def contents_place(check: str) -> Place:
    return Place(f"sluice-{check}", "moderation.contents", 3, 40)


def test_a_decision_joins_the_hops_of_all_that_answered() -> None:
    ingest = hop_of(replace(ROOT, sampled=True), Place("sluice-ingest", "moderation.requests", 1, 70))
    rules = (Reason(rule="sexual", action=ACTION_BLOCK), Reason(rule="sexual", check="image"), Reason(rule="hate"))
    (span,) = decided_spans(decision(heard("image"), heard("hash"), reasons=rules), 3, ingest)
    assert (span.name, span.kind, span.parent) == ("decide", Kind.CONSUMER, ingest.span_id)
    assert span.context == decide_context(ingest, REQUEST_ID) == beside(ingest, "decide", REQUEST_ID)
    assert span.links == tuple(hop_of(ingest, contents_place(check)) for check in ("image", "hash"))
    assert (span.start_ns, span.end_ns, span.error) == (1100 * MS, 1400 * MS, "")
    assert span.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": "moderation.contents",
        "messaging.destination.partition.id": "3",
        "messaging.kafka.offset": 40,
        "messaging.consumer.group.name": "sluice-orchestrator",
        "sluice.stage": "OUTPUT",
        "sluice.operation": "EDIT",
        "sluice.lane": "INTERACTIVE",
        "sluice.request_id": REQUEST_ID,
        "sluice.contents": 1,
        "sluice.action": "BLOCK",
        "sluice.complete": True,
        "sluice.policy_version": "2026-11-01",
        "sluice.policy_digest": "0f" * 32,
        "sluice.rule": "sexual,hate",
    }


@pytest.mark.parametrize(
    ("reasons", "missing", "error"),
    [
        (
            (incomplete("person"), incomplete("hash"), incomplete("hash")),
            ["hash", "person"],
            ("incomplete", "timeout"),
        ),
        ((incomplete("image", "ERROR"),), [], ("incomplete", "")),
        ((Reason(rule="incomplete", detail="no check covers this"),), [], ("incomplete", "")),
        ((incomplete("hash"), Reason(rule="overloaded")), ["hash"], ("overloaded", "overloaded")),
        ((Reason(rule="unprocessable", content_id="c0"),), [], ("", "")),
    ],
    ids=["silent", "answered with an error", "nobody was asked", "not waited for", "unreadable"],
)
def test_who_did_not_answer_has_a_span_that_says_so(
    reasons: tuple[Reason, ...], missing: list[str], error: tuple[str, str]
) -> None:
    found = decision(heard("image", STATUS_ERROR), reasons=reasons)
    found.complete = False
    decide, *others = decided_spans(found, 3, ROOT)
    assert decide.error == error[0]
    assert [span.name for span in others] == [f"missing {check}" for check in missing]
    for span, check in zip(others, missing, strict=True):
        assert (span.parent, span.error) == (ROOT.span_id, error[1])
        assert (span.start_ns, span.end_ns) == (1100 * MS, 1400 * MS)
        assert span.attributes == {"sluice.check": check, "sluice.request_id": REQUEST_ID}


def test_the_whole_tree_has_the_ids_that_everybody_would_have_told() -> None:
    found = decision(heard("image", STATUS_OK, STATUS_TIMEOUT, STATUS_ERROR), reasons=(incomplete("hash"),))
    found.complete = False
    spans = by_name(whole_tree(found, 3, ROOT, SOURCE))
    root = replace(ROOT, sampled=True)
    ingest = hop_of(root, Place("sluice-ingest", "moderation.requests", 1, 70))
    image = hop_of(root, contents_place("image"))
    assert {name: (span.context, span.parent) for name, span in spans.items()} == {
        "request": (root, ""),
        "process moderation.requests": (ingest, root.span_id),
        "image process moderation.contents": (image, ingest.span_id),
        "send moderation.verdicts": (send_span(image, "moderation.verdicts", (0, 0)).context, image.span_id),
        "decide": (decide_context(root, REQUEST_ID), ingest.span_id),
        "hash missing hash": (beside(root, "missing", "hash", REQUEST_ID), ingest.span_id),
    }
    assert {name: (span.start_ns // MS, span.end_ns // MS) for name, span in spans.items()} == {
        "request": (1000, 1000),
        "process moderation.requests": (1000, 1100),
        "image process moderation.contents": (1110, 1200),
        "send moderation.verdicts": (1200, 1300),
        "decide": (1100, 1400),
        "hash missing hash": (1100, 1400),
    }
    assert all(span.attributes["sluice.synthesised"] is True for span in spans.values())
    assert spans["image process moderation.contents"].error == "ERROR"
    assert spans["process moderation.requests"].attributes["messaging.consumer.group.name"] == "sluice-ingest"


def test_the_tree_of_a_senders_trace_hangs_below_the_sender() -> None:
    spans = by_name(whole_tree(decision(heard("text"), lane=LANE_BULK), 3, GIVEN, SOURCE))
    assert "request" not in spans
    hop = spans["process moderation.requests.bulk"]
    assert hop.parent == GIVEN.span_id
    assert hop.context == hop_of(
        replace(GIVEN, sampled=True), Place("sluice-ingest", "moderation.requests.bulk", 1, 70)
    )
    assert spans["text process moderation.contents.bulk"].parent == hop.context.span_id


def test_of_a_released_request_ingest_is_left_out() -> None:
    spans = by_name(whole_tree(decision(heard("text"), released_from=OTHER_ID), 3, ROOT, SOURCE))
    assert set(spans) == {
        "request",
        "text process moderation.contents",
        "send moderation.verdicts",
        "decide",
    }
    assert spans["decide"].parent == spans["text process moderation.contents"].parent == ROOT.span_id
    assert spans["request"].attributes["messaging.destination.name"] == "moderation.releases"
    assert "messaging.kafka.offset" not in spans["request"].attributes


@pytest.mark.parametrize(
    ("whole", "content", "said"),
    [("too_late", "", "too_late"), ("", "truncated", "truncated"), ("", "", None)],
)
def test_why_it_could_not_be_judged(whole: str, content: str, said: str | None) -> None:
    found = decision(unprocessable=whole)
    found.contents[0].unprocessable = content
    (span,) = decided_spans(found, 3, ROOT)
    assert span.attributes.get("sluice.reason") == said


def test_nothing_of_the_tenant_the_scores_or_the_words_is_told() -> None:
    reason = Reason(rule="incomplete", check="hash", detail="words of somebody", breaker="tenant:studio")
    found = decision(heard("image"), reasons=(reason,), open_breakers=["tenant:studio"], labels=["a-label"])
    found.complete = False
    told = repr(whole_tree(found, 3, ROOT, SOURCE))
    assert [word for word in ("studio", "words of somebody", "a-label") if word in told] == []


def test_an_allow_is_told_as_one() -> None:
    (span,) = decided_spans(decision(heard("image"), action=ACTION_ALLOW), 3, ROOT)
    assert (span.attributes["sluice.action"], span.attributes["sluice.complete"]) == ("ALLOW", True)
    assert "sluice.rule" not in span.attributes
