"""Which record is worked next."""

from sluice.bus.record import Record
from sluice.host.lanes import Lanes

FAST, SLOW, SLOWER = "fast", "slow", "slower"


def record(topic: str, offset: int = 0) -> Record:
    return Record(topic, 0, offset, b"", b"", 0)


def taken(lanes: Lanes) -> list[tuple[str, int]]:
    found = []
    while (one := lanes.take()) is not None:
        found.append((one.topic, one.offset))
    return found


def test_the_urgent_first_and_within_a_lane_the_oldest() -> None:
    lanes = Lanes((FAST, SLOW), slots=10)
    for one in (record(SLOW, 1), record(FAST, 5), record(SLOW, 2), record(FAST, 6)):
        lanes.put(one)
    assert taken(lanes) == [(FAST, 5), (FAST, 6), (SLOW, 1), (SLOW, 2)]


def test_others_leave_slots_free_for_the_urgent() -> None:
    lanes = Lanes((FAST, SLOW, SLOWER), slots=8)
    for offset in range(10):
        lanes.put(record(SLOW, offset))
        lanes.put(record(SLOWER, offset))
    assert taken(lanes) == [(SLOW, offset) for offset in range(6)]
    for offset in range(3):
        lanes.put(record(FAST, offset))
    assert taken(lanes) == [(FAST, 0), (FAST, 1)]
    lanes.give(record(SLOW))
    assert taken(lanes) == [(FAST, 2)]
    lanes.give(record(FAST))
    assert taken(lanes) == [(SLOW, 6)]


def test_the_urgent_may_have_every_slot() -> None:
    lanes = Lanes((FAST, SLOW), slots=4)
    for offset in range(6):
        lanes.put(record(FAST, offset))
    assert len(taken(lanes)) == 4


def test_one_slot_is_for_all() -> None:
    lanes = Lanes((FAST, SLOW), slots=1)
    lanes.put(record(SLOW))
    assert taken(lanes) == [(SLOW, 0)]


def test_what_waits_can_be_forgotten() -> None:
    lanes = Lanes((FAST,), slots=1)
    lanes.put(record(FAST))
    lanes.clear()
    assert taken(lanes) == []
