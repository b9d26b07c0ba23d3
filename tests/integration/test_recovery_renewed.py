"""A recovery whose client stands still, on a real broker: new clients hear what the old ones did not."""

import io
import time
from pathlib import Path

from confluent_kafka import Consumer, Message, TopicPartition

from orchestrator.pending import Partition
from orchestrator.recovery import Recovery
from orchestrator.recovery_clients import Clients, Renewed
from sluice.bus.clients import log_reader, plain_producer
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.policy.load import load
from sluice.refreshed import Current
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import LANE_INTERACTIVE
from tests.integration.conftest import DEFAULT_POLICY
from tests.integration.orchestrator_alone import ask, one_per_partition, own_broker, send

GROUP = "recovered"
DEAF = 2
"""So many clients in a row hear nothing."""


class Deaf(Consumer):
    """One whose threads wait for each other: it takes what it is told, and nothing ever comes."""

    def __init__(self, kafka: KafkaSettings) -> None:
        super().__init__({**kafka.properties, "group.id": GROUP})

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Nothing is read."""

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        """Nothing has come."""
        time.sleep(max(timeout, 0))
        return []


def recovered(recovery: Recovery, seconds: float = 60) -> dict[int, Partition]:
    """What it hands over first."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := recovery.take():
            return dict(found)
        time.sleep(0.05)
    return {}


def test_new_clients_hear_what_the_old_ones_did_not(tmp_path: Path) -> None:
    said, made = io.StringIO(), 0
    with own_broker(tmp_path / "kafka") as kafka:

        def clients() -> Clients:
            nonlocal made
            made += 1
            reader = Deaf(kafka) if made <= DEAF else log_reader(kafka)
            return Clients(log_reader(kafka, group=GROUP), reader, log_reader(kafka, read_committed=False))

        decided, other = one_per_partition()[0], "another"
        decision = Decision(request_id=decided).SerializeToString()
        send(plain_producer(kafka, {"linger.ms": 0}), Topic.DECISIONS, decided, decision)
        policy = Current(load(DEFAULT_POLICY))
        recovery = Recovery(Renewed(clients, 1.0), policy, 100, Log("orchestrator", stream=said))
        recovery.start()
        try:
            recovery.want([0])
            found = recovered(recovery)
        finally:
            recovery.close()
    # On a busy machine one that hears may be replaced too, before it has said anything.
    assert made > DEAF, said.getvalue()
    assert said.getvalue().count("it begins anew, with new clients") == made - 1
    in_hand = []
    for offset, request_id in enumerate((decided, other)):
        asked = ask(request_id, now_ms() + 60_000)
        found[0].on_contents(LANE_INTERACTIVE, offset, now_ms(), asked)
        in_hand.append(found[0].undecided())
    assert in_hand == [0, 1], "what the log holds is not decided again"
