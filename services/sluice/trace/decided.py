"""The spans of a request that nobody told: made of the times that its decision carries.

They are whole milliseconds of the broker's clock and of the services' own, and where waiting and work were not told
apart, one span has both.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from sluice.bus.topics import Topic
from sluice.contract.names import short_name
from sluice.telemetry.trace_context import span_id
from sluice.trace.span import TraceSpan, Value
from sluice.trace.tree import DECIDE
from sluice.v1.decision_pb2 import Action, Decision, Input
from sluice.v1.request_pb2 import Lane, Stage
from sluice.v1.verdict_pb2 import Status

_MS: Final = 1_000_000


def decision_spans(trace_id: str, decision: Decision, written_ms: int, signed_ms: int = 0) -> Iterator[TraceSpan]:
    """What a decision says of how it came about. Times in milliseconds since the epoch: `written_ms`: when its record
    was appended; `signed_ms`: when the signed asset was, 0 where there is none."""
    telling = _Telling(trace_id, decision.request_id, decision.lane == Lane.LANE_BULK)
    yield from telling.asked(decision.requested_at_ms, decision.prepared_at_ms)
    checks = [telling.check(each) for each in decision.inputs]
    for several in checks:
        yield from several
    decided_at = decision.decided_at_ms or written_ms
    heard = [each.appended_at_ms for each in decision.inputs if each.appended_at_ms <= decided_at]
    attributes: dict[str, Value] = {
        "sluice.action": short_name(Action, decision.action) or "",
        "sluice.complete": decision.complete,
        "sluice.stage": short_name(Stage, decision.stage) or "",
    }
    attributes |= {"sluice.rule": decision.reasons[0].rule} if decision.reasons else {}
    yield telling.span(
        DECIDE,
        "orchestrator",
        (max([*heard, decision.prepared_at_ms]), decided_at),
        telling.ingest,
        attributes,
        tuple((trace_id, several[0].span_id) for several in checks),
    )
    yield telling.span(
        f"send {Topic.DECISIONS}", "orchestrator", (decided_at, written_ms), telling.id_of(DECIDE, "orchestrator")
    )
    if signed_ms:
        at = (written_ms, signed_ms)
        yield telling.span("sign", "c2pa-signer", at, telling.id_of(DECIDE, "orchestrator"))


def prepared_spans(
    trace_id: str, request_id: str, bulk: bool, requested_ms: int, prepared_ms: int
) -> Iterator[TraceSpan]:
    """The same of a request that is not decided. `bulk`: its lane; `prepared_ms`: when its contents record
    was appended."""
    return _Telling(trace_id, request_id, bulk).asked(requested_ms, prepared_ms)


def check_spans(trace_id: str, request_id: str, bulk: bool, inputs: Iterable[Input]) -> Iterator[TraceSpan]:
    """What checks say of their own work, of a request that is not decided."""
    telling = _Telling(trace_id, request_id, bulk)
    for each in inputs:
        yield from telling.check(each)


class _Telling:
    """Makes spans of one request."""

    def __init__(self, trace_id: str, request_id: str, bulk: bool) -> None:
        self._trace_id = trace_id
        self._request_id = request_id
        self._requests = Topic.REQUESTS_BULK if bulk else Topic.REQUESTS
        self._contents = Topic.CONTENTS_BULK if bulk else Topic.CONTENTS

    @property
    def ingest(self) -> str:
        """The id of ingest's span."""
        return self.id_of(f"process {self._requests}", "ingest")

    def id_of(self, name: str, service: str) -> str:
        """The id of a span that is made here."""
        return span_id(self._trace_id, "log", name, service)

    def span(
        self,
        name: str,
        service: str,
        times_ms: tuple[int, int],
        parent: str = "",
        attributes: dict[str, Value] | None = None,
        links: tuple[tuple[str, str], ...] = (),
        error: str = "",
    ) -> TraceSpan:
        """One of them."""
        start, end = times_ms
        told: dict[str, Value] = {"sluice.request_id": self._request_id, "sluice.synthesised": True}
        return TraceSpan(
            self._trace_id,
            self.id_of(name, service),
            parent,
            name,
            service,
            "consumer" if name.startswith("process") else "internal",
            start * _MS,
            max(start, end) * _MS,
            told | (attributes or {}),
            links,
            error,
        )

    def asked(self, requested_ms: int, prepared_ms: int) -> Iterator[TraceSpan]:
        """The request, and what ingest made of it."""
        root = self.span("request", "", (requested_ms or prepared_ms,) * 2)
        yield root
        name = f"process {self._requests}"
        where: dict[str, Value] = {"messaging.destination.name": self._requests.value}
        yield self.span(name, "ingest", (requested_ms or prepared_ms, prepared_ms), root.span_id, where)

    def check(self, heard: Input) -> list[TraceSpan]:
        """A check's hop, and how long the record waited in it."""
        name = f"process {self._contents}"
        failed = [each.status for each in heard.results if each.status != Status.STATUS_OK]
        error = (short_name(Status, failed[0]) or "ERROR") if failed else ""
        begin = heard.received_at_ms or heard.started_at_ms or heard.appended_at_ms
        end = heard.finished_at_ms or heard.appended_at_ms
        where: dict[str, Value] = {"messaging.destination.name": self._contents.value, "sluice.check": heard.check}
        hop = self.span(name, heard.check, (begin, end), self.ingest, where, error=error)
        if not begin < heard.started_at_ms <= end:
            return [hop]
        return [hop, self.span("wait", heard.check, (begin, heard.started_at_ms), hop.span_id)]
