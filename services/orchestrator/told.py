"""Tells of decisions and dead letters, once the transaction that they are a part of is final: what was aborted has
not happened."""

from dataclasses import dataclass, replace

from orchestrator.pending import Decided
from orchestrator.spans import Source, decide_context, decided_spans
from orchestrator.trees import Trees, Untold
from sluice.bus.record import Headers, Outgoing, Record
from sluice.host.hops import DEAD_LETTER, Handling, Hops
from sluice.ids import parse_request_id
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import NoSpans, Spans
from sluice.telemetry.trace_context import TraceContext, headers_of, of_request, parse, surely_unsampled
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision


@dataclass(frozen=True, slots=True)
class _Sampled:
    """A decision on a request that everybody tells of. `above`: what wrote its contents record."""

    decision: Decision
    partition: int
    above: TraceContext


class Told:
    """What is to be told of the open transaction. A decision that nobody asked to trace is told where it is anything
    but a complete ALLOW, with all that led to it: by a thread of its own, until `close`."""

    def __init__(self, group: str = "", spans: Spans | None = None, log: Log | None = None) -> None:
        self._spans = spans or NoSpans()
        self._hops = Hops(group, self._spans)
        self._trees = Trees(self._spans, log)
        self._sampled: list[_Sampled] = []
        self._untold: list[Untold] = []
        self._letters: list[tuple[Handling, str]] = []

    def decided(self, effect: Decided, partition: int) -> Headers:
        """A decision goes out. Returns the headers of all that it consists of: below it, where it is told."""
        headers = effect.entry.trace
        if not self._spans.on:
            return headers
        decision = effect.outputs.decision
        fine = decision.complete and decision.action == ACTION_ALLOW
        if fine and surely_unsampled(headers):
            # Most decisions of a busy service are such: they cost a look at their headers and no more.
            return headers
        request_id = decision.request_id
        if parse_request_id(request_id) is None:
            # Nobody's id but ingest's is in contents; what else may be there is not for telemetry.
            return headers
        above = parse(headers) or of_request(request_id, sampled=False)
        if above.sampled:
            self._sampled.append(_Sampled(decision, partition, above))
        elif fine:
            return headers
        else:
            contents = effect.contents
            source = Source(contents.source_partition, contents.source_offset)
            self._untold.append(Untold(decision, partition, above, source))
        # What comes of it is told from now on, whatever was said before.
        return headers_of(replace(decide_context(above, request_id), sampled=True))

    def buried(self, cause: Record, letter: Outgoing, reason: str) -> Outgoing:
        """A dead letter goes out, because of a record. Returns it with its headers."""
        handling = self._hops.begin(cause)
        self._letters.append((handling, reason))
        return handling.buried(letter)

    def final(self) -> None:
        """All of it has happened."""
        for one in self._sampled:
            for span in decided_spans(one.decision, one.partition, one.above):
                self._spans.emit(span)
        for untold in self._untold:
            self._trees.tell(untold)
        for handling, reason in self._letters:
            handling.tell(DEAD_LETTER, reason)
        self.forget()

    def forget(self) -> None:
        """None of it has, or all of it was told."""
        self._sampled = []
        self._untold = []
        self._letters = []

    def close(self) -> None:
        """Tells what is final and waits, for about two seconds at most. Nothing becomes final afterwards."""
        self._trees.close()
