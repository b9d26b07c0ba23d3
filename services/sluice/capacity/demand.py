"""What a plan is asked for, and whether it makes sense."""

import math
from dataclasses import dataclass

from sluice.errors import ConfigError
from sluice.load.mix import Kind, Mix

MOST_PARTITIONS_SETTING = 1024
"""What SLUICE_PARTITIONS takes at most (`sluice.local.plan.read_partitions`)."""


@dataclass(frozen=True, slots=True)
class Demand:
    """`rps`: requests a second, of all kinds, on average. `peak`: how many times that at the worst; replicas, and
    the broker's and the store's rates are for the peak, disks and prices for the average.

    `megapixels`: of a picture. `bytes_per_pixel`: of its file. `busy`: part of a replica's cores that may be used at
    the peak. `deadline`: seconds by which 95 of 100 decisions are to be made. `zones`, and `zones_lost`: of them that
    may fail at the peak. `headroom`: how many partitions a needed replica is to be able to hold at least.
    `partitions`: of each topic, 0: as many as are needed. `gpu`: whether models run on GPUs.
    """

    rps: float
    mix: Mix
    megapixels: float = 1.0
    bytes_per_pixel: float = 0.2
    peak: float = 2.0
    busy: float = 0.6
    deadline: float = 10.0
    zones: int = 3
    zones_lost: int = 1
    replication: int = 3
    headroom: int = 2
    partitions: int = 0
    gpu: bool = False

    @property
    def peak_rps(self) -> float:
        """At the worst."""
        return self.rps * self.peak

    def share(self, kind: Kind) -> float:
        """Of all requests."""
        return self.mix.shares.get(kind, 0.0)

    def check(self) -> None:
        """Raises ConfigError with everything that no plan can be made for."""
        problems = [
            f"{option} should be {wanted}, not {value:g}"
            for option, value, good, wanted in (
                ("--rps", self.rps, 0 < self.rps <= 1e7, "more than 0 and at most 10 million"),
                ("--megapixels", self.megapixels, 0 < self.megapixels <= 64, "more than 0 and at most 64"),
                ("--bytes-per-pixel", self.bytes_per_pixel, 0 < self.bytes_per_pixel <= 8, "from 0 to 8"),
                ("--peak-factor", self.peak, 1 <= self.peak <= 100, "from 1 to 100"),
                ("--busy", self.busy, 0.05 <= self.busy <= 0.95, "from 0.05 to 0.95"),
                ("--deadline", self.deadline, 0 < self.deadline <= 300, "more than 0 and at most 300"),
                ("--zones", self.zones, 1 <= self.zones <= 16, "from 1 to 16"),
                ("--zones-lost", self.zones_lost, 0 <= self.zones_lost <= 15, "from 0 to 15"),
                ("--replication", self.replication, 1 <= self.replication <= 16, "from 1 to 16"),
                ("--headroom", self.headroom, 1 <= self.headroom <= 16, "from 1 to 16"),
                ("--partitions", self.partitions, 0 <= self.partitions <= MOST_PARTITIONS_SETTING,
                 f"0, or up to {MOST_PARTITIONS_SETTING}"),
            )
            if not good or not math.isfinite(value)
        ]  # fmt: skip
        if self.zones_lost >= self.zones:
            problems.append(f"--zones-lost {self.zones_lost} leaves none of {self.zones} zones")
        if problems:
            raise ConfigError(problems)
