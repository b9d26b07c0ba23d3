"""Costs for tests of plans, small and round."""

from collections.abc import Mapping

from sluice.bus.topics import Topic
from sluice.capacity.costs import KAFKA, Costs, Grows, ServiceCosts, StoreCosts, TopicCosts
from sluice.capacity.figure import Basis, Figure
from sluice.load.mix import Kind, Mix

OTHER: Mapping[str, float] = {
    "kafka.hop_requests": 0.01,
    "kafka.hop_contents": 0.01,
    "kafka.hop_verdicts": 0.01,
    "kafka.hop_decisions": 0.01,
    "kafka.turn": 0,
    "kafka.gather": 0.05,
    "kafka.bytes_a_record": 100,
    "kafka.segment_slack": 0.25,
    "kafka.most_partitions": 1024,
    "kafka.partitions_a_broker": 4000,
    "kafka.broker_cores": 8,
    "kafka.broker_bytes_a_second": 1e8,
    "kafka.partition_bytes_a_second": 1e7,
    "store.hours": 10,
    "price.core_hour": 0.04,
    "price.gib_hour": 0.005,
    "price.gpu_hour": 2,
    "price.disk_gib_month": 0.1,
    "price.store_gib_month": 0.02,
    "price.puts_1000": 0.005,
    "price.gets_1000": 0.0004,
}
PROMPTS = Mix({Kind.PROMPT: 1.0})
MIXED = Mix({Kind.PROMPT: 0.5, Kind.OUTPUT: 0.5})


def figure(name: str, value: float, unit: str = "", basis: Basis = Basis.MEASURED) -> Figure:
    """One, by a command that nobody runs."""
    return Figure(name, value, unit, basis, "a test")


def kinds(name: str, values: Mapping[Kind, float], unit: str = "") -> Mapping[Kind, Figure]:
    """One of each kind."""
    return {kind: figure(f"{name}.{kind}", value, unit) for kind, value in values.items()}


def service(
    name: str,
    cpu: Mapping[Kind, float],
    idle: float = 0.0,
    at_once: int = 1,
    max_batch: int = 1,
    batch_wait: float = 0.0,
    variation: float = 1.0,
    grows: Grows = Grows.NOT,
    tail: float = 0.0,
    gpu: float = 0.0,
) -> ServiceCosts:
    """With 1 GiB of memory; all of a picture's cost grows; a GPU takes over nine tenths."""
    return ServiceCosts(
        name,
        frozenset(cpu),
        kinds(f"services.{name}.cpu", cpu, "s"),
        figure("idle", idle, "cores"),
        figure("memory", 1024, "MiB"),
        figure("at_once", at_once),
        figure("max_batch", max_batch),
        figure("batch_wait", batch_wait, "s"),
        figure("variation", variation, basis=Basis.ASSUMED),
        grows,
        figure("share", 1.0),
        figure("tail", tail, "s") if tail else None,
        figure("on_gpu", 0.9) if gpu else None,
        figure("gpu", gpu, "s", Basis.ASSUMED) if gpu else None,
    )


def costs(*more: ServiceCosts, other: Mapping[str, float] | None = None) -> Costs:
    """Ingest 1 ms, the check `text` 10 ms, the orchestrator 1 ms, Kafka 2 ms of a prompt or an output; `more`."""
    both = (Kind.PROMPT, Kind.OUTPUT)
    found = (
        service(KAFKA, dict.fromkeys(both, 0.002)),
        service("ingest", dict.fromkeys(both, 0.001)),
        service("text", dict.fromkeys(both, 0.01)),
        service("orchestrator", dict.fromkeys(both, 0.001)),
        *more,
    )
    topics = {
        str(name): TopicCosts(
            str(name), kinds("records", dict.fromkeys(both, 1.0)), kinds("bytes", dict.fromkeys(both, 900.0), "B"),
            figure("groups", groups), tailed,
        )
        for name, groups, tailed in (
            (Topic.REQUESTS, 1, ()), (Topic.CONTENTS, 2, ()), (Topic.DECISIONS, 0, ("ingest",)),
        )
    }  # fmt: skip
    pictures = {Kind.OUTPUT: 2.0}
    store = StoreCosts(
        kinds("store.puts", pictures), kinds("store.gets", {Kind.OUTPUT: 4.0}),
        kinds("store.put_bytes", {Kind.OUTPUT: 1000.0}, "B"), kinds("store.get_bytes", {Kind.OUTPUT: 3000.0}, "B"),
        kinds("store.originals_put", pictures), kinds("store.originals_got", pictures),
    )  # fmt: skip
    values = {**OTHER, **(other or {})}
    return Costs(
        {one.name: one for one in found},
        topics,
        store,
        {name: figure(name, value, "", Basis.ASSUMED) for name, value in values.items()},
    )
