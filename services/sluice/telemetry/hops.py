"""The hop of a record through a consumer: its span's id and shape, the same whoever tells it.

The worker that handled a record tells its hop; of a request that was not traced and went wrong, the orchestrator
tells all of them, from what the decision knows. Both make the span here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sluice.telemetry.spans import Kind, Span, Value
from sluice.telemetry.trace_context import TraceContext, beside, child


@dataclass(frozen=True, slots=True)
class Place:
    """A record of the log, and the consumer group that worked it. Of a check the group is `sluice-NAME`."""

    group: str
    topic: str
    partition: int
    offset: int


def hop_of(parent: TraceContext, place: Place) -> TraceContext:
    """The context of a record's hop. Its span id is a function of the trace id and the place alone."""
    return beside(parent, "process", place.group, place.topic, place.partition, place.offset)


def hop_span(
    hop: TraceContext,
    parent: str,
    place: Place,
    times_ns: tuple[int, int],
    attributes: Mapping[str, Value] | None = None,
    error: str = "",
) -> Span:
    """What is told of a hop. `parent`: span id of what wrote the record, empty where nothing did that was told.
    `times_ns`: taken in hand, done with."""
    told: dict[str, Value] = {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": place.topic,
        "messaging.destination.partition.id": str(place.partition),
        "messaging.kafka.offset": place.offset,
        "messaging.consumer.group.name": place.group,
    }
    if attributes:
        told |= attributes
    return Span(f"process {place.topic}", hop, parent, Kind.CONSUMER, *times_ns, told, error=error)


def send_span(
    hop: TraceContext,
    topic: str,
    times_ns: tuple[int, int],
    count: int = 1,
    attributes: Mapping[str, Value] | None = None,
) -> Span:
    """What is told of publishing what a hop caused, `count` records. `times_ns`: handed over, taken by the broker."""
    told: dict[str, Value] = {
        "messaging.system": "kafka",
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.destination.name": topic,
    }
    if count > 1:
        told["messaging.batch.message_count"] = count
    if attributes:
        told |= attributes
    return Span(f"send {topic}", child(hop, "send", topic), hop.span_id, Kind.PRODUCER, *times_ns, told)


@dataclass(slots=True, eq=False)
class Hop:
    """The hop that a handler is in the middle of: what it adds is told with it."""

    context: TraceContext | None
    """Its own, where it is told: children name it as their parent. None where it is not."""
    attributes: dict[str, Value] = field(default_factory=dict)
    error: str = ""
    """The kind of what went wrong, where the handler dealt with it itself."""
    place: Place | None = None
    """Where the record lies, unless it is sure that nothing is told: a handler that knows the trace of a record that
    came without one finds its hop by `hop_of`."""
