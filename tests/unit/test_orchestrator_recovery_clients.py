"""When a recovery gets new clients, and what becomes of the old ones."""

import threading
from collections.abc import Iterator
from typing import cast

import pytest
from confluent_kafka import Consumer

from orchestrator.recovery_clients import Clients, Renewed


class Closable:
    """A client that does not return from closing before it may."""

    def __init__(self, may: threading.Event) -> None:
        self._may = may
        self.closed = threading.Event()

    def close(self) -> None:
        assert self._may.wait(30)
        self.closed.set()


@pytest.fixture
def may() -> threading.Event:
    """Whether closing returns."""
    return threading.Event()


@pytest.fixture
def made() -> list[Closable]:
    """Every client that was made."""
    return []


@pytest.fixture
def renewed(may: threading.Event, made: list[Closable]) -> Iterator[Renewed]:
    def make() -> Clients:
        found = [Closable(may) for _ in range(3)]
        made.extend(found)
        return Clients(*(cast("Consumer", one) for one in found))

    yield Renewed(make, patience=10)
    may.set()


def test_whoever_gets_on_keeps_its_clients(renewed: Renewed) -> None:
    assert not any(renewed.stands(now, state) for state, now in enumerate(range(0, 100, 9)))


def test_whoever_does_not_gets_new_ones_at_ever_longer_intervals_until_it_does(renewed: Renewed) -> None:
    times = []
    for now in range(100):
        if renewed.stands(now, "here"):
            renewed.renew(now)
            times.append(now)
    assert times == [11, 32, 73]
    assert not renewed.stands(100, "further")
    assert not renewed.stands(110, "further")
    assert renewed.stands(111, "further")


def test_old_ones_that_do_not_close_hold_nobody_up(
    renewed: Renewed, made: list[Closable], may: threading.Event
) -> None:
    before = renewed.now
    renewed.renew(20)
    assert renewed.now is not before
    assert len(made) == 6
    may.set()
    assert all(one.closed.wait(30) for one in made[:3])
    assert not any(one.closed.is_set() for one in made[3:])
