"""The newest decisions of each tenant."""

import random
import uuid

from gateway.follower_recent import Recent, Row, is_incident, row_of
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.v1.decision_pb2 import ACTION_BLOCK, Decision, Input, Reason
from sluice.v1.request_pb2 import LANE_BULK, STAGE_OUTPUT
from sluice.v1.verdict_pb2 import ContentResult, ListMatch


def row(number: int, tenant: str = "studio", at_ms: int = 0) -> Row:
    record = Record(Topic.DECISIONS, 0, number, b"", b"", at_ms or number)
    return row_of(Decision(request_id=str(uuid.UUID(int=number)), tenant=tenant), record)


def numbers(recent: Recent, tenant: str = "studio") -> list[int]:
    return [each.place[1] for each in recent.newest(tenant)]


def test_a_decision_on_a_line() -> None:
    decision = Decision(
        request_id="an id",
        action=ACTION_BLOCK,
        stage=STAGE_OUTPUT,
        lane=LANE_BULK,
        requested_at_ms=1000,
        reasons=[Reason(rule="b"), Reason(rule="a"), Reason(rule="b")],
        labels=["photoreal_person"],
        inputs=[Input(results=[ContentResult(matches=[ListMatch(kind="csam", test=True)])])],
    )
    found = row_of(decision, Record(Topic.DECISIONS, 3, 9, b"", b"", 1250))
    assert found == Row(
        request_id="an id",
        tenant="",
        at_ms=1250,
        took_ms=250,
        action="BLOCK",
        complete=False,
        stage="OUTPUT",
        bulk=True,
        rules=("b", "a"),
        labels=("photoreal_person",),
        incident=True,
        place=(3, 9),
    )


def test_a_name_list_is_no_incident() -> None:
    result = ContentResult(matches=[ListMatch(kind="artist")])
    assert not is_incident(Decision(inputs=[Input(results=[result])]))


def test_the_newest_come_first_whatever_the_order_of_reading() -> None:
    recent = Recent(most_rows=5)
    rows = [row(number) for number in range(1, 21)]
    random.Random(7).shuffle(rows)
    for each in rows:
        recent.add(each)
    assert numbers(recent) == [20, 19, 18, 17, 16]


def test_tenants_are_apart_and_the_quietest_is_forgotten_first() -> None:
    recent = Recent(most_tenants=2)
    recent.add(row(1, "one"))
    recent.add(row(2, "two"))
    recent.add(row(3, "one"))
    recent.add(row(4, "three"))
    assert (numbers(recent, "one"), numbers(recent, "two"), numbers(recent, "three")) == ([3, 1], [], [4])
