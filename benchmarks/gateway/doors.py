"""What the HTTP door adds to the gRPC door: the arithmetic and the table."""

from collections.abc import Sequence

from rich.table import Table

from benchmarks.gateway import grpc_door, http_door
from benchmarks.gateway.drive import Drive
from benchmarks.gateway.rounds import Found
from benchmarks.images.measure import median, ratio

GATEWAY = "gateway"
"""The process. It follows the log while nobody asks at its door, too."""
_COLUMNS = (
    *("at a time", "gRPC/s", "HTTP/s", "HTTP / gRPC", "p50 ms gRPC", "HTTP", "added", "p99 ms gRPC", "HTTP", "added"),
    *("CPU ms gRPC", "gateway's", "HTTP", "gateway's"),
)


def figures(grpc: Sequence[Drive], http: Sequence[Drive]) -> dict[str, float]:
    """Medians over the rounds; what is added, and ratios, are medians of the differences and ratios in a round."""
    found = {
        "grpc_per_second": median([one.per_second for one in grpc]),
        "http_per_second": median([one.per_second for one in http]),
        "http_over_grpc": ratio([one.per_second for one in http], [one.per_second for one in grpc]),
    }
    for name in ("p50", "p99"):
        there, here = ([getattr(one, name) for one in drives] for drives in (grpc, http))
        found |= {
            f"grpc_{name}_ms": median(there),
            f"http_{name}_ms": median(here),
            f"added_{name}_ms": median([a - b for a, b in zip(here, there, strict=True)]),
        }
    return found | {
        "grpc_cpu_ms": median([one.cpu_ms for one in grpc]),
        "grpc_gateway_cpu_ms": median([one.cpu_ms_of(GATEWAY) for one in grpc]),
        "http_cpu_ms": median([one.cpu_ms for one in http]),
        "http_gateway_cpu_ms": median([one.cpu_ms_of(GATEWAY) for one in http]),
        "grpc_asking_ms": median([one.asking_ms for one in grpc]),
        "http_asking_ms": median([one.asking_ms for one in http]),
    }


def report(found: Found, at_once: Sequence[int]) -> tuple[Table, dict[str, float]]:
    """The table, and the figures by name: `doors_<how many at a time>_<figure>`."""
    table = Table(title="The two doors of one stack, same texts, medians")
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    result: dict[str, float] = {}
    for many in at_once:
        one = figures(found[grpc_door.NAME, many], found[http_door.NAME, many])
        places = (1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2)
        shown = zip(list(one.values())[: len(places)], places, strict=True)
        table.add_row(str(many), *(f"{value:,.{digits}f}" for value, digits in shown))
        result |= {f"doors_{many}_{name}": round(value, 3) for name, value in one.items()}
    return table, result
