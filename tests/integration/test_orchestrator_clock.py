"""A worker whose clock is wrong: deadlines are the broker's, so nothing is decided too soon."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.ids import new_request_id
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from tests.integration.orchestrator_alone import CHECKS, answer, ask, orchestrator, own_broker, send
from tests.integration.topics import of_request

SKEWED = str(Path(__file__).parent / "skewed")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with own_broker(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.mark.parametrize("ahead", ["30", "-30"])
def test_deadlines_hold_by_the_brokers_clock(broker: KafkaSettings, tmp_path: Path, ahead: str) -> None:
    producer = plain_producer(broker, {"linger.ms": 0})
    with orchestrator(broker, tmp_path, PYTHONPATH=SKEWED, TEST_CLOCK_AHEAD=ahead):
        first = new_request_id()
        offset = send(producer, Topic.CONTENTS, first, ask(first, now_ms() + 60_000).SerializeToString())
        for check in CHECKS:
            send(producer, Topic.VERDICTS, first, answer(check, first, offset))
        assert len(of_request(broker, Topic.DECISIONS, first)) == 1
        # From here on it has seen deliveries. An answer after 2 of 20 seconds is in time; none at all is not.
        prompt, silent = new_request_id(), new_request_id()
        offset = send(producer, Topic.CONTENTS, prompt, ask(prompt, now_ms() + 20_000).SerializeToString())
        deadline = now_ms() + 3000
        send(producer, Topic.CONTENTS, silent, ask(silent, deadline).SerializeToString())
        time.sleep(2)
        for check in CHECKS:
            send(producer, Topic.VERDICTS, prompt, answer(check, prompt, offset))
        (in_time,) = of_request(broker, Topic.DECISIONS, prompt)
        (too_late,) = of_request(broker, Topic.DECISIONS, silent)
    assert Decision.FromString(in_time.value).action == ACTION_ALLOW
    decision = Decision.FromString(too_late.value)
    assert (decision.action, decision.complete) == (ACTION_BLOCK, False)
    assert deadline < too_late.timestamp_ms < deadline + 20_000
    log = (tmp_path / "orchestrator.log").read_text()
    assert "the broker's clock is not ours" in log
