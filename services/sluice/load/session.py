"""Runs one after the other on one broker: each with requests of its own, no two of a session alike."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from sluice.ids import new_request_id
from sluice.load.arrivals import Arrivals
from sluice.load.clock import Stopping
from sluice.load.cpu import CpuMeter, take_reading
from sluice.load.held import Held, Inline, NoPictures, Referenced, Told
from sluice.load.material import Pictures
from sluice.load.mix import Mix
from sluice.load.requests import Requests
from sluice.load.road import Road
from sluice.load.run import run
from sluice.load.schedule import MOST_REQUESTS, make_schedule
from sluice.load.summary import Summary, Terms, summarise
from sluice.load.tally import Tally
from sluice.load.usage import Usage
from sluice.load.wire import topics_after, written
from sluice.objects import ObjectStore
from sluice.settings import KafkaSettings
from sluice.v1.request_pb2 import Lane

_SEEDS_APART = 1000
"""Between runs: a schedule uses its seed and the next one."""


@dataclass(frozen=True, slots=True)
class Options:
    """What every run of a session has in common.

    `warm_up`, `seconds`, `deadline`, `grace`, `late_limit`: seconds. `distinct`: pictures that are made for a run at
    most. `read_back`: whether to count what the run put on the topics.
    """

    mix: Mix
    arrivals: Arrivals
    warm_up: float
    seconds: float
    lane: Lane.ValueType
    deadline: float
    grace: float
    distinct: int
    seed: int
    late_limit: float
    price: float
    read_back: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """Who hears of progress: `pictures` gives a bar for so many of them, `line` says a line."""

    pictures: Callable[[int], AbstractContextManager[Told]]
    line: Callable[[str], None]


class Session:
    """Runs at any rates."""

    def __init__(
        self, kafka: KafkaSettings, store: ObjectStore | None, meter: CpuMeter, options: Options, stopping: Stopping,
        telling: Telling, restarts: Callable[[], Mapping[str, int]] = dict,
    ) -> None:  # fmt: skip
        """`store`: where pictures go; None: they travel in the requests. `restarts`: by service, so far."""
        self._kafka = kafka
        self._store = store
        self._meter = meter
        self._options = options
        self._stopping = stopping
        self._telling = telling
        self._restarts = restarts
        self._pictures = Pictures(options.seed)
        self._made = 0
        self._sent = 0
        self._runs = 0
        self.idle: Mapping[str, float] = {}

    def measure_idle(self, seconds: float) -> None:
        """Finds out how many cores each service uses while nothing is asked of it."""
        before = take_reading(self._meter)
        if not self._stopping.sending.wait(seconds):
            usage = Usage.between(before, take_reading(self._meter))
            self.idle = {name: used / usage.seconds for name, used in usage.services.items()}

    def check(self, rate: float) -> None:
        """ValueError where a run at this rate has too many requests."""
        if rate * (self._options.warm_up + self._options.seconds) > MOST_REQUESTS:
            raise ValueError(f"{rate:g}/s for that long is more than {MOST_REQUESTS:,} requests: make it shorter")

    def measure(self, rate: float) -> Summary | None:
        """One run; None where it was stopped before it began. RetryableError where broker or store do not answer."""
        options = self._options
        seed = options.seed + self._runs * _SEEDS_APART
        schedule = make_schedule(options.arrivals, rate, options.warm_up, options.seconds, options.mix, seed)
        with self._held(min(schedule.pictures, options.distinct)) as held:
            if self._stopping.sending.is_set():
                return None
            ids = [new_request_id() for _ in schedule.due]
            tally = Tally(schedule, ids, options.deadline + options.grace)
            make = Requests(schedule, ids, held, options.lane, int(options.deadline * 1000), self._sent)
            restarts = self._restarts()
            ran = run(
                self._kafka, Road.of(options.lane), tally, make, self._meter, self._stopping, self._telling.line
            )
        again = sorted(name for name, count in self._restarts().items() if count != restarts.get(name, 0))
        self._sent += len(ids)
        self._runs += 1
        topics = topics_after(options.lane) if options.read_back else ()
        return summarise(
            ran,
            Terms(options.late_limit, options.price, self.idle),
            repeats=max(0, schedule.pictures - options.distinct),
            written=written(self._kafka, topics, tally, ran.begun_ms),
            restarted=", ".join(again),
        )

    @contextmanager
    def _held(self, count: int) -> Iterator[Held]:
        """So many pictures that no run before had."""
        first, self._made = self._made, self._made + count
        if not count:
            yield NoPictures()
            return
        stopped = self._stopping.sending.is_set
        with ExitStack() as stack:
            with self._telling.pictures(count) as told:
                if self._store is None:
                    held: Held = stack.enter_context(Inline.make(self._pictures, first, count, told, stopped))
                else:
                    held = Referenced.make(self._pictures, first, count, self._store, told, stopped)
            yield held
