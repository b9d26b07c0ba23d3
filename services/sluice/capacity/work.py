"""What one service has to do for a request of a mix: how often, how long, how evenly."""

import math
from dataclasses import dataclass

from sluice.capacity.costs import ServiceCosts
from sluice.capacity.demand import Demand
from sluice.capacity.figure import Figure


@dataclass(frozen=True, slots=True)
class Work:
    """`share`: of all requests that the service answers. `cpu`: mean CPU seconds of one of those. `extra`: what
    reading the others takes, for each that it answers. `variation`: of
    what they take, over the mean. `longest`: mean CPU seconds of the dearest kind. `gpu`: seconds of a GPU for one,
    of a full batch of so many as `batch`. `figures`: what it rests on."""

    share: float
    cpu: float
    extra: float
    variation: float
    longest: float
    gpu: float
    batch: int
    figures: tuple[Figure, ...]

    @property
    def alone(self) -> float:
        """Seconds that one of the dearest kind takes with nothing to wait for but, on a GPU, a full batch."""
        return self.longest + self.gpu * self.batch


def work_of(service: ServiceCosts, demand: Demand) -> Work:
    """Mean and spread over the kinds of the mix: E[S^2] is the sum of p (1 + cv^2) s^2 over kinds."""
    kept = 1.0
    gpu = 0.0
    if demand.gpu and service.gpu is not None and service.on_gpu is not None:
        kept, gpu = 1 - service.on_gpu.value, service.gpu.value
    parts = [
        (share, kept * service.seconds(kind, demand.megapixels))
        for kind in service.answers
        if (share := demand.share(kind)) > 0
    ]
    read = sum(
        demand.share(kind) * service.seconds(kind, demand.megapixels) for kind in service.cpu.keys() - service.answers
    )
    share = sum(part for part, _ in parts)
    figures = tuple(service.cpu[kind] for kind in service.cpu if demand.share(kind) > 0)
    if not share:
        return Work(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1, figures)
    mean = sum(part * seconds for part, seconds in parts) / share
    spread = 1 + service.variation.value**2
    square = sum(part * spread * seconds**2 for part, seconds in parts) / share
    variation = math.sqrt(max(0.0, square / mean**2 - 1)) if mean else 0.0
    figures += (service.idle, service.at_once, service.variation, service.memory)
    figures += tuple(figure for figure in (service.tail,) if figure is not None)
    if gpu:
        figures += tuple(figure for figure in (service.on_gpu, service.gpu) if figure is not None)
    longest = max(seconds for _, seconds in parts)
    return Work(share, mean, read / share, variation, longest, gpu, int(service.max_batch.value), figures)
