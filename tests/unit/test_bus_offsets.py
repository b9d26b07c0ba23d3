"""How far a partition has been worked off, and what a successor learns of it from a commit."""

import base64
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.bus.offsets import MOST_AHEAD, OffsetTracker, decode, encode

MOST_METADATA = 4096
"""Characters that a broker takes: its default for `offset.metadata.max.bytes`."""


def test_nothing_read_is_nothing_to_commit() -> None:
    assert OffsetTracker().mark() is None
    assert OffsetTracker().position() is None


def test_the_mark_waits_for_the_oldest() -> None:
    tracker = OffsetTracker()
    for offset in (5, 6, 9):
        assert tracker.start(offset)
    tracker.done(6)
    assert tracker.mark() == 5
    tracker.done(5)
    assert tracker.mark() == 9
    tracker.done(9)
    assert (tracker.mark(), tracker.metadata()) == (10, "")


def test_in_any_order_the_end_is_the_same_and_the_mark_never_falls() -> None:
    order = list(range(200))
    random.Random(7).shuffle(order)
    tracker = OffsetTracker()
    for offset in range(200):
        tracker.start(offset)
    marks = []
    for offset in order:
        tracker.done(offset)
        marks.append(tracker.mark() or 0)
    assert marks == sorted(marks)
    assert tracker.mark() == 200


def test_a_successor_skips_what_is_done_above_the_mark() -> None:
    tracker = OffsetTracker()
    for offset in range(10, 20):
        tracker.start(offset)
    for offset in (11, 15, 19):
        tracker.done(offset)
    resumed = OffsetTracker.resume(tracker.mark() or 0, tracker.metadata())
    assert resumed.position() == 10
    assert [offset for offset in range(10, 22) if not resumed.start(offset)] == [11, 15, 19]
    assert resumed.mark() == 10


def test_a_copy_goes_its_own_way() -> None:
    tracker = OffsetTracker()
    tracker.start(0)
    copy = tracker.copy()
    copy.done(0)
    assert (copy.mark(), tracker.mark()) == (1, 0)


def test_reading_stops_before_the_metadata_would_be_too_long() -> None:
    tracker = OffsetTracker()
    dice = random.Random(1)
    offset = 0
    tracker.start(offset)
    while tracker.reachable(offset + 1):
        offset += 1
        tracker.start(offset)
        # Noise is what compresses worst.
        if dice.random() < 0.5:
            tracker.done(offset)
    assert offset == MOST_AHEAD - 1
    assert MOST_AHEAD / 8 < len(tracker.metadata()) < MOST_METADATA
    tracker.done(0)
    assert tracker.reachable(offset + 1)


def test_a_gap_of_any_width_is_no_obstacle_where_nothing_is_in_hand() -> None:
    tracker = OffsetTracker.resume(5, encode(0b10))
    assert tracker.reachable(10**9)
    assert tracker.start(10**9)
    assert tracker.mark() == 10**9


def test_a_log_that_was_made_anew_is_worked_from_its_start() -> None:
    tracker = OffsetTracker.resume(500, encode(0b111))
    assert tracker.start(0)
    assert tracker.start(1)
    assert tracker.mark() == 0


HOSTILE = [
    "",
    "7,12",
    "1:",
    "1:!!!!",
    "1:" + base64.b64encode(b"not compressed").decode(),
    "2:" + encode(0b1010).removeprefix("1:"),
    encode(0b1010)[:-4],
    encode((1 << 90) - 1)[:-8],
    encode(0b1010) + "AAAA",
    "1:" + base64.b64encode(zlib.compress(b"\xff" * 3) + b"more").decode(),
    "1:" + base64.b64encode(zlib.compress(b"\xff" * (MOST_AHEAD // 8 + 1))).decode(),
    "1:" + base64.b64encode(zlib.compress(b"\x00" * 10_000_000)).decode(),
    "1:\udcff\U0001f600",
]


@pytest.mark.parametrize("metadata", HOSTILE)
def test_metadata_that_cannot_be_read_says_that_nothing_is_done_above_the_mark(metadata: str) -> None:
    assert decode(metadata) == 0
    assert OffsetTracker.resume(7, metadata).start(8)


@given(st.text(max_size=200) | st.text(max_size=200).map(lambda text: "1:" + text))
def test_no_metadata_is_an_error(metadata: str) -> None:
    tracker = OffsetTracker.resume(7, metadata)
    tracker.start(7)
    assert tracker.mark() is not None


@given(st.integers(0, (1 << MOST_AHEAD) - 1))
def test_what_is_written_is_read(done: int) -> None:
    assert decode(encode(done)) == done
    assert len(encode(done)) < MOST_METADATA


@settings(max_examples=300)
@given(st.sets(st.integers(0, 60), min_size=1), st.integers())
def test_whatever_dies_when_every_record_is_committed_once(offsets: set[int], seed: int) -> None:
    """A log with gaps; workers read on, finish in any order, commit any part of it in one transaction, and die."""
    log, dice = sorted(offsets), random.Random(seed)
    committed: list[int] = []
    stored: tuple[int, str] = (-1, "")
    while len(committed) < len(log):
        tracker = OffsetTracker.resume(*stored)
        begin = tracker.position() or 0
        in_hand: list[int] = []
        waiting = [offset for offset in log if offset >= begin]
        for _ in range(dice.randrange(40)):
            if waiting and dice.random() < 0.7:
                offset = waiting.pop(0)
                if tracker.start(offset):
                    in_hand.append(offset)
            elif in_hand:
                batch = dice.sample(in_hand, dice.randint(1, len(in_hand)))
                after = tracker.copy()
                for offset in batch:
                    after.done(offset)
                if dice.random() < 0.3:
                    # The transaction failed: nothing of it counts, and the batch is still in hand.
                    continue
                mark = after.mark()
                assert mark is not None
                assert mark >= stored[0]
                stored = mark, after.metadata()
                committed += batch
                in_hand = [offset for offset in in_hand if offset not in batch]
                for offset in batch:
                    tracker.done(offset)
    assert sorted(committed) == log
