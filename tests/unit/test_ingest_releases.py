"""Releases: what a person sets free becomes one request of its own, and nothing else."""

import pytest

from ingest.releases import contents_topic, parse_release, released_contents
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.errors import PoisonError
from sluice.ids import released_id
from sluice.v1.release_pb2 import Release
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from tests.unit.build import OTHER_ID, REQUEST_ID, contents, text


def record(request_id: str = REQUEST_ID) -> Record:
    held = contents(text(), request_id=request_id)
    held.lane = LANE_BULK
    return Record(Topic.CONTENTS_BULK, 1, 5, request_id.encode(), held.SerializeToString(), 1000)


def test_a_released_request_has_an_id_of_its_own_and_time_of_its_own() -> None:
    found = released_contents(Release(request_id=REQUEST_ID), record(), released_at_ms=90_000, default_ms=5000)
    assert (found.request_id, found.released_from) == (released_id(REQUEST_ID), REQUEST_ID)
    assert (found.requested_at_ms, found.deadline_at_ms, found.lane) == (90_000, 95_000, LANE_INTERACTIVE)
    assert found.content_digest == contents(text()).content_digest


def test_what_a_breaker_had_softened_is_said_and_stays_said() -> None:
    found = released_contents(Release(request_id=REQUEST_ID), record(), 90_000, 5000, softened=("violence", "hate"))
    assert list(found.released_rules) == ["hate", "violence"]
    again = Record(Topic.CONTENTS, 1, 9, found.request_id.encode(), found.SerializeToString(), 95_000)
    second = released_contents(Release(request_id=found.request_id), again, 99_000, 5000, softened=("illicit",))
    assert list(second.released_rules) == ["hate", "illicit", "violence"]


def test_releasing_twice_is_the_same_request() -> None:
    assert released_id(REQUEST_ID) == released_id(REQUEST_ID) != released_id(OTHER_ID)


@pytest.mark.parametrize("found", [None, record(OTHER_ID)], ids=["gone", "of-another-request"])
def test_a_release_that_points_elsewhere_is_poison(found: Record | None) -> None:
    with pytest.raises(PoisonError, match="not there"):
        released_contents(Release(request_id=REQUEST_ID), found, 0, 0)


@pytest.mark.parametrize("value", [b"\xff\xff", b"", Release(request_id="17").SerializeToString()])
def test_what_is_no_release_is_poison(value: bytes) -> None:
    with pytest.raises(PoisonError):
        parse_release(value)


def test_the_lane_says_where_the_contents_lie() -> None:
    assert contents_topic(Release(lane=LANE_BULK)) is Topic.CONTENTS_BULK
    assert contents_topic(Release()) is Topic.CONTENTS
