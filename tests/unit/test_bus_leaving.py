"""How a static member leaves its group: what it asks of the client, and where it keeps its place."""

import io
from types import SimpleNamespace
from typing import cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException

from sluice.bus import leaving
from sluice.bus.leaving import leave
from sluice.telemetry.logging import Log

TOPICS = ("a", "b")
PARTITIONS = 4


class MemoryMember:
    """A client's twin. `polls`: how many it takes until the revocation is served; None: it never is."""

    def __init__(self, polls: int | None = 3, member: str | None = "member-1", broker: bool = True) -> None:
        self._polls = polls
        self._member = member
        self._broker = broker
        self.subscribed = True
        self.polled = 0

    def memberid(self) -> str | None:
        return self._member

    def list_topics(self, topic: str, timeout: float) -> object:
        if not self._broker:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        return SimpleNamespace(topics={topic: SimpleNamespace(partitions=dict.fromkeys(range(PARTITIONS)))})

    def unsubscribe(self) -> None:
        self.subscribed = False

    def poll(self, seconds: float) -> None:
        assert not self.subscribed
        self.polled += 1
        if self.polled == self._polls:
            self._member = ""


def told(member: MemoryMember, held: int) -> tuple[bool, str]:
    """Whether it left, and what it logged."""
    stream = io.StringIO()
    return leave(cast("Consumer", member), TOPICS, held, Log("test", stream=stream)), stream.getvalue()


@pytest.mark.parametrize("held", [0, 4, 7])
def test_one_of_several_unsubscribes_and_polls_until_its_id_is_gone(held: int) -> None:
    member = MemoryMember()
    left, log = told(member, held)
    assert (left, member.subscribed, member.polled) == (True, False, 3)
    assert "left the group" in log


def test_one_that_has_all_partitions_keeps_its_place() -> None:
    member = MemoryMember()
    assert told(member, len(TOPICS) * PARTITIONS) == (False, "")
    assert member.subscribed


@pytest.mark.parametrize("member", [None, ""])
def test_one_that_never_joined_has_nothing_to_leave(member: str | None) -> None:
    found = MemoryMember(member=member)
    assert told(found, 0) == (False, "")
    assert found.subscribed


def test_without_a_broker_it_keeps_its_place_and_says_so() -> None:
    member = MemoryMember(broker=False)
    left, log = told(member, 4)
    assert (left, member.subscribed) == (False, True)
    assert "the group was not left" in log
    assert "_TRANSPORT" in log


def test_a_revocation_that_never_comes_ends_it_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "LEAVE_SECONDS", 0.0)
    left, log = told(MemoryMember(polls=None), 4)
    assert not left
    assert "the group was not left in time" in log
