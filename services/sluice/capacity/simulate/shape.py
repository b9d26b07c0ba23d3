"""What is simulated: how many replicas of what, on which machines."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.capacity.costs import Costs
from sluice.load.mix import Mix


@dataclass(frozen=True, slots=True)
class Shape:
    """`partitions` of each topic; `each`: partitions that a replica holds, by service.

    `shared_cores`: of the one machine that everything runs on, broker included; None: every replica has cores of its
    own and the broker is a delay. `background`: cores that a replica uses for other things, by service, where it has
    its own. `megapixels` of pictures; `deadline`: seconds; `gpu`: whether models run on GPUs.
    """

    costs: Costs
    mix: Mix
    rate: float
    partitions: int
    each: Mapping[str, int]
    megapixels: float
    deadline: float
    shared_cores: float | None = None
    background: Mapping[str, float] | None = None
    gpu: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds that are simulated and counted, after `warm_up` seconds that are not. `seed`: of everything drawn."""

    seconds: float
    warm_up: float
    seed: int
