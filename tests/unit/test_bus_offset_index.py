"""Where records lie, by request id: the newest of each partition for sure, and not many more."""

from uuid import UUID

from sluice.bus.offset_index import OffsetIndex


def name(number: int) -> str:
    return str(UUID(int=number))


def test_an_id_is_found_where_it_was_last_seen() -> None:
    index = OffsetIndex(100)
    index.add(0, name(1), 5)
    index.add(0, name(1), 9)
    assert index.find(0, name(1)) == 9
    assert index.find(0, name(2)) is None
    assert index.find(1, name(1)) is None


def test_the_newest_of_each_partition_are_kept_and_the_memory_is_bounded() -> None:
    index = OffsetIndex(100)
    index.add(1, name(7), 70)
    for number in range(1000):
        index.add(0, name(number), number)
    known = [number for number in range(1000) if index.find(0, name(number)) is not None]
    assert known[-100:] == list(range(900, 1000))
    assert len(known) <= 117
    assert index.find(1, name(7)) == 70


def test_an_id_that_comes_again_is_kept_as_a_new_one() -> None:
    index = OffsetIndex(16)
    index.add(0, name(0), 0)
    for number in range(1, 16):
        index.add(0, name(number), number)
    index.add(0, name(0), 99)
    for number in range(16, 30):
        index.add(0, name(number), number)
    assert index.find(0, name(0)) == 99


def test_what_is_no_id_is_not_kept() -> None:
    index = OffsetIndex(16)
    index.add(0, "not an id", 1)
    assert index.find(0, "not an id") is None
