"""The delta's frames: what a writer that died left is passed over, damage is not."""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.hashes.change import MOST_OPS, Change, HashStoreError, Op, decode_change, encode_change
from sluice.hashes.delta import FRAME, Place, frame, read_frames, seed
from sluice.hashes.listed import Listed

LISTED = Listed("a", bytes(range(32)), 97, b"m" * 16, b"s" * 20, b"S" * 32)
CHANGES = [
    Change(1, (Op("partner", "a", LISTED), Op("partner", "b", None))),
    Change(2, (), {"partner": 17}),
    Change(3, (Op("other", "c", Listed("c", md5=b"c" * 16)),)),
]
START = Place(0, seed(b"", 0))


def framed(start: Place = START) -> list[bytes]:
    found = []
    for change in CHANGES:
        data, start = frame(start, change)
        found.append(data)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path / "delta", os.O_RDWR | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


def read(file: int, data: bytes, start: Place = START) -> list[Change]:
    os.ftruncate(file, 0)
    os.pwrite(file, data, 0)
    return [change for change, _ in read_frames(file, start)]


def test_changes_come_back_as_they_were(file: int) -> None:
    assert read(file, b"".join(framed())) == CHANGES


def test_cut_off_anywhere_the_whole_frames_before_are_read(file: int) -> None:
    parts = framed()
    whole = b"".join(parts)
    ends = [sum(map(len, parts[:count])) for count in range(4)]
    for length in range(len(whole)):
        assert read(file, whole[:length]) == CHANGES[: sum(end <= length for end in ends) - 1], length


@pytest.mark.parametrize("count", [1, FRAME - 1, FRAME, 5000])
def test_room_that_a_write_took_is_passed_over(file: int, count: int) -> None:
    assert read(file, b"".join(framed()) + bytes(count)) == CHANGES


def test_a_last_frame_whose_pages_are_not_all_there_is_passed_over(file: int) -> None:
    one, two, three = framed()
    assert read(file, one + two + three[:-4] + bytes(4)) == CHANGES[:2]


def test_any_changed_byte_before_the_last_frame_is_damage(file: int) -> None:
    one, two, three = framed()
    for at in range(len(one)):
        hurt = one[:at] + bytes([one[at] ^ 0x40]) + one[at + 1 :]
        with pytest.raises(HashStoreError, match="damaged at byte 0: build the store anew"):
            read(file, hurt + two + three)


def test_frames_of_another_delta_or_in_another_order_are_none(file: int) -> None:
    one, two, three = framed()
    for data in (two + one + three, one + three + two, one + one + two):
        with pytest.raises(HashStoreError, match="damaged"):
            read(file, data)
    with pytest.raises(HashStoreError, match="damaged"):
        read(file, b"".join(framed(Place(0, seed(b"", 1)))))


def test_reading_goes_on_where_it_stopped(file: int) -> None:
    one, two, three = framed()
    os.pwrite(file, one + two[:9], 0)
    ((change, place),) = read_frames(file, START)
    assert (change, place.offset) == (CHANGES[0], len(one))
    assert list(read_frames(file, place)) == []
    os.pwrite(file, two + three, len(one))
    assert [change for change, _ in read_frames(file, place)] == CHANGES[1:]


def test_a_frame_that_says_it_is_huge_is_damage(file: int) -> None:
    fixed = struct.pack("<4sI", b"SLXD", (16 << 20) + 1)
    with pytest.raises(HashStoreError, match="damaged"):
        read(file, fixed + struct.pack("<I", zlib.crc32(fixed)) + bytes(32))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"at":1,"ops":[],"fresh":[]}',
        b'{"at":-1,"ops":[],"fresh":{}}',
        b'{"at":true,"ops":[],"fresh":{}}',
        b'{"at":1,"ops":[["p"]],"fresh":{}}',
        b'{"at":1,"ops":[["p",""]],"fresh":{}}',
        b'{"at":1,"ops":[["p",3]],"fresh":{}}',
        b'{"at":1,"ops":[["P","a"]],"fresh":{}}',
        b'{"at":1,"ops":[[3,"a"]],"fresh":{}}',
        b'{"at":1,"ops":[["p","a",{"id":"a"}]],"fresh":{}}',
        b'{"at":1,"ops":[["p","a",{"id":"b","md5":"' + b"00" * 16 + b'"}]],"fresh":{}}',
        b'{"at":1,"ops":[["p","a",{"id":"a","md5":"0"}]],"fresh":{}}',
        b'{"at":1,"ops":[["p","a","id"]],"fresh":{}}',
        b'{"at":1,"ops":[],"fresh":{"p":"now"}}',
        b'{"at":1,"ops":[],"fresh":{"P":1}}',
    ],
)
def test_what_is_no_change_is_refused(data: bytes) -> None:
    with pytest.raises(HashStoreError, match="is no change of lists"):
        decode_change(data)


def test_a_change_has_bounds() -> None:
    many = Change(1, tuple(Op("p", str(number), None) for number in range(MOST_OPS + 1)))
    with pytest.raises(ValueError, match="more than 20000 entries"):
        encode_change(many)
    assert decode_change(encode_change(Change(1, many.ops[1:]))).ops == many.ops[1:]
