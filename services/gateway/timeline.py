"""One request's way, hop by hop, from what the log says of it. Pure.

The tree is the one that `sluice trace` shows of a request without spans; here each hop is one line, with what it
waited for before it began and in its own queue.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.follower_read import Decided, Heard, Signed
from sluice.moments import exactly
from sluice.telemetry.trace_context import of_request
from sluice.trace.decided import check_spans, decision_spans
from sluice.trace.span import TraceSpan
from sluice.trace.tree import DECIDE, Row, build_tree
from sluice.v1.decision_pb2 import Input
from sluice.v1.request_pb2 import Lane
from sluice.v1.verdict_pb2 import Verdict

_MS: Final = 1_000_000
_OURS: Final[Mapping[str, str]] = {DECIDE: "decide", "sign": "sign"}


@dataclass(frozen=True, slots=True)
class Hop:
    """A step of the way. Times are milliseconds since the epoch, `ended_ms` never before `started_ms`.

    `name`: of a check, or "ingest", "decide", "publish", "sign". `waited_ms`: between its last cause's end and its
    start, in the topic `waited_in` or elsewhere (empty). `queued_ms`: the part of it before work began. `critical`:
    without it the end would have come sooner. `status`: how a check failed, empty where it did not.
    """

    name: str
    check: bool
    started_ms: int
    ended_ms: int
    waited_ms: int
    waited_in: str
    queued_ms: int
    critical: bool
    status: str

    @property
    def duration_ms(self) -> int:
        """From start to end."""
        return self.ended_ms - self.started_ms


@dataclass(frozen=True, slots=True)
class Timeline:
    """All hops in the order in which they began. `begin_ms` and `end_ms`: of all of it."""

    begin_ms: int
    end_ms: int
    hops: Sequence[Hop]

    @property
    def whole_ms(self) -> int:
        """How long all of it took."""
        return self.end_ms - self.begin_ms


def decided_timeline(decided: Decided, signed: Signed | None) -> Timeline:
    """The way of a request that is decided. `signed`: what became of it, as far as it is there."""
    signed_ms = signed.written_ms if signed is not None else 0
    return _timeline(decision_spans(decided.trace_id, decided.decision, decided.written_ms, signed_ms))


def pending_timeline(request_id: str, heard: Sequence[Heard]) -> Timeline:
    """The same as far as it has come: which checks have answered."""
    bulk = any(each.verdict.lane == Lane.LANE_BULK for each in heard)
    inputs = [as_input(each.verdict, each.written_ms) for each in heard]
    return _timeline(check_spans(of_request(request_id).trace_id, request_id, bulk, inputs))


def as_input(verdict: Verdict, written_ms: int) -> Input:
    """A verdict as a decision would remember it."""
    return Input(
        check=verdict.check,
        appended_at_ms=written_ms,
        results=verdict.results,
        models=verdict.models,
        received_at_ms=verdict.received_at_ms,
        started_at_ms=verdict.started_at_ms,
        finished_at_ms=verdict.finished_at_ms,
    )


def timeline_json(timeline: Timeline) -> list[dict[str, object]]:
    """Hops for the API. Keys may be added, never renamed or taken away."""
    return [
        {
            "hop": hop.name,
            "check": hop.check,
            "started_at": exactly(hop.started_ms),
            "ended_at": exactly(hop.ended_ms),
            "offset_ms": hop.started_ms - timeline.begin_ms,
            "duration_ms": hop.duration_ms,
            "waited_ms": hop.waited_ms,
            "waited_in": hop.waited_in or None,
            "queued_ms": hop.queued_ms,
            "critical": hop.critical,
            "status": hop.status or None,
        }
        for hop in timeline.hops
    ]


def _timeline(spans: Iterable[TraceSpan]) -> Timeline:
    found = list(spans)
    if not found:
        return Timeline(0, 0, ())
    tree = build_tree(found)
    waits = {row.span.parent: row.span for row in tree.rows if row.span.name == "wait"}
    hops = [_hop(row, waits.get(row.span.span_id)) for row in tree.rows if row.span.name not in ("request", "wait")]
    # A check whose clock is behind began before anybody asked.
    begin = min(span.start_ns for span in found) // _MS
    return Timeline(begin, tree.end_ns // _MS, sorted(hops, key=lambda hop: hop.started_ms))


def _hop(row: Row, wait: TraceSpan | None) -> Hop:
    span = row.span
    check = span.text("sluice.check")
    return Hop(
        name=check or _OURS.get(span.name, "ingest" if span.service == "ingest" else "publish"),
        check=bool(check),
        started_ms=span.start_ns // _MS,
        ended_ms=span.end_ns // _MS,
        waited_ms=row.gap.length_ns // _MS if row.gap is not None else 0,
        waited_in=row.gap.where if row.gap is not None else "",
        queued_ms=(wait.end_ns - wait.start_ns) // _MS if wait is not None else 0,
        critical=row.critical,
        status=span.error,
    )
