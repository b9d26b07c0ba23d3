"""The orchestrator alone on a real broker, its policy switched while requests are in hand.

In every partition's decisions each switch is one line: by the old policy before it, by the new one after it. The
contents and verdicts are made by the test, so that each decision can be made again from what it records.
"""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pytest
from confluent_kafka import Producer

from orchestrator.decide import decide
from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.ids import new_request_id
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.policy.recorded import decided_again, recorded
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from tests.integration.orchestrator_alone import CHECKS, PARTITIONS, answer, ask, orchestrator, own_broker, send_all
from tests.integration.topics import read_until

DEFAULT = re.sub(
    r"^breaker:.*\n( .*\n)*",
    "",
    (Path(__file__).parents[2] / "policies" / "default.yaml").read_text(),
    flags=re.MULTILINE,
)
"""Without breakers: here what a rule blocks is meant."""
RULE = """  - {id: NAME, action: BLOCK, when: 'score("sexual") >= AT'}"""
SCORE = 0.1
"""Between what the strict and the lax policy take for too much."""
SECONDS = 60.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with own_broker(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


def written(name: str, at: float) -> str:
    """The default policy with a rule of its own."""
    return DEFAULT.replace("\nrules:\n", f"\nrules:\n{RULE.replace('NAME', name).replace('AT', str(at))}\n")


def replace(file: Path, text: str) -> None:
    """As an operator should: whole, in one step."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.rename(file)


@dataclass(slots=True)
class Traffic:
    """Requests that are asked and answered in two halves, so that there are always some in hand."""

    producer: Producer
    asked: list[str] = field(default_factory=list)
    half: list[tuple[str, int]] = field(default_factory=list)

    def turn(self, count: int = 20) -> None:
        """Answers in full what was answered by half, asks for more, and answers that by half."""
        self.finish()
        contents = {}
        for _ in range(count):
            request_id = new_request_id()
            contents[request_id] = ask(request_id, now_ms() + 300_000).SerializeToString()
        offsets = send_all(self.producer, Topic.CONTENTS, contents)
        self.asked += contents
        self.half = list(offsets.items())
        self._answer(CHECKS[:2])

    def finish(self) -> None:
        """Answers in full."""
        self._answer(CHECKS[2:])
        self.half = []

    def _answer(self, checks: Sequence[str]) -> None:
        for check in checks:
            verdicts = {request_id: answer(check, request_id, at, SCORE) for request_id, at in self.half}
            send_all(self.producer, Topic.VERDICTS, verdicts)


def switches(log: Path) -> int:
    """How often the loop says that it has switched."""
    return log.read_text().count('"event": "policy switched"')


def decisions(broker: KafkaSettings, count: int) -> Mapping[int, list[Decision]]:
    """By partition, in the log's order. A moment longer than it takes, so that one too many would be seen."""
    read_until(broker, Topic.DECISIONS, lambda found: len(found) >= count, SECONDS)
    time.sleep(1)
    found: defaultdict[int, list[Decision]] = defaultdict(list)
    for record in read_until(broker, Topic.DECISIONS, lambda found: len(found) > count, 3):
        found[record.partition].append(Decision.FromString(record.value))
    return found


def test_each_partition_switches_at_once_and_every_decision_follows_from_its_policy(
    broker: KafkaSettings, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    versions = [written("lax", 0.9), written("strict", 0.01), written("lax-again", 0.9), written("lax", 0.9)]
    replace(file, versions[0])
    traffic = Traffic(plain_producer(broker, {"linger.ms": 0}))
    order: list[Policy] = [load(file)]
    with orchestrator(broker, tmp_path, SLUICE_POLICY=str(file)):
        for _ in range(4):
            traffic.turn()
        read_until(broker, Topic.DECISIONS, lambda found: len(found) >= 60, SECONDS)
        for turn, text in enumerate(versions[1:]):
            replace(file, text)
            order.append(load(file))
            until = time.monotonic() + SECONDS
            while switches(tmp_path / "orchestrator.log") <= turn:
                assert time.monotonic() < until, "the policy is not switched"
                traffic.turn()
                time.sleep(0.05)
            for _ in range(4):
                traffic.turn()
            # Each partition has decided by this one before there is another.
            settled = len(traffic.asked) - len(traffic.half)
            read_until(broker, Topic.DECISIONS, lambda found, settled=settled: len(found) >= settled, SECONDS)  # type: ignore[misc] # bound on purpose
        traffic.finish()
        found = decisions(broker, len(traffic.asked))
    counted = Counter(decision.request_id for mine in found.values() for decision in mine)
    assert counted == Counter(traffic.asked)
    assert len(found) == PARTITIONS
    digests = [policy.digest for policy in order]
    assert digests[0] == digests[3]
    policies = {policy.digest: policy for policy in order}
    for mine in found.values():
        assert [digest for digest, _ in groupby(decision.policy_digest for decision in mine)] == digests
        for decision in mine:
            strict = decision.policy_digest == digests[1]
            assert (decision.action, decision.complete) == (ACTION_BLOCK if strict else ACTION_ALLOW, True)
            again = decided_again(recorded(decision), policies[decision.policy_digest], decide)
            assert (again.action.value, again.complete) == (decision.action, decision.complete)
            assert [reason.rule for reason in again.reasons] == [reason.rule for reason in decision.reasons]


def test_a_partition_recovered_after_a_switch_is_of_the_new_policy(broker: KafkaSettings, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    replace(file, written("lax", 0.9))
    before = load(file)
    traffic = Traffic(plain_producer(broker, {"linger.ms": 0}))
    known = len(read_until(broker, Topic.DECISIONS, lambda _: False, 3))
    with orchestrator(broker, tmp_path, SLUICE_POLICY=str(file)):
        traffic.turn()
        traffic.turn()
        read_until(broker, Topic.DECISIONS, lambda found: len(found) >= known + 20, SECONDS)
    replace(file, written("strict", 0.01))
    after = load(file)
    with orchestrator(broker, tmp_path, SLUICE_POLICY=str(file)):
        traffic.finish()
        found = decisions(broker, known + 40)
    mine = [one for each in found.values() for one in each if one.request_id in traffic.asked]
    by_policy = Counter(decision.policy_digest for decision in mine)
    assert by_policy == {before.digest: 20, after.digest: 20}
