"""Sealed bytes come back whole or not at all."""

import pytest

from sluice.vault.envelope import MOST_BYTES, Place, padded, seal, unseal
from sluice.vault.errors import TamperedError

KEY = bytes(range(32))
PLACE = Place("ab" * 32, 0, "body", 1)


@pytest.mark.parametrize("length", [0, 1, 1015, 1016, 1017, 5000, 1 << 20])
def test_what_was_sealed_comes_back(length: int) -> None:
    data = bytes(range(256)) * (length // 256) + bytes(length % 256)
    assert unseal(KEY, seal(KEY, data, PLACE), PLACE) == data


def test_every_bit_of_the_object_counts() -> None:
    sealed = bytearray(seal(KEY, b"harmless", PLACE))
    for bit in range(8 * len(sealed)):
        sealed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(TamperedError):
            unseal(KEY, bytes(sealed), PLACE)
        sealed[bit // 8] ^= 1 << bit % 8
    assert unseal(KEY, bytes(sealed), PLACE) == b"harmless"


@pytest.mark.parametrize("length", [0, 3, 4, 15, 16, 31, 32, 500])
def test_a_part_of_it_is_nothing(length: int) -> None:
    sealed = seal(KEY, b"harmless", PLACE)
    for some in (sealed[:length], sealed[length + 1 :], sealed + sealed[:length] + b"x"):
        with pytest.raises(TamperedError):
            unseal(KEY, some, PLACE)


@pytest.mark.parametrize(
    "other",
    [
        Place("ac" * 32, 0, "body", 1),
        Place("ab" * 32, 7, "body", 1),
        Place("ab" * 32, 0, "record", 1),
        Place("ab" * 32, 0, "body", 2),
    ],
)
def test_it_opens_nowhere_else(other: Place) -> None:
    with pytest.raises(TamperedError, match="not what was sealed there"):
        unseal(KEY, seal(KEY, b"harmless", PLACE), other)
    with pytest.raises(TamperedError):
        unseal(bytes(32), seal(KEY, b"harmless", PLACE), PLACE)


def test_the_same_bytes_never_look_the_same_twice() -> None:
    assert seal(KEY, b"harmless", PLACE) != seal(KEY, b"harmless", PLACE)


def test_sizes_tell_little() -> None:
    lengths = {len(seal(KEY, bytes(size), PLACE)) for size in range(1000)}
    assert len(lengths) == 1
    sizes = range(1025, 200_000)
    assert all(size <= padded(size) <= size * 1.12 for size in sizes)
    assert len({padded(size) for size in sizes}) < 150
    assert [padded(size) for size in (9, 1025, 65537)] == [1024, 1088, 67584]


def test_more_than_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        seal(KEY, bytes(MOST_BYTES + 1), PLACE)
