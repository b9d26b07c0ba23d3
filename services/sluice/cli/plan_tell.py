"""What `sluice plan` tells people of a plan."""

import textwrap
from collections.abc import Sequence
from typing import TextIO

from sluice.capacity.costs import KAFKA
from sluice.capacity.figure import Basis, Figure, bases
from sluice.capacity.plan import Plan, memory
from sluice.cli.load_tell import show_rows
from sluice.load.report import Row

_WIDTH = 118
_MB = 1e6
_GB = 1e9


def tell_plan(out: TextIO, plan: Plan) -> None:
    """Tables and lines."""
    demand, layout = plan.demand, plan.layout
    show_rows(out, _services(plan))
    total = f"{plan.cores:,} cores, {plan.memory:,.0f} GiB of memory"
    lines = [
        f"{demand.rps:,g} requests/s on average, {demand.peak_rps:,g} at the peak ({demand.mix}), "
        f"pictures of {demand.megapixels:g} megapixels",
        f"services: {total}, {demand.zones_lost} of {demand.zones} zones may fail",
        f"decision: 95 of 100 within {plan.p95:.2f} s at the peak with zones lost, {plan.road.alone:.2f} s alone; "
        f"the deadline is {demand.deadline:g} s",
        _gpus(plan),
        f"cells: {layout.cells}, each {layout.partitions} partitions a topic",
    ]
    _lines(out, lines)
    show_rows(out, _topics(plan))
    bus, store, price = plan.bus, plan.store, plan.price
    parts = ", ".join(f"{name} {part:,.2f}" for name, part in price.parts.items())
    _lines(
        out,
        [
            f"Kafka: {bus.brokers} brokers, {bus.cores:,} cores; {bus.bytes_in / _MB:,.1f} MB/s in, "
            f"{bus.bytes_out / _MB:,.1f} out, {bus.copied / _MB:,.1f} between brokers; "
            f"{bus.disk / _GB:,.0f} GB of disk",
            f"object store: {store.puts:,.0f} writes/s, {store.bytes_in / _MB:,.1f} MB/s; {store.gets:,.0f} reads/s, "
            f"{store.bytes_out / _MB:,.1f} MB/s; {store.kept / _GB:,.0f} GB kept",
            f"price: {price.per_1000:.4f} for 1,000 requests, {price.hour:,.2f} an hour ({parts})",
        ],
    )
    out.write("What gives way first:\n")
    _lines(out, [f"{number}. {what}" for number, what in enumerate(plan.bottlenecks, 1)])


def tell_figures(out: TextIO, figures: Sequence[Figure], everything: bool) -> None:
    """Those that nobody has measured, or all."""
    shown = [figure for figure in figures if everything or figure.basis is Basis.ASSUMED]
    out.write("Figures:\n" if everything else "Assumed, not measured (--figures shows the others):\n")
    told: dict[str, list[str]] = {}
    for figure in shown:
        value = f"{figure.name} {figure.value:.6g}" + (f" {figure.unit}" if figure.unit else "")
        told.setdefault(f"{figure.basis}: {figure.how}", []).append(value)
    for how, values in told.items():
        _lines(out, [f"{', '.join(values)}. {how[0].upper()}{how[1:]}"], end="")


def _services(plan: Plan) -> Sequence[Row]:
    cells = plan.layout.cells
    rows: list[Row] = [
        ("service", "replicas", "needed", "cores", "GiB", "partitions each", "busy", "wait p95 ms", "rests on")
    ]
    rows += [
        (
            group.name,
            f"{group.replicas * cells:,}",
            f"{group.needed * cells:,}",
            f"{group.cores * cells:,}",
            f"{memory(group) * cells:,.0f}",
            f"{group.each}",
            f"{group.busy:.0%}",
            f"{group.wait * 1000:,.0f}",
            bases(plan.works[group.name].figures),
        )
        for group in plan.layout.groups
    ]
    bus = plan.bus
    rows.append((KAFKA, f"{bus.brokers:,}", "", f"{bus.cores:,}", "", "", "", "", bases(plan.works[KAFKA].figures)))
    return rows


def _topics(plan: Plan) -> Sequence[Row]:
    rows: list[Row] = [("topic", "partitions", "MB/s in", "MB/s out", "kept h", "disk GB")]
    rows += [
        (
            topic.name,
            f"{plan.layout.partitions}",
            f"{topic.bytes_in / _MB:,.2f}",
            f"{topic.bytes_out / _MB:,.2f}",
            f"{topic.hours:g}",
            f"{topic.disk / _GB:,.1f}",
        )
        for topic in plan.bus.topics
    ]
    return rows


def _gpus(plan: Plan) -> str:
    if plan.gpus:
        return f"GPUs: {plan.gpus:,}, by assumed figures alone: no GPU was measured"
    return "GPUs: none; --gpu puts models on them"


def _lines(out: TextIO, lines: Sequence[str], end: str = "\n") -> None:
    out.writelines(textwrap.fill(line, _WIDTH, subsequent_indent="  ") + "\n" for line in lines)
    out.write(end)
