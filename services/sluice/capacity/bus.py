"""What the broker carries and keeps."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Final

from sluice.bus.topics import TOPICS, TopicSpec
from sluice.capacity.costs import KAFKA, Costs, turns
from sluice.capacity.demand import Demand
from sluice.capacity.layout import Layout, spare, topic_bytes
from sluice.capacity.work import Work

_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """Of all cells together. `bytes_in`, `bytes_out`: a second at the peak, clients alone, not compressed. `disk`:
    bytes of all copies at the average rate, a full retention long."""

    name: str
    bytes_in: float
    bytes_out: float
    hours: float
    disk: float


@dataclass(frozen=True, slots=True)
class BusPlan:
    """The brokers of all cells. `copied`: bytes a second that brokers send each other at the peak. `bound_by`: what
    so many brokers are needed for. `cores`: of all of them. `disk`: bytes."""

    topics: Sequence[TopicPlan]
    brokers: int
    bound_by: str
    cores: int
    copied: float

    @property
    def bytes_in(self) -> float:
        """A second at the peak, from clients."""
        return sum(topic.bytes_in for topic in self.topics)

    @property
    def bytes_out(self) -> float:
        """A second at the peak, to clients."""
        return sum(topic.bytes_out for topic in self.topics)

    @property
    def disk(self) -> float:
        """Bytes of all topics."""
        return sum(topic.disk for topic in self.topics)


def plan_bus(costs: Costs, works: Mapping[str, Work], demand: Demand, layout: Layout) -> BusPlan:
    """Topics and brokers for a layout."""
    replicas = {group.name: group.replicas for group in layout.groups}
    topics = [_topic(costs, demand, spec, replicas) for spec in TOPICS if spec.topic in costs.topics]
    bytes_in = sum(topic.bytes_in for topic in topics)
    bytes_out = sum(topic.bytes_out for topic in topics)
    copied = bytes_in * (demand.replication - 1)
    other = costs.other
    # Every copy is appended once more, which is taken to cost as much as the first.
    rate = demand.peak_rps / layout.cells
    beside = mean(turns(costs, rate * group.each / layout.partitions) for group in layout.groups)
    cores = demand.peak_rps * (works[KAFKA].cpu * demand.replication + beside) / demand.busy
    partitions = layout.partitions * len(TOPICS) * demand.replication
    per_cell = [
        (float(max(demand.replication, demand.zones)), "replication and zones"),
        (cores / layout.cells / other["kafka.broker_cores"].value, "CPU"),
        ((bytes_in + bytes_out + 2 * copied) / layout.cells / other["kafka.broker_bytes_a_second"].value, "network"),
        (partitions / other["kafka.partitions_a_broker"].value, "partitions"),
    ]
    wanted, bound_by = max(per_cell)
    brokers = spare(math.ceil(wanted), demand) if bound_by != "replication and zones" else math.ceil(wanted)
    total = brokers * layout.cells
    return BusPlan(topics, total, bound_by, total * int(other["kafka.broker_cores"].value), copied)


def _topic(costs: Costs, demand: Demand, spec: TopicSpec, replicas: Mapping[str, int]) -> TopicPlan:
    topic = costs.topics[spec.topic]
    each = topic_bytes(costs, demand, spec.topic)
    readers = topic.groups.value + sum(replicas.get(name, 0) for name in topic.tailed_by)
    seconds = spec.retention_ms / _MS
    # A record goes with its whole segment (`TopicSpec.settings`).
    kept = seconds * (1 + costs.other["kafka.segment_slack"].value)
    return TopicPlan(
        spec.topic,
        demand.peak_rps * each,
        demand.peak_rps * each * readers,
        seconds / 3600,
        demand.rps * each * kept * demand.replication,
    )
