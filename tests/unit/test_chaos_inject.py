"""What a fault does to whom. Processes are real; they do nothing but live."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sluice.local.cluster import Node
from tests.chaos.faults import Fault, FaultKind
from tests.chaos.generator import Progress
from tests.chaos.inject import MOST_AT_ONCE, Injector
from tests.chaos.services import Supervisor
from tests.unit.chaos_processes import node, supervisor, wait_for

FAULT = Fault(number=1, kind=FaultKind.KILL, service="sleeper", luck=0.0, seconds=0.3, gap=0.0, seed=1)


@dataclass
class Scene:
    """Two services, two brokers, and who is let loose on them."""

    supervisor: Supervisor
    nodes: list[Node]
    progress: Progress
    injector: Injector | None = None

    def play(self, *faults: Fault) -> Injector:
        self.injector = Injector(faults, self.nodes, self.supervisor, self.progress, lambda _: None)
        return self.injector

    def turn(self) -> None:
        assert self.injector is not None
        self.injector.tick(may_begin=True)
        self.supervisor.tick()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made, _ = supervisor(tmp_path)
    nodes = [node(tmp_path, number) for number in (1, 2)]
    made.add("sleeper", "0")
    made.add("orderly", "0")
    yield Scene(made, nodes, Progress())
    made.stop()
    for one in nodes:
        assert one.process is not None
        one.process.kill()
        one.release()


def state(pid: int) -> str:
    """The process's state as the kernel names it: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_nothing_begins_before_there_is_work_for_it(scene: Scene) -> None:
    injector = scene.play(FAULT)
    injector.tick(may_begin=False)
    assert injector.begun == 0
    assert not injector.finished


@pytest.mark.parametrize("kind", [FaultKind.KILL, FaultKind.TERM])
def test_a_service_ends_and_is_started_again(scene: Scene, kind: FaultKind) -> None:
    injector = scene.play(replace(FAULT, kind=kind))
    wait_for(lambda: scene.supervisor.of("sleeper")[0].starts == 2, scene.turn)
    assert injector.finished
    assert scene.supervisor.of("orderly")[0].starts == 1


def test_a_frozen_service_goes_on(scene: Scene) -> None:
    # Long enough for a busy machine to stop it, which it does when the process is next to run.
    injector = scene.play(replace(FAULT, kind=FaultKind.FREEZE, seconds=2.0))
    process = scene.supervisor.of("sleeper")[0].process
    assert process is not None
    wait_for(lambda: state(process.pid) == "T", scene.turn)
    wait_for(lambda: injector.finished and state(process.pid) != "T", scene.turn)


def test_a_service_that_dies_at_a_line_was_started_for_that(scene: Scene) -> None:
    injector = scene.play(replace(FAULT, kind=FaultKind.LINE, seconds=60.0))
    replica = scene.supervisor.of("sleeper")[0]
    wait_for(lambda: replica.starts == 2, scene.turn)
    process = replica.process
    assert process is not None
    command = Path(f"/proc/{process.pid}/cmdline")
    # Empty for the moment in which the kernel puts the program in place, although it counts as started.
    wait_for(lambda: command.read_bytes() != b"", lambda: None)
    assert b"dies_at.py" in command.read_bytes()
    assert not injector.finished
    process.kill()
    wait_for(lambda: injector.finished and replica.starts == 3, scene.turn)


def test_a_replica_joins_and_leaves(scene: Scene) -> None:
    injector = scene.play(replace(FAULT, kind=FaultKind.JOIN))
    wait_for(lambda: len(scene.supervisor.replicas) == 3, scene.turn)
    wait_for(lambda: injector.finished, scene.turn)
    assert len(scene.supervisor.replicas) == 2


@pytest.mark.parametrize("kind", [FaultKind.BROKER_KILL, FaultKind.BROKER_TERM])
def test_one_broker_ends_and_comes_back(scene: Scene, kind: FaultKind) -> None:
    injector = scene.play(replace(FAULT, kind=kind, luck=0.9))
    first, second = (one.process for one in scene.nodes)
    wait_for(lambda: not scene.nodes[1].running(), scene.turn)
    wait_for(scene.nodes[1].running, scene.turn)
    assert scene.nodes[0].process is first
    assert scene.nodes[1].process is not second
    assert not injector.finished


def test_all_brokers_are_gone_together(scene: Scene) -> None:
    scene.play(replace(FAULT, kind=FaultKind.OUTAGE))
    wait_for(lambda: not any(one.running() for one in scene.nodes), scene.turn)
    wait_for(lambda: all(one.running() for one in scene.nodes), scene.turn)


def test_a_victim_has_one_fault_at_a_time(scene: Scene) -> None:
    freeze = replace(FAULT, kind=FaultKind.FREEZE, seconds=4.0)
    injector = scene.play(freeze, replace(FAULT, number=2))
    wait_for(lambda: injector.begun == 1, scene.turn)
    scene.turn()
    assert injector.begun == 1
    wait_for(lambda: injector.begun == 2, scene.turn)
    assert [one.fault.number for one in injector.outcomes] in ([], [1])


def test_brokers_that_are_gone_are_no_victims(scene: Scene) -> None:
    outage = replace(FAULT, kind=FaultKind.OUTAGE, seconds=30.0)
    injector = scene.play(outage, replace(FAULT, number=2, kind=FaultKind.BROKER_KILL), replace(outage, number=3))
    wait_for(lambda: injector.begun == 1, scene.turn)
    for _ in range(30):
        scene.turn()
        time.sleep(0.02)
    assert injector.begun == 1


def test_so_many_are_under_way_at_most(scene: Scene) -> None:
    for number in range(1, 6):
        scene.supervisor.add("sleeper", str(number))
    freeze = replace(FAULT, kind=FaultKind.FREEZE, seconds=30.0)
    injector = scene.play(*[replace(freeze, number=number) for number in range(1, 7)])
    for _ in range(20):
        scene.turn()
    assert injector.begun == MOST_AT_ONCE


def test_a_pause_lasts_until_the_next_decision(scene: Scene) -> None:
    injector = scene.play(FAULT)
    wait_for(lambda: injector.begun == 1, scene.turn)
    scene.turn()
    assert injector.outcomes == []
    scene.progress.last_decision = time.monotonic()
    wait_for(lambda: len(injector.outcomes) == 1, scene.turn)
    [outcome] = injector.outcomes
    assert outcome.victim == "sleeper-0"
    assert outcome.pause is not None
    assert outcome.pause > 0


def test_what_no_decision_came_after_has_no_pause(scene: Scene) -> None:
    injector = scene.play(FAULT)
    wait_for(lambda: injector.finished, scene.turn)
    injector.conclude()
    assert [outcome.pause for outcome in injector.outcomes] == [None]


def test_once_there_were_enough_none_follows(scene: Scene) -> None:
    injector = scene.play(FAULT, replace(FAULT, number=2, gap=600.0))
    wait_for(lambda: injector.begun == 1, scene.turn)
    assert not injector.finished
    injector.enough()
    wait_for(lambda: injector.finished, scene.turn)
    assert injector.begun == 1
