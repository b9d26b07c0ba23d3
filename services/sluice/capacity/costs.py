"""What one request costs: every figure that a plan rests on, and how a picture's size changes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.capacity.batches import saved
from sluice.capacity.figure import Figure
from sluice.load.mix import Kind

MEASURED_MEGAPIXELS: Final = 1024 * 1024 / 1e6
"""Of the pictures that `sluice load` sends."""
_TILED_MEGAPIXELS: Final = 1.92
"""Of the version that tiles are cut from, at 4:3: its long side is at most 1600 pixels
(`ingest.decoder.renditions.TILED_SIDE`)."""
KAFKA: Final = "kafka"


class Grows(StrEnum):
    """With what the cost of a picture grows. NOT: a rendition of 512 pixels is looked at, or only digests. TILES:
    with the pixels of the tiles, at most 1600 a side. PIXELS: with those of the original."""

    NOT = "not"
    TILES = "tiles"
    PIXELS = "pixels"


@dataclass(frozen=True, slots=True)
class ServiceCosts:
    """One service. `answers`: the kinds of requests that it does something for, one after the other in its queue.
    `cpu`: CPU seconds of a request by kind; for other kinds what it takes to read the record and leave it.

    `idle`: cores that a replica uses for nothing. `at_once`: batches, or records, that it works on at a time, a core
    each. `max_batch`, `batch_wait`: items of a batch; seconds it waits for more. `variation`: standard deviation of
    the work of a request over its mean. `share`: of a picture's cost that grows, with what `grows` says.
    `tail`: CPU seconds that each replica spends on each decision of the cluster, its own or not. `on_gpu`: share of
    the cost that a GPU takes over, and `gpu`: seconds of a GPU for an item, in full batches; None: it has no model.
    `per_batch`: of what a request costs alone, the CPU seconds that all of a batch pay once; None: each pays its own.
    """

    name: str
    answers: frozenset[Kind]
    cpu: Mapping[Kind, Figure]
    idle: Figure
    memory: Figure
    at_once: Figure
    max_batch: Figure
    batch_wait: Figure
    variation: Figure
    grows: Grows
    share: Figure
    tail: Figure | None = None
    on_gpu: Figure | None = None
    gpu: Figure | None = None
    per_batch: Figure | None = None

    def seconds(self, kind: Kind, megapixels: float) -> float:
        """CPU seconds of one request of a kind whose picture has so many megapixels; 0 where it is not asked."""
        figure = self.cpu.get(kind)
        if figure is None:
            return 0.0
        if kind is Kind.PROMPT:
            return figure.value
        return figure.value * (1 + self.share.value * (growth(self.grows, megapixels) - 1))

    def shared(self, rate: float, alone: float) -> float:
        """CPU seconds that a request costs less than `alone`, where a replica is asked `rate` times a second."""
        if self.per_batch is None:
            return 0.0
        return saved(rate, min(alone, self.per_batch.value), alone, self.max_batch.value)


@dataclass(frozen=True, slots=True)
class TopicCosts:
    """One topic. `records` for a request, and `bytes` of their keys and values, by kind. `groups`: consumer groups
    that read all of it once. `tailed_by`: services of which every replica reads all of it."""

    name: str
    records: Mapping[Kind, Figure]
    bytes: Mapping[Kind, Figure]
    groups: Figure
    tailed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreCosts:
    """The object store for one request, by kind. `puts`, `gets` and their bytes: of renditions and tiles, at the
    measured size. `originals_put`, `originals_got`: how often a file of the picture's own length is written and
    read, the signed copy among them."""

    puts: Mapping[Kind, Figure]
    gets: Mapping[Kind, Figure]
    put_bytes: Mapping[Kind, Figure]
    get_bytes: Mapping[Kind, Figure]
    originals_put: Mapping[Kind, Figure]
    originals_got: Mapping[Kind, Figure]


@dataclass(frozen=True, slots=True)
class Costs:
    """A whole costs file. `services`: in the order of the road, Kafka among them. `other`: single figures by name:
    limits of brokers, delays of hops, prices."""

    services: Mapping[str, ServiceCosts]
    topics: Mapping[str, TopicCosts]
    store: StoreCosts
    other: Mapping[str, Figure]


def turns(costs: Costs, rate: float) -> float:
    """CPU seconds of the broker that come on top of each record's own, where so many records a second are read by one
    consumer.

    A read that finds one record costs as much as one that finds twenty. The first record that comes begins a turn,
    and those of the next `kafka.gather` seconds share it: with Poisson arrivals 1 + rate * gather of them do.
    """
    return costs.other["kafka.turn"].value / (1 + rate * costs.other["kafka.gather"].value)


def growth(grows: Grows, megapixels: float) -> float:
    """How many times the pixels of the measured pictures a picture has that its cost grows with."""
    if grows is Grows.NOT:
        return 1.0
    most = megapixels if grows is Grows.PIXELS else min(megapixels, _TILED_MEGAPIXELS)
    return most / MEASURED_MEGAPIXELS
