"""More than there is room for: memory is bounded, nothing stands still, and nothing is allowed for want of room."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluice.bus.clients import plain_producer
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.ids import new_request_id
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from tests.integration.orchestrator_alone import CHECKS, PARTITIONS, answer, ask, orchestrator, own_broker, send_all
from tests.integration.topics import read_until

ROOM = {"SLUICE_MAX_WAITING_REQUESTS": "100", "SLUICE_MAX_WAITING_BYTES": str(1 << 20)}
"""Of 4 partitions together: 25 requests each."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with own_broker(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


def decisions(kafka: KafkaSettings, ids: list[str], enough: int, seconds: float = 60.0) -> dict[str, Decision]:
    """What was decided of these, and once each."""
    wanted = {one.encode() for one in ids}

    def mine(records: list[Record]) -> list[Record]:
        return [record for record in records if record.key in wanted]

    found = mine(read_until(kafka, Topic.DECISIONS, lambda records: len(mine(records)) >= enough, seconds))
    assert max(Counter(record.key for record in found).values(), default=1) == 1
    return {record.key.decode(): Decision.FromString(record.value) for record in found}


def test_a_backlog_larger_than_the_room_is_decided_by_its_verdicts(broker: KafkaSettings, tmp_path: Path) -> None:
    """Both logs are full before the loop begins: it must take turns, and lose nothing where it stops reading."""
    producer = plain_producer(broker)
    ids = [new_request_id() for _ in range(3000)]
    deadline = now_ms() + 120_000
    offsets = send_all(producer, Topic.CONTENTS, {one: ask(one, deadline).SerializeToString() for one in ids})
    for check in CHECKS:
        send_all(producer, Topic.VERDICTS, {one: answer(check, one, offsets[one]) for one in ids})
    with orchestrator(broker, tmp_path, **ROOM):
        found = decisions(broker, ids, len(ids))
    assert len(found) == len(ids)
    shed = [one for one in found.values() if any(reason.rule == "overloaded" for reason in one.reasons)]
    assert all(one.action == ACTION_BLOCK and not one.complete for one in shed)
    allowed = sum(one.action == ACTION_ALLOW for one in found.values())
    assert allowed + len(shed) == len(ids)
    # One check's answers lie thousands of records behind another's here, which no room of this size can bridge.
    assert allowed > 0


def test_a_backlog_in_the_order_of_work_is_decided_whole(broker: KafkaSettings, tmp_path: Path) -> None:
    producer = plain_producer(broker)
    ids = [new_request_id() for _ in range(3000)]
    deadline = now_ms() + 120_000
    offsets = send_all(producer, Topic.CONTENTS, {one: ask(one, deadline).SerializeToString() for one in ids})
    for at in range(0, len(ids), 20):
        for check in CHECKS:
            send_all(producer, Topic.VERDICTS, {one: answer(check, one, offsets[one]) for one in ids[at : at + 20]})
    with orchestrator(broker, tmp_path, **ROOM):
        found = decisions(broker, ids, len(ids))
    assert Counter(one.action for one in found.values()) == {ACTION_ALLOW: len(ids)}


def test_checks_that_are_far_behind_do_not_stop_it(broker: KafkaSettings, tmp_path: Path) -> None:
    producer = plain_producer(broker)
    waiting, more = ([new_request_id() for _ in range(600)] for _ in range(2))
    deadline = now_ms() + 120_000
    with orchestrator(broker, tmp_path, **ROOM):
        asked = {one: ask(one, deadline).SerializeToString() for one in waiting}
        offsets = send_all(producer, Topic.CONTENTS, asked)
        log = tmp_path / "orchestrator.log"
        assert wait_for(lambda: log.read_text().count("deciding without waiting") >= PARTITIONS)
        # No check has answered anything, and there is no room: what comes now is told so at once.
        offsets |= send_all(producer, Topic.CONTENTS, {one: ask(one, deadline).SerializeToString() for one in more})
        shed = decisions(broker, more, len(more))
        assert len(shed) == len(more)
        assert all(one.action == ACTION_BLOCK and not one.complete for one in shed.values())
        assert all(any(reason.rule == "overloaded" for reason in one.reasons) for one in shed.values())
        for check in CHECKS:
            send_all(producer, Topic.VERDICTS, {one: answer(check, one, offsets[one]) for one in waiting + more})
        found = decisions(broker, waiting, len(waiting))
    # Of the first wave, what had room waited for its answers; a batch that was read in two halves may have shed some.
    refused = [one for one in found.values() if one.action != ACTION_ALLOW]
    assert all(any(reason.rule == "overloaded" for reason in one.reasons) for one in refused)
    assert len(found) - len(refused) >= 100
    assert decisions(broker, more, len(more) + 1, 5) == shed


def wait_for(condition: Callable[[], bool], seconds: float = 90.0) -> bool:
    """Whether it became true in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
