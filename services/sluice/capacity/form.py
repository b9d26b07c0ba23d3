"""A plan as JSON. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from sluice.capacity.costs import KAFKA
from sluice.capacity.figure import Figure
from sluice.capacity.plan import Plan, memory

Form = dict[str, object]


def plan_form(plan: Plan) -> Form:
    """Every figure of the plan. `rests_on` names what each part was found from, under `figures`."""
    demand, layout, bus, store = plan.demand, plan.layout, plan.bus, plan.store
    shares = {str(kind): round(share, 6) for kind, share in demand.mix.shares.items()}
    return {
        "demand": asdict(demand) | {"mix": shares, "peak_rps": demand.peak_rps},
        "cells": layout.cells,
        "partitions": layout.partitions,
        "partitions_bound_by": layout.bound_by,
        "services": {
            group.name: {
                "replicas": group.replicas * layout.cells,
                "needed": group.needed * layout.cells,
                "cores": group.cores * layout.cells,
                "memory_gib": round(memory(group) * layout.cells, 2),
                "partitions_each": group.each,
                "busy": round(group.busy, 4),
                "wait_p95_ms": round(group.wait * 1000, 2),
                "rests_on": _names(plan.works[group.name].figures),
            }
            for group in layout.groups
        },
        "cores": plan.cores,
        "memory_gib": round(plan.memory, 1),
        "gpus": plan.gpus,
        "kafka": {
            "brokers": bus.brokers,
            "bound_by": bus.bound_by,
            "cores": bus.cores,
            "in_mb_per_second": round(bus.bytes_in / 1e6, 3),
            "out_mb_per_second": round(bus.bytes_out / 1e6, 3),
            "between_brokers_mb_per_second": round(bus.copied / 1e6, 3),
            "disk_gb": round(bus.disk / 1e9, 1),
            "rests_on": [*_names(plan.works[KAFKA].figures), *_starting(plan, "topics.", "kafka.")],
            "topics": {
                topic.name: {
                    "partitions": layout.partitions,
                    "in_mb_per_second": round(topic.bytes_in / 1e6, 3),
                    "out_mb_per_second": round(topic.bytes_out / 1e6, 3),
                    "retention_hours": topic.hours,
                    "disk_gb": round(topic.disk / 1e9, 1),
                }
                for topic in bus.topics
            },
        },
        "object_store": {
            "puts_per_second": round(store.puts, 1),
            "gets_per_second": round(store.gets, 1),
            "in_mb_per_second": round(store.bytes_in / 1e6, 2),
            "out_mb_per_second": round(store.bytes_out / 1e6, 2),
            "kept_gb": round(store.kept / 1e9, 1),
            "rests_on": _starting(plan, "store."),
        },
        "price": {
            "per_1000": round(plan.price.per_1000, 6),
            "per_hour": round(plan.price.hour, 2),
            "parts_per_hour": {name: round(part, 2) for name, part in plan.price.parts.items()},
            "rests_on": _starting(plan, "price."),
        },
        "decision_p95_ms": round(plan.p95 * 1000, 1),
        "decision_alone_ms": round(plan.road.alone * 1000, 1),
        "bottlenecks": list(plan.bottlenecks),
        "figures": figures_form(plan.figures),
    }


def figures_form(figures: Iterable[Figure]) -> Mapping[str, Form]:
    """By name: value, unit, what it rests on and how it came to be."""
    return {
        figure.name: {"value": figure.value, "unit": figure.unit, "basis": str(figure.basis), "how": figure.how}
        for figure in figures
    }


def _names(figures: Iterable[Figure]) -> list[str]:
    return [figure.name for figure in figures]


def _starting(plan: Plan, *prefixes: str) -> list[str]:
    return _names(figure for figure in plan.figures if figure.name.startswith(prefixes))
