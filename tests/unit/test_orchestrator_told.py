"""When decisions are told: after the commit, where somebody asked for it or something was not allowed."""

from collections.abc import Sequence

import pytest

from orchestrator.asked import Asked
from orchestrator.outputs import Outputs
from orchestrator.pending import Decided, Entry
from orchestrator.spans import decide_context
from orchestrator.told import Told
from sluice.bus.record import Outgoing, Record
from sluice.policy.model import Severity
from sluice.telemetry.hops import Place, hop_of
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import Headers, TraceContext, headers_of, of_request, parse
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW, Action, Decision
from sluice.v1.request_pb2 import LANE_INTERACTIVE, STAGE_PROMPT
from tests.unit.build import REQUEST_ID, contents, text

SAMPLED = headers_of(of_request(REQUEST_ID))
NOT = headers_of(of_request(REQUEST_ID, sampled=False))
OWN = decide_context(of_request(REQUEST_ID), REQUEST_ID)
LATER = (("traceparent", NOT[0][1].replace(b"00-", b"cc-", 1) + b"-more"),)
"""Of a version to come, which says more."""
SAMPLED_LATER = (("traceparent", SAMPLED[0][1].replace(b"00-", b"cc-", 1) + b"-00"),)
"""The same, of a trace that is told."""


def decided(
    headers: Headers, action: "Action.ValueType" = ACTION_ALLOW, complete: bool = True, request_id: str = REQUEST_ID
) -> Decided:
    asked = contents(text())
    decision = Decision(request_id=request_id, action=action, complete=complete)
    of = Asked(asked, REQUEST_ID, b"", STAGE_PROMPT, 0, (), judged=True, on_incomplete=Severity.BLOCK)
    entry = Entry(of, LANE_INTERACTIVE, 0, 0, 0, trace=headers)
    return Decided(entry, Outputs(decision, None, (), None), asked)


def names(spans: KeptSpans) -> Sequence[str]:
    return [span.name for span in spans.told]


@pytest.mark.parametrize(
    ("headers", "action", "complete", "told"),
    [
        (SAMPLED, ACTION_ALLOW, True, ["decide"]),
        (SAMPLED, ACTION_BLOCK, True, ["decide"]),
        (NOT, ACTION_ALLOW, True, []),
        (NOT, ACTION_BLOCK, True, ["request", "process moderation.requests", "decide"]),
        (NOT, ACTION_REVIEW, True, ["request", "process moderation.requests", "decide"]),
        (NOT, ACTION_BLOCK, False, ["request", "process moderation.requests", "decide"]),
        (LATER, ACTION_ALLOW, True, []),
        (SAMPLED_LATER, ACTION_ALLOW, True, ["decide"]),
        ((), ACTION_ALLOW, True, []),
        ((), ACTION_BLOCK, True, ["request", "process moderation.requests", "decide"]),
    ],
)
def test_what_is_told_of_a_decision(
    headers: Headers, action: "Action.ValueType", complete: bool, told: Sequence[str]
) -> None:
    spans = KeptSpans()
    found = Told("sluice-orchestrator", spans)
    given = found.decided(decided(headers, action, complete), 3)
    assert spans.told == []
    found.final()
    found.final()
    found.close()
    assert names(spans) == told
    # What comes of it is below it, and is told.
    assert parse(given) == OWN if told else given == headers


def test_of_what_has_no_request_id_nothing_is_told() -> None:
    spans = KeptSpans()
    found = Told("sluice-orchestrator", spans)
    for headers in (SAMPLED, NOT, ()):
        assert found.decided(decided(headers, ACTION_BLOCK, request_id="somebody's words"), 3) == headers
    found.final()
    found.close()
    assert spans.told == []


def test_of_an_aborted_transaction_nothing_is_told() -> None:
    spans = KeptSpans()
    found = Told("sluice-orchestrator", spans)
    found.decided(decided(NOT, ACTION_BLOCK), 3)
    found.buried(record(SAMPLED), letter(SAMPLED), "CONFLICT")
    found.forget()
    found.final()
    found.close()
    assert spans.told == []


def test_where_nobody_is_told_headers_pass_as_they_came() -> None:
    found = Told()
    for headers in (SAMPLED, NOT, ()):
        assert found.decided(decided(headers, ACTION_BLOCK), 3) == headers
        assert found.buried(record(headers), letter(headers), "CONFLICT").headers == headers
    found.final()
    found.close()


def record(headers: Headers) -> Record:
    return Record("moderation.contents", 3, 40, REQUEST_ID.encode(), b"", 1000, headers)


def letter(headers: Headers) -> Outgoing:
    return Outgoing("moderation.dead-letters", 3, REQUEST_ID.encode(), b"", headers)


@pytest.mark.parametrize("headers", [SAMPLED, NOT], ids=["sampled", "not"])
def test_a_dead_letter_is_told_in_any_case(headers: Headers) -> None:
    spans = KeptSpans()
    found = Told("sluice-orchestrator", spans)
    sent = found.buried(record(headers), letter(headers), "CONFLICT")
    assert spans.told == []
    found.final()
    (span,) = spans.told
    above = parse(headers)
    assert isinstance(above, TraceContext)
    assert span.context == hop_of(above, Place("sluice-orchestrator", "moderation.contents", 3, 40))
    assert (span.error, span.attributes["sluice.outcome"]) == ("CONFLICT", "dead_letter")
    assert parse(sent.headers) == span.context
