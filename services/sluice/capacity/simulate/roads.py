"""The road of every request through what is simulated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sluice.capacity.costs import KAFKA, ServiceCosts, turns
from sluice.capacity.demand import Demand
from sluice.capacity.simulate.drawn import Drawn
from sluice.capacity.simulate.events import Events
from sluice.capacity.simulate.machine import Machine
from sluice.capacity.simulate.shape import Shape, Span
from sluice.capacity.simulate.station import Station
from sluice.capacity.waits import AFTER, INGEST, ORCHESTRATOR, checks_of
from sluice.capacity.work import Work, work_of
from sluice.load.mix import Kind

Then = Callable[[], None]


@dataclass(slots=True)
class Seen:
    """What came out, of requests that arrived after the warm-up. Seconds from arrival, by kind. `late`: requests of
    which a check, or ingest, was not done by the deadline; they are decided then, incomplete."""

    decided: dict[Kind, list[float]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    signed: list[float] = field(default_factory=list)
    late: int = 0


@dataclass(slots=True)
class _Request:
    kind: Kind
    partition: int
    arrived: float
    deadline: float
    missing: int = 0
    in_time: bool = True


class Roads:
    """Stations, and requests on their way between them. `run` may be called once."""

    def __init__(self, shape: Shape, span: Span) -> None:
        self._shape = shape
        self._span = span
        self._drawn = Drawn(span.seed)
        self.events = Events()
        self.seen = Seen()
        self.requests = 0
        demand = Demand(shape.rate, shape.mix, megapixels=shape.megapixels, gpu=shape.gpu)
        self._works: Mapping[str, Work] = {
            name: work_of(service, demand) for name, service in shape.costs.services.items()
        }
        self._kept = {
            name: 1 - (service.on_gpu.value if shape.gpu and service.on_gpu is not None else 0.0)
            for name, service in shape.costs.services.items()
        }
        self._shared = Machine(self.events, shape.shared_cores) if shape.shared_cores is not None else None
        self.stations: Mapping[str, Sequence[Station]] = {
            name: self._stations(service)
            for name, service in shape.costs.services.items()
            if name != KAFKA and self._works[name].share
        }
        checks = [name for name in checks_of(self._works) if self._works[name].share]
        services = shape.costs.services
        self._readers = {
            kind: [name for name in checks if kind in services[name].cpu.keys() - services[name].answers]
            for kind in Kind
        }
        self._checks = {kind: [name for name in checks if kind in services[name].answers] for kind in Kind}

    def run(self) -> None:
        """Lets requests arrive until the span is over, then waits for what is under way."""
        self._next()
        self.events.run()

    def _stations(self, service: ServiceCosts) -> Sequence[Station]:
        shape = self._shape
        at_once = int(service.at_once.value)
        count = -(-shape.partitions // shape.each[service.name])
        cores = at_once - (shape.background or {}).get(service.name, 0.0)
        return [
            Station(
                self.events,
                self._shared or Machine(self.events, cores),
                at_once,
                int(service.max_batch.value),
                service.batch_wait.value,
                self._kept[service.name] * service.per_batch.value if service.per_batch is not None else 0.0,
            )
            for _ in range(count)
        ]

    def _next(self) -> None:
        def arrive() -> None:
            if self.events.now < self._span.warm_up + self._span.seconds:
                self._take()
                self._next()

        self.events.after(self._drawn.gap(self._shape.rate), arrive)

    def _take(self) -> None:
        self.requests += 1
        now = self.events.now
        kind = self._drawn.kind(self._shape.mix)
        request = _Request(kind, self._drawn.below(self._shape.partitions), now, now + self._shape.deadline)
        self._hop(request, "kafka.hop_requests", lambda: self._prepare(request))

    def _prepare(self, request: _Request) -> None:
        def done(in_time: bool) -> None:
            if in_time:
                self._hop(request, "kafka.hop_contents", lambda: self._check(request))
            else:
                self._incomplete(request)

        self._work(INGEST, request, request.deadline, done)

    def _check(self, request: _Request) -> None:
        for name in self._readers[request.kind]:
            seconds = self._costs(name).seconds(request.kind, self._shape.megapixels)
            self._station(name, request).read(seconds)
        checks = self._checks[request.kind]
        if not checks:
            request.missing = 1
            self._join(request)
            return
        request.missing = len(checks)

        def done(in_time: bool) -> None:
            request.in_time = request.in_time and in_time
            self._hop(request, "kafka.hop_verdicts", lambda: self._join(request))

        for name in checks:
            self._work(name, request, request.deadline, done)

    def _join(self, request: _Request) -> None:
        request.missing -= 1
        if request.missing:
            return
        if not request.in_time or self.events.now > request.deadline:
            self._incomplete(request)
            return
        self._work(ORCHESTRATOR, request, float("inf"), lambda _: self._decide(request))

    def _decide(self, request: _Request) -> None:
        def read() -> None:
            if request.arrived >= self._span.warm_up:
                self.seen.decided[request.kind].append(self.events.now - request.arrived)

        self._hop(request, "kafka.hop_decisions", read)
        after = [name for name in AFTER if name in self.stations and request.kind in self._costs(name).answers]
        if after:
            self._hop(request, "kafka.hop_decisions", lambda: self._follow(request, after))

    def _follow(self, request: _Request, names: Sequence[str]) -> None:
        """What works on an allowed picture, one after the other; it is signed once the first is done."""

        def done(_: bool) -> None:
            if names[0] == AFTER[0] and request.arrived >= self._span.warm_up:
                self.seen.signed.append(self.events.now - request.arrived)
            if names[1:]:
                self._hop(request, "kafka.hop_decisions", lambda: self._follow(request, names[1:]))

        self._work(names[0], request, float("inf"), done)

    def _incomplete(self, request: _Request) -> None:
        """Decided at the deadline, or now where that has passed."""
        if request.arrived >= self._span.warm_up:
            self.seen.late += 1
            self.seen.decided[request.kind].append(max(self._shape.deadline, self.events.now - request.arrived))

    def _work(self, name: str, request: _Request, deadline: float, done: Callable[[bool], None]) -> None:
        service, work = self._costs(name), self._works[name]
        mean = self._kept[name] * service.seconds(request.kind, self._shape.megapixels)
        station = self._station(name, request)
        if not work.gpu:
            station.submit(self._drawn.work(mean, service.variation.value), deadline, done)
            return
        on_gpu = work.gpu * work.batch

        def prepared(in_time: bool) -> None:
            self.events.after(on_gpu, lambda: done(in_time))

        station.submit(self._drawn.work(mean, service.variation.value), deadline, prepared)

    def _hop(self, request: _Request, name: str, then: Then) -> None:
        delay = self._shape.costs.other[name].value
        if self._shared is None:
            self.events.after(delay, then)
            return
        # The broker's work for a request, in as many parts as it has hops.
        parts = 3 + len(self._checks[request.kind])
        own = self._costs(KAFKA).seconds(request.kind, self._shape.megapixels)
        work = (own + turns(self._shape.costs, self._shape.rate)) / parts
        shared = self._shared
        self.events.after(delay, lambda: shared.start(work, then))

    def _station(self, name: str, request: _Request) -> Station:
        return self.stations[name][request.partition // self._shape.each[name]]

    def _costs(self, name: str) -> ServiceCosts:
        return self._shape.costs.services[name]
