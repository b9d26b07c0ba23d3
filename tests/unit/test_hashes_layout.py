"""Headers are read back as they were written, and nothing else is read at all."""

import random
import struct

import pytest

from sluice.hashes.layout import HEADER_BYTES, HashFileError, Layout, Section, decode, encode, lay_out

SECTIONS = [Section("one", 1, 5), Section("two", 4, 0), Section("three", 32, 640)]


def whole(layout: Layout) -> bytearray:
    return bytearray(encode(layout)).ljust(layout.length, b"\0")


def test_read_back_as_written() -> None:
    layout = lay_out(SECTIONS)
    data = whole(layout)
    found = decode(memoryview(data))
    assert found.sections == layout.sections
    assert found.digest == bytes(data[32:64])
    for section in found.sections.values():
        assert section.offset % 64 == 0
        assert section.offset + section.length <= found.length


def test_no_sections_at_all() -> None:
    assert decode(memoryview(whole(lay_out([])))).sections == {}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data[:40], "too short"),
        (lambda data: b"PK" + data[2:], "not a file of hashes"),
        (lambda data: data[:8] + struct.pack("<I", 2) + data[12:], "version 2 of the format"),
        (lambda data: data + bytes(1), "cut off or added to"),
        (lambda data: data[:-1], "cut off or added to"),
        (lambda data: data[:12] + struct.pack("<I", 1 << 31) + data[16:], "makes no sense"),
    ],
)
def test_what_is_wrong_is_told(change: object, told: str) -> None:
    assert callable(change)
    with pytest.raises(HashFileError, match=told):
        decode(memoryview(change(bytes(whole(lay_out(SECTIONS))))))


def test_every_flipped_bit_of_header_and_table_is_seen() -> None:
    data = whole(lay_out(SECTIONS))
    for bit in range(8 * len(encode(lay_out(SECTIONS)))):
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(HashFileError):
            decode(memoryview(data))
        data[bit // 8] ^= 1 << bit % 8


def hostile(**change: object) -> memoryview:
    """A file whose header is sound but says one thing that cannot be."""
    layout = lay_out(SECTIONS)
    sections = {name: Section(name, one.element, one.length, one.offset) for name, one in layout.sections.items()}
    old = sections["three"]
    changed = {"name": "three", "element": old.element, "length": old.length, "offset": old.offset, **change}
    sections["three"] = Section(**changed)  # type: ignore[arg-type]  # any value may be put into a hostile file
    return memoryview(whole(Layout(sections, layout.length, b"")))


@pytest.mark.parametrize(
    "change",
    [
        {"offset": 0},
        {"offset": (1 << 64) - 64},
        {"offset": 320},
        {"length": (1 << 64) - 32},
        {"length": 641},
        {"length": 672},
        {"element": 0},
        {"element": 7},
        {"name": "one"},
        {"name": "Three"},
        {"name": ""},
        {"name": "a\0b"},
    ],
)
def test_sections_outside_the_file_or_over_each_other_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(HashFileError):
        decode(hostile(**change))


def test_random_tables_under_a_sound_checksum_never_lie_outside() -> None:
    source = random.Random(7)
    for _ in range(300):
        sections = {
            str(number): Section("x" * number, 4, 4 * source.randrange(200), 64 * source.randrange(16))
            for number in range(1, 4)
        }
        data = memoryview(bytearray(encode(Layout(sections, 1024, b""))).ljust(1024, b"\0"))
        with pytest.raises(HashFileError):
            decode(data)


def test_the_header_is_64_bytes() -> None:
    assert HEADER_BYTES == 64
