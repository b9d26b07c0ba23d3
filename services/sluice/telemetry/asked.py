"""The span of a request whose sender brought no trace context: the root of its trace, told in the sender's name.

Ingest tells it; of a request that was not sampled and went wrong, the orchestrator does, and tells the same.
"""

from collections.abc import Mapping
from typing import Final

from sluice.telemetry.spans import Kind, Span, Value
from sluice.telemetry.trace_context import TraceContext

NAME: Final = "request"


def request_span(
    root: TraceContext,
    topic: str,
    place: tuple[int, int] | None,
    appended_at_ms: int,
    attributes: Mapping[str, Value],
) -> Span:
    """What is told of the root. `place`: partition and offset of the request's record, None where that is not known.

    It begins and ends when the broker appended the record: what the sender did before is not ours to tell, and what
    passes until ingest takes the record in hand is time in the topic.
    """
    told: dict[str, Value] = {
        "messaging.system": "kafka",
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.destination.name": topic,
    }
    if place is not None:
        partition, offset = place
        told |= {"messaging.destination.partition.id": str(partition), "messaging.kafka.offset": offset}
    at = appended_at_ms * 1_000_000
    return Span(NAME, root, "", Kind.PRODUCER, at, at, told | dict(attributes))
