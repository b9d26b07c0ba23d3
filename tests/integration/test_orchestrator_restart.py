"""The orchestrator alone on a real broker, killed while it works: every request is decided, and once.

The contents and verdicts are made by the test, so that what each decision should be is known; the broker, the process
and the kills are real.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.bus.clients import plain_producer
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.ids import new_request_id, partition_for
from sluice.settings import KafkaSettings
from sluice.v1.asset_pb2 import ApprovedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from tests.integration.orchestrator_alone import CHECKS, PARTITIONS, answer, ask, own_broker, send, send_all, start
from tests.integration.topics import read_until

REQUESTS = 300


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with own_broker(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


def test_killed_while_it_works_every_request_is_decided_once(broker: KafkaSettings, tmp_path: Path) -> None:
    dice = random.Random(20)
    expected: dict[str, int] = {}
    producer = plain_producer(broker, {"linger.ms": 0})
    process = start(broker, tmp_path)
    kills = sorted(dice.sample(range(20, REQUESTS), 4))
    for number in range(REQUESTS):
        request_id = new_request_id()
        bad = dice.random() < 0.3
        silent = dice.random() < 0.05
        expected[request_id] = ACTION_BLOCK if bad or silent else ACTION_ALLOW
        asked = ask(request_id, now_ms() + (1500 if silent else 60_000))
        offset = send(producer, Topic.CONTENTS, request_id, asked.SerializeToString())
        if dice.random() < 0.1:
            send(producer, Topic.CONTENTS, request_id, asked.SerializeToString())
        for check in CHECKS[:-1] if silent else CHECKS:
            score = 0.99 if bad and check == "image" else 0.01
            for _ in range(2 if dice.random() < 0.1 else 1):
                send(producer, Topic.VERDICTS, request_id, answer(check, request_id, offset, score))
        if number in kills:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = start(broker, tmp_path)
    try:
        records = read_until(broker, Topic.DECISIONS, lambda found: len(found) >= REQUESTS, 90)
        time.sleep(3)
        records = read_until(broker, Topic.DECISIONS, lambda found: len(found) > REQUESTS, 3)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    decisions = [Decision.FromString(record.value) for record in records]
    counted = Counter(decision.request_id for decision in decisions)
    assert set(counted) == set(expected)
    assert set(counted.values()) == {1}
    assert {d.request_id: d.action for d in decisions} == expected
    approved = [
        ApprovedAsset.FromString(record.value)
        for record in read_until(broker, Topic.APPROVED, lambda found: len(found) > REQUESTS, 2)
    ]
    allowed = sorted(request_id for request_id, action in expected.items() if action == ACTION_ALLOW)
    assert sorted(asset.request_id for asset in approved) == allowed


def test_a_deadline_that_passed_while_it_was_down_does_not_outdate_verdicts_in_time(
    broker: KafkaSettings, tmp_path: Path
) -> None:
    """Verdicts that were appended in time count, however late they are read."""
    producer = plain_producer(broker)
    request_id = new_request_id()
    # Far enough away that a machine which stands still for seconds has sent everything in time.
    deadline = now_ms() + 10_000
    asked = ask(request_id, deadline)
    offset = send(producer, Topic.CONTENTS, request_id, asked.SerializeToString())
    for check in CHECKS:
        send(producer, Topic.VERDICTS, request_id, answer(check, request_id, offset))
    time.sleep(max(0.0, (deadline - now_ms()) / 1000 + 0.5))
    process = start(broker, tmp_path)
    try:
        mine = request_id.encode()
        records = read_until(broker, Topic.DECISIONS, lambda found: any(r.key == mine for r in found), 60)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    (decision,) = (Decision.FromString(record.value) for record in records if record.key == mine)
    assert (decision.action, decision.complete) == (ACTION_ALLOW, True)


def test_more_decided_than_remembered_while_one_waits_is_not_decided_again(
    broker: KafkaSettings, tmp_path: Path
) -> None:
    """A slow request holds the low-water mark; after a restart everything behind it is read again."""
    least = {"SLUICE_REMEMBER_IDS": "1000"}
    producer = plain_producer(broker)
    deadline = now_ms() + 60_000
    ids = [new_request_id() for _ in range(6000)]
    partition = partition_for(ids[0], PARTITIONS)
    ids = [one for one in ids if partition_for(one, PARTITIONS) == partition]
    assert len(ids) > 1200
    slow, rest = ids[0], ids[1:]
    offsets = send_all(producer, Topic.CONTENTS, {one: ask(one, deadline).SerializeToString() for one in ids})
    process = start(broker, tmp_path, **least)
    for check in CHECKS:
        send_all(producer, Topic.VERDICTS, {one: answer(check, one, offsets[one]) for one in rest})
    wanted = {one.encode() for one in rest}

    def mine(records: list[Record]) -> list[Record]:
        return [record for record in records if record.key in wanted or record.key == slow.encode()]

    assert len(mine(read_until(broker, Topic.DECISIONS, lambda r: len(mine(r)) >= len(rest), 60))) == len(rest)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process = start(broker, tmp_path, **least)
    for check in CHECKS:
        send(producer, Topic.VERDICTS, slow, answer(check, slow, offsets[slow]))
    try:
        read_until(broker, Topic.DECISIONS, lambda r: any(one.key == slow.encode() for one in r), 60)
        time.sleep(2)
        found = mine(read_until(broker, Topic.DECISIONS, lambda r: len(mine(r)) > len(ids), 3))
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert Counter(record.key for record in found) == Counter(one.encode() for one in ids)
    assert {Decision.FromString(record.value).action for record in found} == {ACTION_ALLOW}
