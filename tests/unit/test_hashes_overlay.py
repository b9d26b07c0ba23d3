"""What changed since the base: segments that stay few, and the newest of each entry."""

import random
from itertools import pairwise

import numpy as np
import pytest

from sluice.hashes.engine import engines
from sluice.hashes.listed import Listed
from sluice.hashes.overlay import Overlay
from sluice.hashes.segment import Segment
from tests.unit.hash_files import array, random_hashes, turned
from tests.unit.hash_store import minus, plus


def listed(number: int, pdq: bytes = b"", quality: int | None = None) -> Listed:
    return Listed(str(number), pdq, quality, b"" if pdq else number.to_bytes(16, "big"))


def test_adding_one_at_a_time_makes_few_segments_and_each_entry_is_moved_seldom() -> None:
    overlay, moved = Overlay(), 0
    for number in range(1000):
        before = {id(segment) for segment in overlay.segments}
        overlay = overlay.changed([plus("partner", listed(number))])
        moved += sum(len(segment) for segment in overlay.segments if id(segment) not in before)
        assert len(overlay.segments) <= 6
    sizes = [len(segment) for segment in overlay.segments]
    assert sum(sizes) == 1000
    assert all(one >= 4 * other for one, other in pairwise(sizes))
    assert moved < 20 * 1000


def test_what_was_replaced_or_removed_is_passed_over_and_dropped_when_segments_merge() -> None:
    overlay = Overlay().changed([plus("partner", listed(number)) for number in range(100)])
    digest = listed(7).md5
    assert list(overlay.same("md5", digest)) == [("partner", "7")]
    changed = overlay.changed([minus("partner", "7"), plus("partner", Listed("8", md5=digest))])
    assert list(changed.same("md5", digest)) == [("partner", "8")]
    assert list(overlay.same("md5", digest)) == [("partner", "7")]
    assert (changed.added, changed.removed) == (99, 1)
    merged = changed.changed([plus("partner", listed(number)) for number in range(200, 300)])
    assert [len(segment) for segment in merged.segments] == [199]


def test_within_a_change_the_last_word_counts() -> None:
    one, other = Listed("a", md5=b"1" * 16), Listed("a", md5=b"2" * 16)
    overlay = Overlay().changed([plus("partner", one), minus("partner", "a"), plus("partner", other)])
    assert list(overlay.same("md5", one.md5)) == []
    assert list(overlay.same("md5", other.md5)) == [("partner", "a")]
    assert list(overlay.changed([plus("partner", one), minus("partner", "a")]).same("md5", one.md5)) == []


@pytest.mark.parametrize("engine", [engines()[0], engines()[-1]])
@pytest.mark.parametrize("count", [0, 1, 4095, 5000])
def test_a_segment_of_any_size_finds_what_is_near(engine: str, count: int) -> None:
    """From 4096 hashes on it has tables."""
    hashes = random_hashes(count)
    members = [("partner", listed(number, one, 60)) for number, one in enumerate(hashes)]
    members.append(("other", listed(count, hashes[0] if hashes else bytes(32), 50)))
    members.append(("plain", listed(count + 1, members[-1][1].pdq, 49)))
    segment = Segment(members, engine)
    source = random.Random(1)
    wanted = [turned(members[source.randrange(count + 1)][1].pdq, bits) for bits in (0, 9, 31, 32)]
    found = [(query, bank, one.id, distance) for query, (bank, one), distance in segment.near(array(wanted), 31)]
    expected = [
        (query, bank, one.id, distance)
        for query, value in enumerate(wanted)
        for bank, one in members[:-1]
        if (distance := int(np.bitwise_count(array([value]) ^ array([one.pdq])).sum())) <= 31
    ]
    assert sorted(found) == sorted(expected)
    assert len(expected) >= 3
