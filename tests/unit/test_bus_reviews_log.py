"""Reviews and their resolutions, as the log holds them."""

import asyncio

import pytest

from sluice.bus.find import Find
from sluice.bus.record import Record
from sluice.bus.reviews_log import KEPT_DAYS, Case, age_ms, cases, counting, kept_contents
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.ids import partition_for
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from sluice.v1.resolution_pb2 import RESOLUTION_OUTCOME_UPHELD, Resolution
from sluice.v1.review_pb2 import Review
from tests.unit.build import OTHER_ID, REQUEST_ID, contents, text

PARTITIONS = 4
HOME = partition_for(REQUEST_ID, PARTITIONS)


def resolution(offset: int, by: str, partition: int = HOME, request_id: str = REQUEST_ID, key: str = "") -> Record:
    value = Resolution(request_id=request_id, resolved_by=by, outcome=RESOLUTION_OUTCOME_UPHELD)
    key = key or request_id
    return Record(Topic.RESOLUTIONS, partition, offset, key.encode(), value.SerializeToString(), 1000 + offset)


def review(request_id: str = REQUEST_ID) -> Record:
    value = Review(request_id=request_id, rules=["mine"])
    partition = partition_for(request_id, PARTITIONS)
    return Record(Topic.REVIEWS, partition, 5, request_id.encode(), value.SerializeToString(), 900)


def test_the_first_record_of_a_request_counts() -> None:
    found = counting([resolution(3, "first"), resolution(4, "second")], PARTITIONS)
    assert (found[REQUEST_ID].resolution.resolved_by, found[REQUEST_ID].offset) == ("first", 3)
    assert found[REQUEST_ID].at_ms == 1003


def test_what_lies_elsewhere_or_under_another_key_does_not_count() -> None:
    elsewhere = resolution(0, "elsewhere", partition=(HOME + 1) % PARTITIONS)
    other_key = resolution(1, "other key", key=OTHER_ID)
    broken = Record(Topic.RESOLUTIONS, HOME, 2, REQUEST_ID.encode(), b"\xff\xff", 1000)
    assert counting([elsewhere, other_key, broken], PARTITIONS) == {}
    found = counting([elsewhere, other_key, broken, resolution(3, "first")], PARTITIONS)
    assert found[REQUEST_ID].resolution.resolved_by == "first"


def test_a_case_is_open_until_it_is_resolved() -> None:
    resolved = counting([resolution(3, "kim")], PARTITIONS)
    first, second = cases([review(), review(OTHER_ID)], resolved)
    assert (first.review.request_id, first.partition, first.at_ms) == (REQUEST_ID, HOME, 900)
    assert first.resolved == resolved[REQUEST_ID]
    assert second.resolved is None
    assert list(cases([Record(Topic.REVIEWS, 0, 0, b"", b"\xff\xff", 1)], {})) == []


@pytest.mark.parametrize(("lane", "topic"), [(LANE_INTERACTIVE, Topic.CONTENTS), (LANE_BULK, Topic.CONTENTS_BULK)])
def test_contents_are_where_the_review_says(lane: int, topic: Topic) -> None:
    held = contents(text())
    place = (topic, HOME, 7)

    def find(key: str) -> Find:
        async def found(*asked: object) -> Record | None:
            return Record(topic, HOME, 7, key.encode(), held.SerializeToString(), 1) if asked == place else None

        return found

    case = Case(HOME, 900, Review(request_id=REQUEST_ID, lane=lane, contents_offset=7))  # type: ignore[arg-type] # a number
    assert asyncio.run(kept_contents(case, find(REQUEST_ID))) == held
    # Retention has taken it, and something else lies there.
    assert asyncio.run(kept_contents(case, find(OTHER_ID))) is None
    case.review.contents_offset = 8
    assert asyncio.run(kept_contents(case, find(REQUEST_ID))) is None


def test_ages() -> None:
    assert 0 <= age_ms(Case(0, now_ms() - 5000, Review())) - 5000 < 5000
    # Another machine's clock.
    assert age_ms(Case(0, now_ms() + 60_000, Review())) == 0
    assert KEPT_DAYS == 28
