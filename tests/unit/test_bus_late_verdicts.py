"""Which verdicts of the log count for a decision that was made without them."""

import pytest

from orchestrator.stream import MOST_VERDICT_BYTES as ORCHESTRATORS
from sluice.bus.late_verdicts import MOST_VERDICT_BYTES, matched
from sluice.bus.record import Record
from sluice.ids import partition_for
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from sluice.v1.verdict_pb2 import Verdict
from tests.unit.build import OTHER_ID, REQUEST_ID, result, verdict

PARTITIONS = 4
OURS = partition_for(REQUEST_ID, PARTITIONS)
DECISION = Decision(request_id=REQUEST_ID, lane=LANE_INTERACTIVE, contents_offset=7, deadline_at_ms=2000)


def record(found: Verdict, at_ms: int = 1500, partition: int | None = None, key: str = REQUEST_ID) -> Record:
    number = partition_for(key, PARTITIONS) if partition is None else partition
    return Record("moderation.verdicts", number, 0, key.encode(), found.SerializeToString(), at_ms)


def test_the_first_of_each_check_counts_until_the_deadline() -> None:
    first, second = verdict("image", result("c0"), contents_offset=7), verdict("image", contents_offset=7)
    person = verdict("person", contents_offset=7)
    records = [record(first), record(second), record(person, at_ms=2000)]
    assert matched(records, [DECISION], PARTITIONS) == [{"image": first, "person": person}]


@pytest.mark.parametrize(
    "other",
    [
        record(verdict("image", contents_offset=7), at_ms=2001),
        record(verdict("image", contents_offset=8)),
        record(verdict("image", contents_offset=7, lane=LANE_BULK)),
        record(verdict("image", contents_offset=7, request_id=OTHER_ID)),
        record(verdict("image", contents_offset=7), key=OTHER_ID),
        record(verdict("image", contents_offset=7), partition=(OURS + 1) % PARTITIONS),
        Record("moderation.verdicts", OURS, 0, REQUEST_ID.encode(), b"\xff", 1500),
        record(verdict("image", *[result("c0")] * 40_000, contents_offset=7)),
    ],
    ids=["late", "copy", "lane", "id", "key", "partition", "garbage", "size"],
)
def test_what_does_not_count(other: Record) -> None:
    good = verdict("image", contents_offset=7)
    assert matched([other, record(good)], [DECISION], PARTITIONS) == [{"image": good}]
    assert matched([other], [DECISION], PARTITIONS) == [{}]


def test_each_decision_gets_its_own() -> None:
    second = Decision(request_id=OTHER_ID, lane=LANE_INTERACTIVE, contents_offset=3, deadline_at_ms=2000)
    found = verdict("image", contents_offset=3, request_id=OTHER_ID)
    assert matched([record(found, key=OTHER_ID)], [DECISION, second], PARTITIONS) == [{}, {"image": found}]


def test_as_large_as_the_orchestrator_takes() -> None:
    assert MOST_VERDICT_BYTES == ORCHESTRATORS
