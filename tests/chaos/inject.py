"""Makes faults happen: each as a short sequence of steps, several of them under way at once."""

import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sluice.local.cluster import Node
from tests.chaos.faults import Fault, FaultKind
from tests.chaos.generator import Progress
from tests.chaos.services import Replica, Supervisor

MOST_AT_ONCE = 4
_LINE_GRACE = 30.0
"""How long a service may take beyond its `seconds` to reach a line: it has to start first."""

Step = float
"""Seconds to wait before the next step."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a fault. `pause`: seconds from its begin to the next decision of any request, or None."""

    fault: Fault
    victim: str
    pause: float | None


@dataclass(slots=True)
class _Active:
    fault: Fault
    victim: str
    steps: Iterator[Step]
    due: float
    begun: float
    done: bool = False
    pause: float | None = None


class Injector:
    """Call `tick` often, on the main thread. `outcomes` fills as faults end."""

    def __init__(
        self,
        faults: Sequence[Fault],
        nodes: Sequence[Node],
        supervisor: Supervisor,
        progress: Progress,
        say: Callable[[str], None],
    ) -> None:
        self.outcomes: list[Outcome] = []
        self.begun = 0
        self._faults = faults
        self._nodes = nodes
        self._supervisor = supervisor
        self._progress = progress
        self._say = say
        self._active: list[_Active] = []
        self._next = time.monotonic() + (faults[0].gap if faults else 0.0)
        self._joined = 0

    @property
    def finished(self) -> bool:
        """Whether every fault has happened and is over."""
        return self.begun == len(self._faults) and all(active.done for active in self._active)

    def enough(self) -> None:
        """No further fault begins."""
        self._faults = self._faults[: self.begun]

    def tick(self, may_begin: bool, hurry: float = 1.0) -> None:
        """Takes due steps, and begins the next fault when it is time and `may_begin`.

        `hurry`: what the gap to the one after it is multiplied by.
        """
        now = time.monotonic()
        for active in self._active:
            if not active.done and now >= active.due:
                self._step(active, now)
            if active.pause is None and self._progress.last_decision > active.begun:
                active.pause = self._progress.last_decision - active.begun
        for active in [active for active in self._active if active.done]:
            if active.pause is not None or now > active.due + 60:
                self._active.remove(active)
                self.outcomes.append(Outcome(active.fault, active.victim, active.pause))
        under_way = sum(not active.done for active in self._active)
        if may_begin and now >= self._next and under_way < MOST_AT_ONCE and self.begun < len(self._faults):
            self._begin(self._faults[self.begun], now, hurry)

    def conclude(self) -> None:
        """The run is over: outcomes of faults that no decision came after."""
        self.outcomes += [Outcome(active.fault, active.victim, active.pause) for active in self._active]
        self._active.clear()

    def _begin(self, fault: Fault, now: float, hurry: float) -> None:
        busy = {active.victim for active in self._active if not active.done}
        found = self._steps(fault, busy)
        if found is None:
            # Its victim is under another fault: a moment later.
            self._next = now + 0.5
            return
        victim, steps = found
        self.begun += 1
        if self.begun < len(self._faults):
            self._next = now + self._faults[self.begun].gap * hurry
        self._say(f"fault {fault.number}/{len(self._faults)}: {fault.kind} ({victim}, {fault.seconds:.1f} s)")
        # At any microsecond, not at the turns of our own loop.
        time.sleep(random.Random(fault.seed).uniform(0, 0.05))
        active = _Active(fault, victim, steps, now, time.monotonic())
        self._active.append(active)
        self._step(active, now)

    def _step(self, active: _Active, now: float) -> None:
        wait = next(active.steps, None)
        active.due = now + (wait or 0.0)
        active.done = wait is None

    def _steps(self, fault: Fault, busy: set[str]) -> tuple[str, Iterator[Step]] | None:
        """The victim and what happens to it, or None where it is not to be had now."""
        if fault.kind is FaultKind.OUTAGE:
            taken = busy & {"all brokers", *(node.name for node in self._nodes)}
            return None if taken else ("all brokers", _outage(self._nodes, fault.seconds))
        if fault.kind in (FaultKind.BROKER_KILL, FaultKind.BROKER_FREEZE, FaultKind.BROKER_TERM):
            node = self._nodes[int(fault.luck * len(self._nodes))]
            if node.name in busy or "all brokers" in busy or not node.running():
                return None
            return node.name, _broker(node, fault)
        if fault.kind is FaultKind.JOIN:
            self._joined += 1
            return f"{fault.service} joins", self._join(fault, f"extra{self._joined}")
        replicas = [one for one in self._supervisor.of(fault.service) if one.name not in busy and one.running]
        if not replicas:
            return None
        replica = replicas[int(fault.luck * len(replicas))]
        return replica.name, _service(replica, fault)

    def _join(self, fault: Fault, instance: str) -> Iterator[Step]:
        replica = self._supervisor.add(fault.service, instance)
        yield fault.seconds
        replica.leaving = True
        replica.terminate()
        while replica in self._supervisor.replicas:
            yield 0.5


def _service(replica: Replica, fault: Fault) -> Iterator[Step]:
    match fault.kind:
        case FaultKind.KILL:
            replica.kill()
        case FaultKind.TERM:
            replica.terminate()
        case FaultKind.FREEZE:
            replica.send(signal.SIGSTOP)
            yield fault.seconds
            replica.send(signal.SIGCONT)
        case FaultKind.LINE:
            starts = replica.starts
            replica.armed = (fault.seed, fault.seconds)
            replica.terminate()
            # It stops, starts again, and dies: the fault is over when it has been started once more.
            for _ in range(int(fault.seconds + _LINE_GRACE)):
                if replica.starts >= starts + 2:
                    return
                yield 1.0


def _broker(node: Node, fault: Fault) -> Iterator[Step]:
    if fault.kind is FaultKind.BROKER_FREEZE:
        node.send(signal.SIGSTOP)
        yield fault.seconds
        node.send(signal.SIGCONT)
        return
    node.send(signal.SIGKILL if fault.kind is FaultKind.BROKER_KILL else signal.SIGTERM)
    while node.running():
        yield 0.1
    yield fault.seconds
    node.start()
    yield 5.0


def _outage(nodes: Sequence[Node], seconds: float) -> Iterator[Step]:
    for node in nodes:
        node.send(signal.SIGKILL)
    yield seconds
    for node in nodes:
        node.start()
    yield 5.0
