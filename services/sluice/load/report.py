"""The figures as JSON and as a table. Pure."""

import math
from collections.abc import Mapping, Sequence

from sluice.load.quantiles import Quantiles
from sluice.load.summary import Cost, Summary

Row = Sequence[str]

_HEADS = (
    "rate/s", "sent", "done/s", "allow", "review", "block", "incomplete", "dead", "unanswered",
    "p50 ms", "p95 ms", "p99 ms", "max ms", "signed p95", "late p99",
    "CPU over s", "CPU s/1000", "cost/1000", "valid",
)  # fmt: skip


def summary_form(summary: Summary) -> dict[str, object]:
    """One run as JSON. Times are milliseconds; null is what never came, or is not known."""
    usage = summary.usage
    return {
        "rate": summary.rate,
        "seconds": round(summary.seconds, 3),
        "valid": not summary.problems,
        "problems": list(summary.problems),
        "interrupted": summary.interrupted,
        "warm_up_sent": summary.warm_up_sent,
        "sent": summary.sent,
        "offered_per_second": round(summary.offered, 4),
        "achieved_per_second": round(summary.achieved, 4),
        "decided": dict(summary.decided),
        "incomplete": summary.incomplete,
        "dead_letters": summary.dead_letters,
        "not_taken": summary.refused,
        "unanswered": summary.unanswered,
        "unsigned": summary.unsigned,
        "decided_twice": summary.doubled,
        "latency_ms": summary.latency.form(),
        "signed_ms": summary.signed.form(),
        "kinds_ms": {kind: found.form() for kind, found in summary.kinds.items()},
        "stages_ms": {
            stage: {part: found.form() for part, found in parts.items()} for stage, parts in summary.stages.items()
        },
        "sent_late_ms": summary.late.form(),
        "repeated_pictures": summary.repeats,
        "request_bytes": summary.sent_bytes,
        "written": {
            topic: {"records": found.records, "bytes": found.bytes} for topic, found in summary.written.items()
        },
        "cpu": _cost_form(summary.cost),
        "machine_cores_busy": _cores(usage.machine, usage.seconds) if usage else None,
        "own_cores": _cores(usage.own, usage.seconds) if usage else None,
    }


def head() -> Row:
    """The table's heads."""
    return _HEADS


def row(summary: Summary) -> Row:
    """A run's row of the table."""
    used = None if summary.cost is None else summary.cost.per_1000(summary.cost.total)
    price = None if summary.cost is None else summary.cost.price_per_1000
    latency = summary.latency
    return (
        f"{summary.rate:g}",
        f"{summary.sent}",
        f"{summary.achieved:.2f}",
        *(f"{summary.decided.get(action, 0)}" for action in ("ALLOW", "REVIEW", "BLOCK")),
        f"{summary.incomplete}",
        f"{summary.dead_letters}",
        f"{summary.unanswered}",
        *(_ms(value) for value in (latency.p50, latency.p95, latency.p99, latency.max)),
        _ms(summary.signed.p95) if summary.signed.count else "-",
        _ms(summary.late.p99),
        "-" if summary.cost is None else f"{summary.cost.seconds:.1f}",
        "-" if used is None else f"{used:.1f}",
        "-" if price is None else f"{price:.5f}",
        "no" if summary.problems else "yes",
    )


def service_rows(summaries: Sequence[Summary]) -> Sequence[Row]:
    """CPU seconds for 1,000 decisions: a row a service, the dearest first, and a column a run. Empty if unknown."""
    costs = [summary.cost for summary in summaries]
    names = {name for cost in costs if cost is not None for name in cost.services}
    if not names:
        return ()
    first = next(cost for cost in costs if cost is not None)
    ranked = sorted(names, key=lambda name: -first.services.get(name, 0.0))
    heads = ("CPU s/1000", *(f"{summary.rate:g}/s" for summary in summaries))
    return (heads, *((name, *(_used(cost, name) for cost in costs)) for name in ranked))


def stage_rows(summary: Summary) -> Sequence[Row]:
    """Where the time of one run went, a row a part of a stage."""
    heads = (f"at {summary.rate:g}/s", "count", "p50 ms", "p95 ms", "max ms")
    rows = [
        (f"{stage} {part}" if part != "all" else stage, f"{found.count}", *_three(found))
        for stage, parts in summary.stages.items()
        for part, found in parts.items()
    ]
    return (heads, *rows) if rows else ()


def _three(found: Quantiles) -> tuple[str, str, str]:
    return _ms(found.p50), _ms(found.p95), _ms(found.max)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}" if math.isfinite(seconds) else "never"


def _used(cost: Cost | None, name: str) -> str:
    used = None if cost is None or name not in cost.services else cost.per_1000(cost.services[name])
    return "-" if used is None else f"{used:.2f}"


def _cores(seconds: float, over: float) -> float | None:
    return round(seconds / over, 3) if over else None


def _cost_form(cost: Cost | None) -> Mapping[str, object] | None:
    if cost is None:
        return None
    above = sum(max(0.0, used - cost.idle.get(name, 0.0)) for name, used in cost.services.items())
    services = {
        name: {
            "seconds": round(used, 3),
            "per_1000": _rounded(cost.per_1000(used)),
            "above_idle_per_1000": _rounded(cost.per_1000(max(0.0, used - cost.idle.get(name, 0.0)))),
        }
        for name, used in sorted(cost.services.items())
    }
    return {
        "seconds": round(cost.seconds, 3),
        "decided": cost.decided,
        "services": services,
        "per_1000": _rounded(cost.per_1000(cost.total)),
        "above_idle_per_1000": _rounded(cost.per_1000(above)),
        "price_per_core_hour": cost.price,
        "cost_per_1000": None if cost.price_per_1000 is None else round(cost.price_per_1000, 8),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
