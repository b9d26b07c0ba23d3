"""The loop and a new policy: every partition that it has takes it over, whenever it came, before it decides on."""

import io
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestrator.beats import Beats
from orchestrator.clock import BrokerClock
from orchestrator.flow import Limits
from orchestrator.pending import Decided, Marks, Partition
from orchestrator.stream import DecisionLoop
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.refreshed import Current
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.unit.build import OTHER_ID, contents, text, verdict
from tests.unit.crashes import LANES

FILE = Path(__file__).parents[2] / "policies" / "default.yaml"
TEXTS = "PROMPT: [text]"
FRESH = Marks(dict.fromkeys(LANES, 0), 0, 0, dict.fromkeys(LANES, 0))


class Quiet:
    """A consumer's twin that reads nothing, and reading's that sees nothing wrong."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None

    def consume(self, *_: object) -> list[object]:
        return []


class Hands:
    """Recovery's twin: hands over what it is given."""

    def __init__(self) -> None:
        self.ready: list[tuple[int, Partition]] = []

    def take(self) -> Sequence[tuple[int, Partition]]:
        found, self.ready = self.ready, []
        return found


class Written:
    """A publisher's twin: decisions by partition, in their order; `committed` is how many of them were."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str, bytes]] = []
        self.count = self.committed = 0
        self.beats = Beats()

    def decided(self, effect: Decided, partition: int) -> None:
        decision = effect.outputs.decision
        self.found.append((partition, decision.request_id, decision.policy_digest))
        self.count = len(self.found) - self.committed

    def open_seconds(self) -> float | None:
        return 0.0 if self.count else None

    def commit(self, *_: object) -> dict[int, int]:
        self.committed, self.count = len(self.found), 0
        return {}


class Turning:
    """The loop with its twins."""

    def __init__(self, policy: Policy) -> None:
        self.current = Current(policy)
        self.hands = Hands()
        self.written = Written()
        quiet: Any = Quiet()
        recovery: Any = self.hands
        publisher: Any = self.written
        self._loop = DecisionLoop(
            consumer=quiet,
            publisher=publisher,
            recovery=recovery,
            policy=self.current,
            reading=quiet,
            limits=Limits(1000, 1 << 20, 1 << 20),
            clock=BrokerClock(),
            log=Log("test", stream=io.StringIO()),
            metrics=Metrics("test"),
            stopping=threading.Event(),
        )

    def turn(self) -> None:
        """One."""
        self._loop._turn()


@pytest.fixture(scope="module")
def lax() -> Policy:
    return load(FILE)


@pytest.fixture(scope="module")
def thorough() -> Policy:
    return load(FILE, FILE.read_text().replace(TEXTS, "PROMPT: [text, person]").encode())


def waiting(policy: Policy, request_id: str) -> Partition:
    """A partition with a request that has the answer of `text`, and waits for that of `person` if it must."""
    found = Partition(policy, FRESH, remember=1000)
    found.on_contents(LANES[0], 0, 1010, contents(text(), request_id=request_id, deadline_at_ms=1 << 60))
    found.on_verdict(0, 1020, verdict("text", request_id=request_id))
    return found


def test_every_partition_takes_a_new_policy_over_in_the_same_turn_and_what_it_decides_is_committed(
    lax: Policy, thorough: Policy
) -> None:
    loop = Turning(thorough)
    loop.hands.ready = [(0, waiting(thorough, "a")), (3, waiting(thorough, OTHER_ID))]
    loop.turn()
    assert loop.written.found == []
    loop.current.value = lax
    loop.turn()
    assert loop.written.found == [(0, "a", lax.digest), (3, OTHER_ID, lax.digest)]
    assert loop.written.committed == 2
    loop.turn()
    assert len(loop.written.found) == 2


def test_a_partition_that_was_recovered_under_an_old_policy_takes_the_new_one_over(
    lax: Policy, thorough: Policy
) -> None:
    loop = Turning(lax)
    loop.turn()
    loop.hands.ready = [(1, waiting(thorough, "a"))]
    loop.turn()
    assert loop.written.found == [(1, "a", lax.digest)]
