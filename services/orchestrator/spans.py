"""What is told of a decision: its own span, and of a request that nobody told of, every hop that led to it. Pure.

Of what was sampled, everybody has told his own part. Of the rest, a decision says when each part was done and where
its record lies, and span ids follow from that (ADR 27): the tree made up here has the ids that it would have had.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sluice.bus.topics import Topic
from sluice.contract.names import short_name
from sluice.telemetry.asked import request_span
from sluice.telemetry.hops import Place, hop_of, hop_span, send_span
from sluice.telemetry.spans import Kind, Span, Value
from sluice.telemetry.trace_context import TraceContext, beside, of_request
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.request_pb2 import LANE_BULK, Lane, Operation, Stage
from sluice.v1.verdict_pb2 import STATUS_ERROR, STATUS_TIMEOUT, ContentResult

DECIDE: Final = "decide"
_GROUP: Final = "sluice-orchestrator"
_INGEST: Final = "sluice-ingest"
_CHECK: Final = "sluice-"
"""What stands before a check's name in its group's."""
_MS: Final = 1_000_000
_SYNTHESISED: Final[dict[str, Value]] = {"sluice.synthesised": True}
# Looked up here, a name costs a tenth.
_STAGES: Final = {number: short_name(Stage, number) for number in Stage.values()}
_OPERATIONS: Final = {number: short_name(Operation, number) for number in Operation.values()}
_LANES: Final = {number: short_name(Lane, number) for number in Lane.values()}
_ACTIONS: Final = {number: short_name(Action, number) for number in Action.values()}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the request lies, on its lane's topic."""

    partition: int
    offset: int


def decide_context(above: TraceContext, request_id: str) -> TraceContext:
    """The context of a decision: there is one of a request, so the id says which. `above`: any of its trace."""
    return beside(above, DECIDE, request_id)


def decided_spans(decision: Decision, partition: int, above: TraceContext) -> list[Span]:
    """Of a request that was sampled: the decision, and the checks that did not answer. `above`: what wrote the
    contents record, on partition number `partition`."""
    return list(_Tree(decision, partition, above, above.span_id).decided())


def whole_tree(decision: Decision, partition: int, above: TraceContext, source: Source) -> list[Span]:
    """Of a request that was not sampled: every hop from the request to its decision, as far as the decision knows.

    `above`: the context that the request came with, or that ingest made for it. A request that a person released has
    no hop of ingest: where the release lies, its decision does not say.
    """
    above = replace(above, sampled=True)
    place = Place(_INGEST, _requests(decision), source.partition, source.offset)
    ingest = above if decision.released_from else hop_of(above, place)
    tree = _Tree(decision, partition, above, ingest.span_id)
    spans = [*tree.asked(place), *tree.checks(), *tree.decided()]
    return [replace(span, attributes={**span.attributes, **_SYNTHESISED}) for span in spans]


def fewest_spans(decision: Decision) -> int:
    """How many spans its whole tree has at least: ingest's hop, two of each check that answered, and the decision."""
    return (not decision.released_from) + 2 * len(decision.inputs) + 1


class _Tree:
    """Makes the spans of one request. `ingest`: id of what wrote the contents record."""

    def __init__(self, decision: Decision, partition: int, above: TraceContext, ingest: str) -> None:
        self._decision = decision
        self._above = above
        self._ingest = ingest
        topic = Topic.CONTENTS_BULK if decision.lane == LANE_BULK else Topic.CONTENTS
        self._contents = Place(_GROUP, topic, partition, decision.contents_offset)
        self._about = _about(decision)

    def asked(self, place: Place) -> Iterator[Span]:
        """The request, where its trace began with us, and what ingest made of it."""
        decision, above = self._decision, self._above
        released = bool(decision.released_from)
        parent = above.span_id
        if (root := of_request(decision.request_id)).span_id == parent and root.trace_id == above.trace_id:
            at = None if released else (place.partition, place.offset)
            yield request_span(above, place.topic, at, decision.requested_at_ms, self._about)
        if not released:
            times = (decision.requested_at_ms * _MS, decision.prepared_at_ms * _MS)
            yield hop_span(hop_of(above, place), parent, place, times, self._about | {"sluice.outcome": "done"})

    def checks(self) -> Iterator[Span]:
        """What answered."""
        for found in self._decision.inputs:
            place = self._place(found.check)
            hop = hop_of(self._above, place)
            told: dict[str, Value] = {
                "sluice.check": found.check,
                "sluice.contents": len(found.results),
                "sluice.outcome": "done",
                "sluice.request_id": self._decision.request_id,
            }
            times = (found.received_at_ms * _MS, found.finished_at_ms * _MS)
            yield hop_span(hop, self._ingest, place, times, told, _worst(found.results))
            yield send_span(hop, Topic.VERDICTS, (found.finished_at_ms * _MS, found.appended_at_ms * _MS))

    def decided(self) -> Iterator[Span]:
        """The decision, and what it waited for in vain."""
        decision = self._decision
        rules = list(dict.fromkeys(reason.rule for reason in decision.reasons))
        times = (decision.prepared_at_ms * _MS, decision.decided_at_ms * _MS)
        told = self._about | {
            "sluice.action": _ACTIONS.get(decision.action) or "",
            "sluice.complete": decision.complete,
            "sluice.policy_version": decision.policy_version,
            "sluice.policy_digest": decision.policy_digest.hex(),
        }
        if rules:
            told["sluice.rule"] = ",".join(rules)
        if reason := _unprocessable(decision):
            told["sluice.reason"] = reason
        shed = "overloaded" in rules
        error = "overloaded" if shed else "incomplete" if "incomplete" in rules else ""
        context = decide_context(self._above, decision.request_id)
        links = tuple(hop_of(self._above, self._place(found.check)) for found in decision.inputs)
        span = hop_span(context, self._ingest, self._contents, times, told, error)
        yield replace(span, name=DECIDE, links=links)
        for check in _missing(decision):
            about = {"sluice.check": check, "sluice.request_id": decision.request_id}
            missing = beside(self._above, "missing", check, decision.request_id)
            wrong = "overloaded" if shed else "timeout"
            yield Span(f"missing {check}", missing, self._ingest, Kind.INTERNAL, *times, about, error=wrong)

    def _place(self, check: str) -> Place:
        """Of the contents record, as the check's group read it."""
        return replace(self._contents, group=_CHECK + check)


def _requests(decision: Decision) -> Topic:
    if decision.released_from:
        return Topic.RELEASES
    return Topic.REQUESTS_BULK if decision.lane == LANE_BULK else Topic.REQUESTS


def _about(decision: Decision) -> dict[str, Value]:
    """What is told of the request with each of its hops."""
    words = {
        "sluice.stage": _STAGES.get(decision.stage),
        "sluice.operation": _OPERATIONS.get(decision.operation),
        "sluice.lane": _LANES.get(decision.lane),
    }
    told: dict[str, Value] = {name: word for name, word in words.items() if word}
    told["sluice.request_id"] = decision.request_id
    told["sluice.contents"] = sum(not content.view_of for content in decision.contents)
    return told


def _worst(results: Sequence[ContentResult]) -> str:
    """As a check tells it of its own hop."""
    found = {result.status for result in results}
    return "ERROR" if STATUS_ERROR in found else "TIMEOUT" if STATUS_TIMEOUT in found else ""


def _unprocessable(decision: Decision) -> str:
    """Why it could not be judged, as the contract names it; empty where it could."""
    return decision.unprocessable or next((c.unprocessable for c in decision.contents if c.unprocessable), "")


def _missing(decision: Decision) -> Sequence[str]:
    """Required checks that gave no verdict in time: slow, or not there at all."""
    if decision.complete:
        return ()
    answered = {found.check for found in decision.inputs}
    asked = {reason.check for reason in decision.reasons if reason.rule == "incomplete" and reason.check}
    return sorted(asked - answered)
