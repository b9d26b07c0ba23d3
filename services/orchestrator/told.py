"""Tells of decisions and dead letters, once the transaction that they are a part of is final: what was aborted has
not happened."""

from dataclasses import dataclass, replace
from typing import Final

from orchestrator.pending import Decided
from orchestrator.spans import Source, decide_context, decided_spans, whole_tree
from sluice.bus.record import Headers, Outgoing, Record
from sluice.host.hops import DEAD_LETTER, Handling, Hops
from sluice.ids import parse_request_id
from sluice.telemetry.spans import NoSpans, Spans
from sluice.telemetry.trace_context import PARENT, TraceContext, headers_of, of_request, parse
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision

_NOT_SAMPLED: Final = b"-00"


@dataclass(frozen=True, slots=True)
class _Decision:
    """One that is to be told. `above`: what wrote its contents record. `source`: where the request lies, for one
    of which nobody has told; else None."""

    decision: Decision
    partition: int
    above: TraceContext
    source: Source | None


class Told:
    """What is to be told of the open transaction. A decision that nobody asked to trace is told where it is anything
    but a complete ALLOW, with all that led to it."""

    def __init__(self, group: str = "", spans: Spans | None = None) -> None:
        self._spans = spans or NoSpans()
        self._hops = Hops(group, self._spans)
        self._decisions: list[_Decision] = []
        self._letters: list[tuple[Handling, str]] = []

    def decided(self, effect: Decided, partition: int) -> Headers:
        """A decision goes out. Returns the headers of all that it consists of: below it, where it is told."""
        headers = effect.entry.trace
        if not self._spans.on:
            return headers
        decision = effect.outputs.decision
        fine = decision.complete and decision.action == ACTION_ALLOW
        if fine:
            # Most decisions of a busy service are such: they cost a look at their headers and no more.
            for name, value in headers:
                if name == PARENT and value.endswith(_NOT_SAMPLED):
                    return headers
        request_id = decision.request_id
        if parse_request_id(request_id) is None:
            # Nobody's id but ingest's is in contents; what else may be there is not for telemetry.
            return headers
        above = parse(headers) or of_request(request_id, sampled=False)
        if above.sampled:
            self._decisions.append(_Decision(decision, partition, above, None))
        elif fine:
            return headers
        else:
            contents = effect.contents
            source = Source(contents.source_partition, contents.source_offset)
            self._decisions.append(_Decision(decision, partition, above, source))
        # What comes of it is told from now on, whatever was said before.
        return headers_of(replace(decide_context(above, request_id), sampled=True))

    def buried(self, cause: Record, letter: Outgoing, reason: str) -> Outgoing:
        """A dead letter goes out, because of a record. Returns it with its headers."""
        handling = self._hops.begin(cause)
        self._letters.append((handling, reason))
        return handling.buried(letter)

    def final(self) -> None:
        """All of it has happened."""
        for one in self._decisions:
            spans = (
                decided_spans(one.decision, one.partition, one.above)
                if one.source is None
                else whole_tree(one.decision, one.partition, one.above, one.source)
            )
            for span in spans:
                self._spans.emit(span)
        for handling, reason in self._letters:
            handling.tell(DEAD_LETTER, reason)
        self.forget()

    def forget(self) -> None:
        """None of it has, or all of it was told."""
        self._decisions = []
        self._letters = []
