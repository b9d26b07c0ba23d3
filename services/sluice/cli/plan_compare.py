"""What `sluice plan --check` tells."""

from collections.abc import Sequence
from typing import TextIO

from sluice.capacity.compare import Compared
from sluice.cli.load_tell import show_rows
from sluice.load.quantiles import milliseconds
from sluice.load.report import Row


def tell_compared(out: TextIO, found: Sequence[Compared]) -> None:
    """A row a run: measured, predicted, how far apart."""
    rows: list[Row] = [
        (
            "mix",
            "rate/s",
            "requests",
            "CPU s/1000",
            "predicted",
            "error",
            "p50 ms",
            "simulated",
            "p95 ms",
            "simulated",
        )
    ]
    rows += [
        (
            str(compared.run.mix),
            f"{compared.run.rate:.3g}",
            f"{compared.run.measured:,}",
            *(f"{value * 1000:,.1f}" for value in compared.all_cpu),
            f"{compared.cpu_error:+.0%}",
            *(_ms(value) for value in (*compared.p50, *compared.p95)),
        )
        for compared in found
    ]
    show_rows(out, rows)
    for compared in found:
        heads: list[Row] = [(f"{compared.run.mix} at {compared.run.rate:.3g}/s, CPU s/1000", "measured", "predicted")]
        heads += [
            (name, f"{measured * 1000:,.2f}", f"{predicted * 1000:,.2f}")
            for name, (measured, predicted) in compared.cpu.items()
        ]
        show_rows(out, heads)


def compared_form(found: Compared) -> dict[str, object]:
    """As JSON."""
    measured, predicted = found.all_cpu
    return {
        "run": found.run.told,
        "mix": dict(found.run.mix.shares),
        "rate": found.run.rate,
        "requests": found.run.measured,
        "cpu_per_1000": {"measured": round(measured * 1000, 3), "predicted": round(predicted * 1000, 3)},
        "cpu_error": round(found.cpu_error, 4),
        "services_per_1000": {
            name: {"measured": round(seen * 1000, 4), "predicted": round(said * 1000, 4)}
            for name, (seen, said) in found.cpu.items()
        },
        "p50_ms": {"measured": _rounded(found.p50[0]), "simulated": _rounded(found.p50[1])},
        "p95_ms": {"measured": _rounded(found.p95[0]), "simulated": _rounded(found.p95[1])},
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else milliseconds(seconds)


def _ms(seconds: float | None) -> str:
    value = _rounded(seconds)
    return "never" if value is None else f"{value:,.0f}"
