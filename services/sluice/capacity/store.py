"""What the object store is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.capacity.costs import Costs, Grows, growth
from sluice.capacity.demand import Demand
from sluice.capacity.figure import Figure
from sluice.load.mix import Kind

_PIXELS = 1_000_000


@dataclass(frozen=True, slots=True)
class StorePlan:
    """A second at the peak: `puts`, `gets`, `bytes_in`, `bytes_out`. `kept`: bytes at the average rate for as long as
    objects are kept."""

    puts: float
    gets: float
    bytes_in: float
    bytes_out: float
    kept: float


def plan_store(costs: Costs, demand: Demand) -> StorePlan:
    """Renditions and tiles were measured; an original and its signed copy are as long as their pixels say."""
    store = costs.store
    # Tiles are most of what is stored besides originals, and their number follows their pixels.
    times = growth(Grows.TILES, demand.megapixels)
    original = demand.megapixels * _PIXELS * demand.bytes_per_pixel
    originals_in = _sum(store.originals_put, demand) * original
    originals_out = _sum(store.originals_got, demand) * original
    bytes_in = demand.peak_rps * (_sum(store.put_bytes, demand) * times + originals_in)
    bytes_out = demand.peak_rps * (_sum(store.get_bytes, demand) * times + originals_out)
    hours = costs.other["store.hours"].value
    return StorePlan(
        demand.peak_rps * (_sum(store.puts, demand) * times + _sum(store.originals_put, demand)),
        demand.peak_rps * (_sum(store.gets, demand) * times + _sum(store.originals_got, demand)),
        bytes_in,
        bytes_out,
        bytes_in / demand.peak * hours * 3600,
    )


def _sum(figures: Mapping[Kind, Figure], demand: Demand) -> float:
    return sum(demand.share(kind) * figure.value for kind, figure in figures.items())
