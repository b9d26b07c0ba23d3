"""One run: brokers, services, traffic, faults, then the history and what the checker says of it.

Everything that starts a process happens on the main thread; the traffic has a thread of its own. Traffic and faults
wait for each other, so that faults happen while there is work, to the last one.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluice.errors import NotReadyError
from sluice.local.certificates import certs_folder, ensure_chain
from sluice.local.cluster import Cluster
from sluice.local.health import Health, ask_health
from sluice.local.plan import make_plan, service_env, without_kafka
from sluice.local.ports import LOOPBACK, free_ports
from sluice.policy.load import load
from sluice.v1.asset_pb2 import SignedAsset
from tests.chaos.checker import Judgement, judge
from tests.chaos.faults import plan
from tests.chaos.generator import Generator
from tests.chaos.history import Picture
from tests.chaos.inject import Injector, Outcome
from tests.chaos.material import make
from tests.chaos.pace import Pace
from tests.chaos.pictures import look
from tests.chaos.reader import Reader, read_history, uncommitted_extra
from tests.chaos.report import Figures
from tests.chaos.services import Ending, Replica, Supervisor
from tests.chaos.topics import create_topics
from tests.chaos.traffic import LONGEST_DELAY, Traffic

POLICY = Path(__file__).with_name("policy.yaml")
PARTITIONS = 4
REPLICAS: Mapping[str, int] = {
    "ingest": 2,
    "text-classifier": 1,
    "image-text-classifier": 1,
    "image-classifier": 1,
    "person-classifier": 1,
    "hash-matcher": 1,
    "orchestrator": 2,
    "c2pa-signer": 2,
}
READY_SECONDS = 180.0
SETTLE_SECONDS = 240.0
"""After the last record: the deadline of 180 s, and a minute for what a restart takes."""
QUIET_SECONDS = 3.0
"""With everything decided and signed: what is decided once more shows itself."""
_TURN = 0.03
_TELL_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What to run. `minutes`: over how many the faults are spread (see `Pace`); `most_minutes`: then give up."""

    seed: int
    requests: int
    pictures: int
    faults: int
    brokers: int
    minutes: float
    most_minutes: float


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it."""

    judgement: Judgement
    figures: Figures
    outcomes: list[Outcome]

    @property
    def good(self) -> bool:
        """Whether the run was whole and the checker has no objection."""
        return self.judgement.good and not self.figures.problems


class Run:
    """Makes one run in a folder of its own."""

    def __init__(self, wish: Wish, home: Path, say: Callable[[str], None]) -> None:
        self._wish = wish
        self._home = home
        self._begun = time.monotonic()
        self._told = 0.0
        self._tell = say
        self._unforeseen: list[Ending] = []
        self._problems: list[str] = []
        self._ports: dict[str, int] = {}
        chain = ensure_chain(home)
        self._anchors = chain.root.read_text()
        env = {**without_kafka(os.environ), "SLUICE_POLICY": str(POLICY), "SLUICE_DRAIN_SECONDS": "5"}
        self._plan = make_plan(home, certs_folder(home), {}, env)
        self._cluster = Cluster(home / "kafka", wish.brokers, os.environ, self._say)
        self._supervisor = Supervisor(self._replica, self._ended)

    def __call__(self) -> Result:
        """Runs it. Raises NotReadyError where it cannot begin, RetryableError where the history cannot be read."""
        try:
            self._say(f"starting {self._wish.brokers} broker(s)")
            self._cluster.start()
            create_topics(self._cluster, PARTITIONS)
            self._start_services()
            wish = self._wish
            longest = min(LONGEST_DELAY, wish.minutes * 15)
            traffic = Traffic(wish.seed, wish.requests, wish.pictures, make(), longest)
            generator = Generator(self._cluster.kafka, PARTITIONS, traffic, wish.seed)
            outcomes = self._play(generator)
            return self._judge(generator, outcomes)
        finally:
            self._supervisor.stop()
            self._cluster.stop()

    def _start_services(self) -> None:
        for service, count in REPLICAS.items():
            for instance in range(count):
                self._supervisor.add(service, str(instance))
        self._say(f"starting {sum(REPLICAS.values())} service processes")
        waiting = {replica.name for replica in self._supervisor.replicas}
        give_up = time.monotonic() + READY_SECONDS
        while waiting:
            self._supervisor.tick()
            waiting = {n for n in waiting if ask_health(f"{LOOPBACK}:{self._ports[n]}") is not Health.SERVING}
            if time.monotonic() > give_up:
                raise NotReadyError(f"not ready after {READY_SECONDS:.0f} s: {', '.join(sorted(waiting))}")
            time.sleep(0.2)
        self._say("all services are ready")

    def _play(self, generator: Generator) -> list[Outcome]:
        wish = self._wish
        faults = plan(wish.seed, wish.faults, wish.minutes)
        injector = Injector(faults, self._cluster.nodes, self._supervisor, generator.progress, self._say)
        pace = Pace(wish.requests, len(faults), wish.minutes)
        generator.start()
        begun = time.monotonic()
        give_up = begun + wish.most_minutes * 60
        settle_by: float | None = None
        while settle_by is None or (time.monotonic() < settle_by and not generator.progress.complete):
            seconds = time.monotonic() - begun
            enough = pace.enough(injector.begun, seconds)
            if enough:
                injector.enough()
            generator.allow(pace.allowed(injector.begun, enough))
            may_begin = pace.may_begin(injector.begun, generator.progress.sent)
            injector.tick(may_begin, pace.hurry(injector.begun, seconds))
            self._turn(generator)
            if settle_by is None and injector.finished and generator.progress.sent >= wish.requests:
                self._say("the last fault is over and the last request sent; waiting for what is open")
                settle_by = time.monotonic() + SETTLE_SECONDS
            if time.monotonic() > give_up and settle_by is None:
                self._problems.append(f"given up after {wish.most_minutes} minutes, with requests or faults to come")
                break
        if not generator.progress.complete:
            self._problems.append(f"not everything was decided and signed: {_words(generator)}")
        quiet = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < quiet:
            self._turn(generator)
        generator.finish()
        injector.conclude()
        return injector.outcomes

    def _turn(self, generator: Generator) -> None:
        self._supervisor.tick()
        if time.monotonic() - self._told > _TELL_SECONDS:
            self._told = time.monotonic()
            self._say(_words(generator))
        time.sleep(_TURN)

    def _judge(self, generator: Generator, outcomes: list[Outcome]) -> Result:
        self._say("stopping the services")
        self._problems += [f"{name} did not stop and was killed" for name in self._supervisor.stop()]
        self._say("reading the topics")
        reader = Reader(self._cluster.kafka, PARTITIONS)
        history = read_history(reader, load(POLICY), generator.asked, generator.poison, self._look)
        extra = uncommitted_extra(reader)
        self._say(f"checking {len(history.decisions)} decisions")
        judgement = judge(history)
        figures = Figures(
            seed=self._wish.seed,
            brokers=self._wish.brokers,
            seconds=time.monotonic() - self._begun,
            records=generator.progress.records,
            longest_pause=generator.progress.longest_pause,
            uncommitted_extra=extra,
            unforeseen=self._unforeseen,
            problems=self._problems,
        )
        return Result(judgement, figures, outcomes)

    def _look(self, assets: list[SignedAsset]) -> Mapping[str, Picture]:
        self._say(f"verifying {len(assets)} signed pictures")
        return look(assets, self._plan.object_store, self._anchors)

    def _replica(self, service: str, instance: str) -> Replica:
        name = f"{service}-{instance}"
        if name not in self._ports:
            [self._ports[name]] = free_ports(1)
        env = service_env(self._plan, self._cluster.kafka.bootstrap, f"{LOOPBACK}:{self._ports[name]}")
        return Replica(service, instance, {**env, "SLUICE_INSTANCE": instance}, self._home / "logs")

    def _say(self, line: str) -> None:
        self._tell(f"[{time.monotonic() - self._begun:6.1f}] {line}")

    def _ended(self, ending: Ending) -> None:
        if not ending.expected:
            self._say(f"{ending.name} {ending.how} ({ending.log})")
            self._unforeseen.append(ending)


def _words(generator: Generator) -> str:
    progress = generator.progress
    again = f", {progress.decided_again} decided AGAIN" if progress.decided_again else ""
    return f"{progress.sent} sent, {progress.decided} decided{again}, {progress.unsigned} waiting to be signed"
