"""A span of a trace, whoever told it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float | bool
"""Of an attribute."""


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """One span. `parent`: a span id, empty for a root. Times are nanoseconds since the epoch, `end_ns` never before
    `start_ns`. `links`: (trace id, span id). `error`: what went wrong, empty where nothing did.
    """

    trace_id: str
    span_id: str
    parent: str
    name: str
    service: str
    kind: str
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    error: str = ""

    @property
    def synthesised(self) -> bool:
        """Whether it was made up from timestamps by somebody else than who did the work."""
        return self.attributes.get("sluice.synthesised") is True

    def text(self, name: str) -> str:
        """An attribute as text, empty where it is not there."""
        return str(self.attributes.get(name, ""))
