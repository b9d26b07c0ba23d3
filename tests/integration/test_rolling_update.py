"""A rolling update: each replica gets a successor with another name and is told to stop, and no prompt waits for it.

A static member that only closes its client keeps its partitions for the whole session. That is longer than a prompt's
deadline, and what lies in them would be decided as incomplete.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from sluice.bus.create_topics import create
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from tests.integration.quick_start import quick_broker
from tests.integration.replicas import Prompts, Replicas, replicas
from tests.integration.topics import read_until

PARTITIONS = 4
SERVICES = ("ingest", "text-classifier", "orchestrator")
LEFT = '"event": "left the group"'


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    broker = quick_broker(tmp_path_factory.mktemp("kafka"))
    create(broker.kafka, PARTITIONS, 1)
    yield broker.kafka
    broker.stop()


@pytest.fixture(scope="module")
def stack(kafka: KafkaSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    """Two replicas of everything that a prompt passes."""
    with replicas(kafka, tmp_path_factory.mktemp("home")) as found:
        found.start(*(f"{name}-{number}" for name in SERVICES for number in (0, 1)))
        # The first of all wait for connections and coordinators, whoever comes or goes.
        with Prompts(kafka, deadline_ms=60_000) as prompts:
            time.sleep(5)
        check(decided(kafka, prompts.sent, 60), prompts.sent)
        yield found


def decided(kafka: KafkaSettings, sent: Sequence[str], seconds: float) -> list[Decision]:
    """The decisions of these requests, once all have one and a moment later."""
    wanted = {request_id.encode() for request_id in sent}

    def mine(records: list[Record]) -> list[Record]:
        return [record for record in records if record.key in wanted]

    read_until(
        kafka, Topic.DECISIONS, lambda found: len({record.key for record in mine(found)}) >= len(wanted), seconds
    )
    time.sleep(2)
    records = read_until(kafka, Topic.DECISIONS, lambda found: len(mine(found)) > len(wanted), 2)
    return [Decision.FromString(record.value) for record in mine(records)]


def check(decisions: Sequence[Decision], sent: Sequence[str]) -> None:
    """Every one is decided once, by all of its checks."""
    assert Counter(decision.request_id for decision in decisions) == Counter(sent)
    late = [decision.request_id for decision in decisions if not decision.complete]
    assert not late, f"{len(late)} of {len(sent)} incomplete"
    assert {decision.action for decision in decisions} == {ACTION_ALLOW}


def test_replacing_one_replica_of_each_service_makes_no_prompt_incomplete(
    kafka: KafkaSettings, stack: Replicas
) -> None:
    with Prompts(kafka) as prompts:
        time.sleep(2)
        for name in SERVICES:
            stack.start(f"{name}-2")
            time.sleep(1)
            assert LEFT in stack.stop(f"{name}-0")
            time.sleep(1)
    check(decided(kafka, prompts.sent, 30), prompts.sent)


def test_what_a_killed_replica_had_is_decided_once_its_session_is_over(kafka: KafkaSettings, stack: Replicas) -> None:
    with Prompts(kafka, deadline_ms=60_000) as prompts:
        time.sleep(1)
        for name in SERVICES:
            stack.kill(f"{name}-1")
        time.sleep(2)
    check(decided(kafka, prompts.sent, 60), prompts.sent)
