"""What is told of a piece of work, and whom it is told to.

A span is made when the work is over, by whoever did it or by whoever knows its times; nothing is open in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sluice.telemetry.attributes import ERROR_KIND, SPAN_ATTRIBUTES
from sluice.telemetry.trace_context import TraceContext

Value = str | int | float | bool


class Kind(StrEnum):
    """A span's part in a trace: https://opentelemetry.io/docs/specs/otel/trace/api/#spankind."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work that is over.

    `context`: its own ids; `parent`: the span id that caused it, empty for a root. Times are nanoseconds since the
    epoch (UTC). `links`: spans that it also follows from. `error`: the kind of what went wrong, one word of ours (the
    name of a reason or of a class), never a message; empty where nothing did. ValueError for an attribute that is not
    in SPAN_ATTRIBUTES, and for an error of more than one word.
    """

    name: str
    context: TraceContext
    parent: str
    kind: Kind
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    links: tuple[TraceContext, ...] = ()
    error: str = ""

    def __post_init__(self) -> None:
        forbidden = self.attributes.keys() - SPAN_ATTRIBUTES
        if forbidden:
            raise ValueError(f"not in sluice.telemetry.attributes.SPAN_ATTRIBUTES: {sorted(forbidden)}")
        if self.error and not ERROR_KIND.fullmatch(self.error):
            raise ValueError("an error of a span is one word of ours, the name of a kind")


class Spans(Protocol):
    """Where spans go. What is given is told, whatever its flag says: callers ask `context.sampled` first, but for
    what is told in any case."""

    @property
    def on(self) -> bool:
        """Whether anybody is told; where nobody is, spans need not be made."""

    @property
    def room(self) -> int:
        """How many spans would be taken now."""

    def emit(self, span: Span) -> None:
        """Takes a span. Never blocks, and never raises for trouble with the receiver. Safe from any thread."""

    def lost(self, count: int) -> None:
        """So many will not be told, or were not even made: counted as dropped."""

    def close(self) -> None:
        """Tells what is left, within about two seconds. Nothing is told afterwards."""


class NoSpans:
    """Nobody is told."""

    on = False
    room = 0

    def emit(self, span: Span) -> None:
        """Forgets the span."""

    def lost(self, count: int) -> None:
        """Nobody counts."""

    def close(self) -> None:
        """Has nothing to do."""


class KeptSpans:
    """Spans in a list, in the order they were told: for tests, and for whoever reads them in this process."""

    on = True

    def __init__(self, most: int = 1_000_000) -> None:
        """`most`: spans that it keeps; those that come later are dropped."""
        self.told: list[Span] = []
        self.dropped = 0
        self._most = most

    @property
    def room(self) -> int:
        """What is left of `most`."""
        return self._most - len(self.told)

    def emit(self, span: Span) -> None:
        """Keeps the span."""
        if self.room > 0:
            self.told.append(span)
        else:
            self.lost(1)

    def lost(self, count: int) -> None:
        """Counts them."""
        self.dropped += count

    def close(self) -> None:
        """Has nothing to do."""
