"""Places by request id, of the newest requests."""

import uuid

import pytest

from gateway.follower_places import MOST_VERDICTS, Places, PlacesIndex
from sluice.bus.topics import Topic

HOUR = 3_600_000


def an_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def test_what_is_added_is_found() -> None:
    index = PlacesIndex(100, HOUR)
    index.add(Topic.VERDICTS, 3, an_id(1), 2**40, 1000)
    index.add(Topic.DECISIONS, 3, an_id(1), 0, 3000)
    index.add(Topic.VERDICTS, 3, an_id(1), 7, 2000)
    index.add(Topic.SIGNED, 3, an_id(1), 9, 2500)
    assert index.find(an_id(1), 3000) == Places(3, 3000, 0, 9, (7, 2**40))
    assert index.find(an_id(1).upper(), 3000) is not None
    assert index.find(an_id(2), 3000) is None
    assert len(index) == 1


def test_what_is_read_again_changes_nothing() -> None:
    index = PlacesIndex(100, HOUR)
    for _ in range(3):
        index.add(Topic.VERDICTS, 0, an_id(1), 5, 1000)
        index.add(Topic.DECISIONS, 0, an_id(1), 6, 1000)
    assert index.find(an_id(1), 1000) == Places(0, 1000, 6, None, (5,))


@pytest.mark.parametrize("request_id", ["", "no id", "00000000-0000-0000-0000-00000000000", "ff", "zz" * 16])
def test_what_is_no_uuid_is_not_kept(request_id: str) -> None:
    index = PlacesIndex(100, HOUR)
    index.add(Topic.VERDICTS, 0, request_id, 5, 1000)
    assert len(index) == 0
    assert index.find(request_id, 1000) is None


@pytest.mark.parametrize("most", [8, 80, 1000])
def test_the_newest_are_kept_and_few_others(most: int) -> None:
    index = PlacesIndex(most, HOUR)
    for number in range(10 * most):
        index.add(Topic.DECISIONS, 0, an_id(number), number, 1000)
        assert len(index) <= most + -(-most // 8) + 1
    newest = range(9 * most, 10 * most)
    assert all(index.find(an_id(number), 1000) == Places(0, 1000, number) for number in newest)
    assert index.find(an_id(0), 1000) is None


def test_an_old_requests_new_record_joins_the_others() -> None:
    index = PlacesIndex(80, HOUR)
    index.add(Topic.DECISIONS, 0, an_id(1), 1, 1000)
    for number in range(2, 60):
        index.add(Topic.DECISIONS, 0, an_id(number), number, 1000)
    index.add(Topic.SIGNED, 0, an_id(1), 5, 2000)
    assert index.find(an_id(1), 2000) == Places(0, 2000, 1, 5)


def test_what_is_too_old_is_not_found() -> None:
    index = PlacesIndex(100, HOUR)
    index.add(Topic.DECISIONS, 0, an_id(1), 1, 1000)
    assert index.find(an_id(1), 1000 + HOUR) is not None
    assert index.find(an_id(1), 1001 + HOUR) is None


def test_verdicts_of_one_request_are_bounded() -> None:
    index = PlacesIndex(100, HOUR)
    for offset in range(1000):
        index.add(Topic.VERDICTS, 0, an_id(1), offset, 1000)
    found = index.find(an_id(1), 1000)
    assert found is not None
    assert found.verdicts == tuple(range(MOST_VERDICTS))
