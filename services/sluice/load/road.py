"""Where requests go in and where answers come out."""

from dataclasses import dataclass

from sluice.bus.topics import Topic
from sluice.v1.request_pb2 import Lane


@dataclass(frozen=True, slots=True)
class Road:
    """Names of topics."""

    requests: str
    decisions: str = Topic.DECISIONS
    signed: str = Topic.SIGNED
    dead_letters: str = Topic.DEAD_LETTERS

    @classmethod
    def of(cls, lane: Lane.ValueType) -> "Road":
        """The road of a lane."""
        return cls(Topic.REQUESTS_BULK if lane == Lane.LANE_BULK else Topic.REQUESTS)
