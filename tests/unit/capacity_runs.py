"""What `sluice load --json` would have told."""

from collections.abc import Mapping
from typing import Any

from sluice.load.mix import Kind

CPU: Mapping[str, Mapping[Kind, float]] = {
    "ingest": {Kind.PROMPT: 0.001, Kind.OUTPUT: 0.05},
    "text": {Kind.PROMPT: 0.01, Kind.OUTPUT: 0.01},
    "orchestrator": {Kind.PROMPT: 0.001, Kind.OUTPUT: 0.002},
    "kafka": {Kind.PROMPT: 0.002, Kind.OUTPUT: 0.004},
}
IDLE = 0.01


def load_form(mix: str, counts: Mapping[Kind, int], rate: float = 10.0, seconds: float = 60.0) -> dict[str, Any]:
    """One run of CPU as above, and 0.01 cores of idling each; a decision record has 600 bytes, an output's 1,600."""
    total = sum(counts.values())
    per_1000 = {
        name: sum(count * cpu.get(kind, 0.0) for kind, count in counts.items()) / total * 1000
        for name, cpu in CPU.items()
    }
    idle = IDLE / rate * 1000
    size = 600 + 1000 * counts.get(Kind.OUTPUT, 0) / total
    quantiles = {"count": total, "p50": 80.0, "p95": 200.0, "p99": 300.0, "max": 400.0}
    return {
        "started": "2026-11-22T10:00:00+00:00",
        "machine": {"cores": 2, "processor": "a processor"},
        "options": {"mix": mix, "seconds": seconds, "deadline": 60.0},
        "idle_cores": dict.fromkeys(CPU, IDLE),
        "runs": [
            {
                "rate": rate, "seconds": seconds, "valid": True, "problems": [], "warm_up_sent": 0, "sent": total,
                "offered_per_second": rate, "request_bytes": 300 * total,
                "kinds_ms": {str(kind): {"count": count} for kind, count in counts.items()},
                "latency_ms": quantiles,
                "stages_ms": {
                    "send": {"all": quantiles | {"p50": 5.0}}, "ingest": {"all": quantiles | {"p50": 9.0}},
                    "text": {"topic": quantiles | {"p50": 7.0}, "service": quantiles},
                    "decide": {"all": quantiles | {"p50": 6.0}}, "read": {"all": quantiles | {"p50": 20.0}},
                },
                "written": {"moderation.decisions": {"records": total, "bytes": round(size * total)}},
                "cpu": {
                    "seconds": seconds, "decided": total, "per_1000": sum(per_1000.values()) + 4 * idle,
                    "services": {
                        name: {"seconds": (value + idle) * total / 1000, "above_idle_per_1000": value}
                        for name, value in per_1000.items()
                    },
                },
                "own_cores": 0.1, "incomplete": 0, "unanswered": 0,
            }
        ],
    }  # fmt: skip
