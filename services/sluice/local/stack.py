"""A whole stack on one machine: a broker, the topics, one process per service.

Start: claim the home; start Kafka, unless there is somebody's; create the topics; start the collector of traces and
the simulators, where the plan has any, and every service on a free port; wait for each service to say that it is
ready; write down where everything is. Tend it: what has ended, the broker included, is started again where it was
(see `Kept`); what needs it is not allowed meanwhile. Stop: all services at once, then the broker, then the collector
and the simulators.
"""

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final

from sluice.bus.create_topics import create
from sluice.client_tls import read_client_tls
from sluice.errors import NotReadyError
from sluice.local.collector_child import NAME, CollectorChild
from sluice.local.entry_points import HTTP_DOORS, REPORTER, told_where
from sluice.local.health import Health, ask_health
from sluice.local.interrupts import undisturbed
from sluice.local.kafka import QUICK_START, Broker, start_broker
from sluice.local.locks import FileLock
from sluice.local.logs import not_ready_reason
from sluice.local.plan import Plan, service_env
from sluice.local.ports import LOOPBACK, free_ports, listens
from sluice.local.process import Process, stop_all
from sluice.local.progress import Progress, Say
from sluice.local.simulators import CYBERTIPLINE, Simulator, reporter_told
from sluice.local.state import Running, ServiceAt, claim, forget, publish
from sluice.local.supervise import Kept
from sluice.settings import KafkaSettings

READY_SECONDS: Final = 120.0
"""How long services may take to get ready, models loaded; on two quiet cores it is well under 45 s."""
SERVICE_STOP_SECONDS: Final = 10.0

_POLL_SECONDS = 0.1


class Stack:
    """A stack of ours. Start it on the main thread (see `Process`), and `stop` it also after a failed start."""

    def __init__(self, plan: Plan, say: Say) -> None:
        """ConfigError where SLUICE_CLIENT_TLS_DIR is wrong."""
        self._plan = plan
        self._say = say
        self._lock: FileLock | None = None
        self._broker: Broker | None = None
        self._services: dict[str, Kept] = {}
        self._addresses: dict[str, str] = {}
        self._ops: dict[str, str] = {}
        self._http: dict[str, str] = {}
        self._kafka: Kept | None = None
        self._collector: CollectorChild | None = None
        self._simulator: Simulator | None = None
        self._started = ""
        self._tls = read_client_tls(plan.env)

    def start(self, all_or_nothing: bool = False) -> Mapping[str, str]:
        """Starts everything. Returns the services that did not get ready, with the reason.

        `all_or_nothing`: do not wait for the others once one has failed. Raises NotReadyError where the stack as a
        whole cannot work, ConfigError for a wrong environment.
        """
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._lock = claim(self._plan.home)
        kafka = self._start_kafka()
        report = create(kafka, self._plan.partitions, self._plan.replication)
        for found in report.differences:
            mended = "" if found.corrected else " (left as it is)"
            self._say(f"topic {found.topic}: {found.setting} was {found.found}, not {found.wanted}{mended}")
        if self._plan.collects:
            self._collector = CollectorChild(self._plan.env, self._plan.log(NAME))
        if self._plan.simulators:
            self._simulator = Simulator(self._plan.simulators, self._plan.env, self._plan.log(CYBERTIPLINE))
        self._start_services(kafka)
        failed = self._wait_ready(all_or_nothing)
        publish(self._plan.home, self.running())
        return failed

    def running(self) -> Running:
        """Where everything is."""
        kafka = self._plan.kafka or (self._broker.kafka if self._broker else None)
        return Running(
            pid=os.getpid(),
            started=self._started,
            kafka=kafka.bootstrap if kafka else "",
            object_store=self._plan.object_store,
            certificates=str(self._plan.certificates),
            services={
                name: ServiceAt(
                    self._addresses[name], kept.process.pid, kept.restarts, self._ops[name], self._http.get(name, "")
                )
                for name, kept in self._services.items()
            },
            collector=self._collector.at if self._collector else None,
            simulators={CYBERTIPLINE: self._simulator.at} if self._simulator else {},
        )

    def tend(self) -> Iterator[str]:
        """Starts again what has ended, when it is time to; says what happened. Call it often, on the main thread."""
        beside = [child.kept for child in (self._collector, self._simulator) if child]
        children = [*([self._kafka] if self._kafka else []), *beside, *self._services.values()]
        restarts = sum(kept.restarts for kept in children)
        for kept in children:
            yield from kept.tend()
        if sum(kept.restarts for kept in children) != restarts:
            publish(self._plan.home, self.running())

    def stop(self) -> None:
        """Stops everything within 20 s; a second signal does not disturb it."""
        with undisturbed():
            if self._lock:
                forget(self._plan.home)
            for process in stop_all([kept.process for kept in self._services.values()], SERVICE_STOP_SECONDS):
                self._say(f"{process.name} did not stop within {SERVICE_STOP_SECONDS:.0f} s and was killed")
            if self._broker:
                self._broker.stop()
            if self._collector:
                # Last: what stops tells of its last spans.
                self._collector.stop()
            if self._simulator:
                self._simulator.stop()
            if self._lock:
                self._lock.release()

    def _start_kafka(self) -> KafkaSettings:
        if self._plan.kafka:
            return self._plan.kafka
        self._say("starting Kafka")
        data = self._plan.home / "kafka"
        data.mkdir(parents=True, exist_ok=True)
        jvm = QUICK_START if self._plan.short_lived else ()
        broker = start_broker(data, self._plan.log("kafka"), self._plan.env, self._say, jvm)
        self._broker = broker
        answers = partial(listens, broker.port, 0.2)
        self._kafka = Kept(broker.process, broker.restart, serves=answers, taken=answers)
        return broker.kafka

    def _start_services(self, kafka: KafkaSettings) -> None:
        self._say(f"starting {len(self._plan.services)} services")
        ports = iter(free_ports(3 * len(self._plan.services)))
        collector = self._collector.at.address if self._collector else ""
        self._addresses = {name: f"{LOOPBACK}:{next(ports)}" for name in self._plan.services}
        for name, argv in self._plan.services.items():
            self._ops[name] = f"{LOOPBACK}:{next(ports)}"
            doors = self._doors(name, f"{LOOPBACK}:{next(ports)}")
            env = service_env(self._plan, kafka.bootstrap, self._addresses[name], self._ops[name], doors, collector)
            if self._simulator and name == REPORTER:
                env = reporter_told(self._simulator.at.address, env)
            start = partial(Process.start, name, argv, env, self._plan.log(name))
            serves, taken = partial(self._serves, name), partial(self._answers, name)
            self._services[name] = Kept(start(), start, serves, taken)

    def _doors(self, name: str, free: str) -> Mapping[str, str]:
        """Where else a service listens: where the caller says, or else at `free`; and whom it asks."""
        doors = told_where(name, self._addresses)
        variable = HTTP_DOORS.get(name)
        if variable is not None:
            doors[variable] = self._http[name] = self._plan.env.get(variable, "") or free
        return doors

    def _wait_ready(self, all_or_nothing: bool) -> dict[str, str]:
        failed: dict[str, str] = {}
        waiting = list(self._services)
        give_up = time.monotonic() + READY_SECONDS
        progress = Progress(self._say)
        while waiting:
            for name in waiting:
                process = self._services[name].process
                if process.exit_code() is not None:
                    failed[name] = process.how_it_ended()
                    self._say(f"{name} {failed[name]}")
            if failed and all_or_nothing:
                break
            if self._broker and (ended := self._broker.died()):
                raise NotReadyError(f"Kafka {ended}")
            waiting = [name for name in waiting if name not in failed and not self._serves(name)]
            reasons = {name: not_ready_reason(self._services[name].process.log) for name in waiting}
            if time.monotonic() > give_up:
                for name, reason in reasons.items():
                    self._say(f"{name} is not ready after {READY_SECONDS:.0f} s: {reason}")
                return failed | reasons
            progress.tell(f"waiting for {', '.join(_with_reason(*pair) for pair in reasons.items())}")
            time.sleep(_POLL_SECONDS)
        return failed

    def _serves(self, name: str) -> bool:
        return ask_health(self._addresses[name], tls=self._tls) is Health.SERVING

    def _answers(self, name: str) -> bool:
        return ask_health(self._addresses[name], tls=self._tls) is not Health.UNREACHABLE


def _with_reason(name: str, reason: str) -> str:
    return f"{name} ({reason})" if reason else name
