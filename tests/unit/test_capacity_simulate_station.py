"""The simulation's parts, against closed forms: each has a seed, and bounds of several standard errors."""

import math
import random
from collections.abc import Callable

import pytest

from sluice.capacity.queueing import mean_wait, wait_quantile
from sluice.capacity.simulate.events import Events
from sluice.capacity.simulate.machine import Machine
from sluice.capacity.simulate.station import Station


def arrivals(events: Events, rate: float, count: int, take: Callable[[], None], seed: int) -> None:
    """Poisson."""
    drawn = random.Random(seed)
    at = 0.0
    for _ in range(count):
        at += drawn.expovariate(rate)
        events.after(at, take)


def waits(servers: int, rate: float, work: Callable[[random.Random], float], count: int = 100_000) -> list[float]:
    """What each waited: what it took, less its own work."""
    events, drawn, found = Events(), random.Random(2), list[float]()
    station = Station(events, Machine(events, servers), at_once=servers)

    def take() -> None:
        begun, mine = events.now, work(drawn)
        station.submit(mine, math.inf, lambda _: found.append(events.now - begun - mine))

    arrivals(events, rate, count, take, seed=1)
    events.run()
    assert len(found) == count
    return found


@pytest.mark.parametrize(("servers", "rate"), [(1, 5.0), (4, 24.0)])
def test_exponential_work_waits_as_erlang_says(servers: int, rate: float) -> None:
    found = sorted(waits(servers, rate, lambda drawn: drawn.expovariate(10.0)))
    assert sum(found) / len(found) == pytest.approx(mean_wait(servers, rate, 0.1, 1.0), rel=0.07)
    quantile = found[int(0.95 * len(found))]
    assert quantile == pytest.approx(wait_quantile(servers, rate, 0.1, 1.0, 0.95), rel=0.07)


def test_even_work_waits_half_as_long() -> None:
    found = waits(1, 6.0, lambda _: 0.1)
    assert sum(found) / len(found) == pytest.approx(mean_wait(1, 6.0, 0.1, 0.0), rel=0.05)


def test_cores_are_shared_evenly() -> None:
    events = Events()
    machine, ended = Machine(events, 2), dict[str, float]()

    def ends(name: str) -> Callable[[], None]:
        def end() -> None:
            ended[name] = events.now

        return end

    for name, work in (("a", 1.0), ("b", 1.0), ("c", 2.0)):
        machine.start(work, ends(name))
    events.run()
    # Three on two cores run at two thirds: a and b end at 1.5, when c has 1.0 left and a core to itself.
    assert ended == {"a": pytest.approx(1.5), "b": pytest.approx(1.5), "c": pytest.approx(2.5)}
    assert machine.worked == 4.0


def test_shared_cores_take_as_long_as_the_formula_of_processor_sharing() -> None:
    # M/M/1 with processor sharing: the mean time there is s / (1 - rho), as for first come first served.
    events, drawn, found = Events(), random.Random(4), list[float]()
    machine = Machine(events, 1)

    def take() -> None:
        begun = events.now
        machine.start(drawn.expovariate(10.0), lambda: found.append(events.now - begun))

    arrivals(events, 5.0, 50_000, take, seed=3)
    events.run()
    assert sum(found) / len(found) == pytest.approx(0.1 / 0.5, rel=0.05)


def test_a_batch_waits_for_company_and_is_bounded() -> None:
    events, ended = Events(), list[float]()
    station = Station(events, Machine(events, 1), max_batch=2, batch_wait=0.5)
    for _ in range(3):
        station.submit(1.0, math.inf, lambda _: ended.append(events.now))
    events.run()
    # The first came alone and waits half a second; two are then worked in 2 s; the third waits for company, too.
    assert ended == [2.5, 2.5, 4.0]
    assert (station.batches, station.items) == (2, 3)


def test_what_is_past_its_deadline_is_not_worked() -> None:
    events, answers = Events(), list[bool]()
    station = Station(events, Machine(events, 1))
    for deadline in (0.5, 3.0, 0.9):
        station.submit(1.0, deadline, answers.append)
    events.run()
    # The first was begun in time and answered late; the second in time; the third left the queue.
    assert answers == [False, True, False]
    assert station.worked == 2.0
