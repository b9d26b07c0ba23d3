"""What `sluice load` was asked, checked before anything is sent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sluice.cli.ask import LONGEST_DEADLINE_MS
from sluice.cli.tell import refuse
from sluice.contract.names import number_of, short_names
from sluice.load.arrivals import Arrivals
from sluice.load.mix import Mix, MixError
from sluice.load.ramp import Ramp
from sluice.load.session import Options
from sluice.v1.request_pb2 import Lane

PRICE: Final = 0.04
"""Of a core for an hour, in whatever currency: a round figure to begin with, not anybody's offer. Say your own."""

_RAMP: Final = re.compile(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)")
_OPS: Final = re.compile(r"([a-z0-9-]+)=(\S+:\d{1,5})")


@dataclass(frozen=True, slots=True)
class Words:
    """The options as they were given. Times are seconds, but for `late_limit_ms`."""

    rate: Sequence[float]
    ramp: str | None
    keep_p95: float
    steps: int
    seconds: float
    warm_up: float
    mix: str
    arrivals: str
    lane: str
    deadline: float
    grace: float
    inline: bool
    distinct: int
    seed: int | None
    late_limit_ms: float
    idle: float
    price_per_core_hour: float
    ops: Sequence[str]
    read_back: bool

    def options(self, seed: int) -> Options:
        """What the session is told. Ends the command for wrong usage. `seed`: where none was given."""
        lane = number_of(Lane, self.lane)
        if lane is None:
            refuse(f"--lane {self.lane!r} should be one of {', '.join(short_names(Lane))}")
        if self.arrivals not in list(Arrivals):
            refuse(f"--arrivals {self.arrivals!r} should be one of {', '.join(Arrivals)}")
        if not 0 < self.deadline * 1000 <= LONGEST_DEADLINE_MS:
            refuse(f"--deadline should be at most {LONGEST_DEADLINE_MS // 1000} s")
        return Options(
            mix=self._mix(),
            arrivals=Arrivals(self.arrivals),
            warm_up=self.warm_up,
            seconds=self.seconds,
            lane=lane,
            deadline=self.deadline,
            grace=self.grace,
            distinct=self.distinct,
            seed=seed if self.seed is None else self.seed,
            late_limit=self.late_limit_ms / 1000,
            price=self.price_per_core_hour,
            read_back=self.read_back,
        )

    def rates_of(self) -> Sequence[float]:
        """The rates to run. Ends the command where there are none, or one is none."""
        if not self.rate and self.ramp is None:
            refuse("say --rate, such as --rate 5 --rate 20, or --ramp LOW:HIGH")
        if self.rate and self.ramp is not None:
            refuse("--rate and --ramp exclude each other")
        if any(not 0 < rate < float("inf") for rate in self.rate):
            refuse("--rate should be more than 0")
        return tuple(self.rate)

    def ramp_of(self) -> Ramp | None:
        """The ramp, where one was asked for. Ends the command for another form."""
        if self.ramp is None:
            return None
        found = _RAMP.fullmatch(self.ramp)
        if found is None or not 0 < float(found[1]) < float(found[2]):
            refuse(f"--ramp {self.ramp!r} should be LOW:HIGH, such as 1:50")
        return Ramp(float(found[1]), float(found[2]), self.steps)

    def addresses(self) -> Mapping[str, str]:
        """The operators' doors. Ends the command for another form."""
        found = [_OPS.fullmatch(word) for word in self.ops]
        if None in found:
            refuse("--ops should be NAME=HOST:PORT, such as ingest=10.0.0.7:9464")
        return {each[1]: each[2] for each in found if each is not None}

    def _mix(self) -> Mix:
        try:
            return Mix.parse(self.mix)
        except MixError as error:
            refuse(str(error))
