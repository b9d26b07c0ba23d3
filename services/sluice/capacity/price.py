"""What a plan costs to run. Prices are inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sluice.capacity.bus import BusPlan
from sluice.capacity.figure import Figure
from sluice.capacity.store import StorePlan

_HOURS_A_MONTH: Final = 730
_GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class PricePlan:
    """An hour of everything, by what it is for. All that is planned runs all the time, spares included."""

    parts: Mapping[str, float]
    per_1000: float

    @property
    def hour(self) -> float:
        """Of everything."""
        return sum(self.parts.values())


def plan_price(
    other: Mapping[str, Figure], rps: float, peak: float, cores: int, memory: float, gpus: int, bus: BusPlan,
    store: StorePlan,
) -> PricePlan:  # fmt: skip
    """`rps`: average requests a second. `peak`: times that, which the store's calls are for. `memory`: GiB."""
    month = 1 / _HOURS_A_MONTH
    parts = {
        "cores": (cores + bus.cores) * other["price.core_hour"].value,
        "memory": memory * other["price.gib_hour"].value,
        "gpus": gpus * other["price.gpu_hour"].value,
        "disks": bus.disk / _GIB * other["price.disk_gib_month"].value * month,
        "store, kept": store.kept / _GIB * other["price.store_gib_month"].value * month,
        "store, calls": 3.6
        / peak
        * (store.puts * other["price.puts_1000"].value + store.gets * other["price.gets_1000"].value),
    }
    return PricePlan(parts, sum(parts.values()) / (rps * 3.6))
