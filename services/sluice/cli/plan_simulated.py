"""What `sluice plan --simulate` tells."""

from collections.abc import Sequence
from typing import TextIO

from sluice.capacity.plan import Plan
from sluice.capacity.simulate.result import Simulated
from sluice.capacity.simulate.shape import Shape
from sluice.cli.load_tell import show_rows
from sluice.load.quantiles import Quantiles, milliseconds
from sluice.load.report import Row


def tell_simulated(out: TextIO, plan: Plan, shape: Shape, found: Simulated) -> None:
    """A slice: latency, and how busy replicas were."""
    whole = plan.layout.partitions * plan.layout.cells
    out.write(
        f"Simulated: {shape.partitions} of {whole:,} partitions, {shape.rate:,.1f} of {plan.demand.peak_rps:,g} "
        f"requests/s, {found.requests:,} requests; {found.late:,} decisions past the deadline\n"
    )
    rows: list[Row] = [("", "count", "p50 ms", "p95 ms", "p99 ms", "max ms"), ("decided", *_row(found.latency))]
    rows += [(f"  {kind}", *_row(latency)) for kind, latency in found.kinds.items()]
    if found.signed.count:
        rows.append(("signed", *_row(found.signed)))
    show_rows(out, rows)
    heads: list[Row] = [("service", "replicas", "busy", "busiest", "items a batch")]
    heads += [
        (name, f"{found.replicas[name]}", f"{mean:.0%}", f"{most:.0%}", f"{found.batch[name]:.2f}")
        for name, (mean, most) in found.busy.items()
    ]
    show_rows(out, heads)


def simulated_form(shape: Shape, found: Simulated) -> dict[str, object]:
    """As JSON."""
    return {
        "partitions": shape.partitions,
        "rate": round(shape.rate, 3),
        "requests": found.requests,
        "events": found.events,
        "late": found.late,
        "latency_ms": found.latency.form(),
        "kinds_ms": {str(kind): latency.form() for kind, latency in found.kinds.items()},
        "signed_ms": found.signed.form(),
        "services": {
            name: {
                "replicas": found.replicas[name],
                "busy": round(mean, 4),
                "busiest": round(most, 4),
                "batch": round(found.batch[name], 3),
            }
            for name, (mean, most) in found.busy.items()
        },
    }


def _row(latency: Quantiles) -> Sequence[str]:
    values = (milliseconds(value) for value in (latency.p50, latency.p95, latency.p99, latency.max))
    return (f"{latency.count:,}", *("never" if value is None else f"{value:,.0f}" for value in values))
