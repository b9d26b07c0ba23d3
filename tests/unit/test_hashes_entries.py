"""Runs of entries that make no sense are refused where they are made."""

import numpy as np
import pytest

from sluice.hashes.entries import MOST_ID, Column, Entries

HASHES = Column.of_all(np.zeros((2, 32), np.uint8))


def test_ids_as_text_and_as_an_array_are_packed_alike() -> None:
    text = Entries(["a", "", "ccc"]).packed_ids()
    cells = Entries(np.array([b"a", b"", b"ccc"])).packed_ids()
    assert text[0].tobytes() == cells[0].tobytes() == b"accc"
    assert text[1].tolist() == cells[1].tolist() == [1, 0, 3]


def test_ids_are_utf_8_and_short() -> None:
    assert Entries(["ü"]).packed_ids()[0].tobytes() == "ü".encode()
    with pytest.raises(ValueError, match="an id has more than"):
        Entries(["x" * (MOST_ID + 1)]).packed_ids()


def test_one_bank_for_all_or_one_each() -> None:
    assert Entries(["a", "b"], 7).bank_numbers().tolist() == [7, 7]
    assert Entries(["a", "b"], np.array([1, 2], np.uint16)).bank_numbers().tolist() == [1, 2]
    with pytest.raises(ValueError, match="banks"):
        Entries(["a", "b"], np.array([1], np.uint16))


@pytest.mark.parametrize(
    "column",
    [
        Column(np.array([0], np.uint32), np.zeros((1, 31), np.uint8)),
        Column(np.array([0], np.uint32), np.zeros((2, 32), np.uint8)),
        Column(np.array([0], np.int64), np.zeros((1, 32), np.uint8)),
        Column(np.array([0], np.uint32), np.zeros((1, 32), np.int8)),
        Column(np.array([2], np.uint32), np.zeros((1, 32), np.uint8)),
    ],
)
def test_columns_of_another_shape_type_or_reach_are_refused(column: Column) -> None:
    with pytest.raises(ValueError, match="pdq"):
        Entries(["a", "b"], 0, column)
    with pytest.raises(ValueError, match="sha256"):
        Entries(["a", "b"], known={"sha256": column})


def test_other_kinds_of_digests_are_refused() -> None:
    with pytest.raises(ValueError, match="'crc32'"):
        Entries(["a", "b"], known={"crc32": HASHES})


def test_qualities_are_one_for_each_hash() -> None:
    with pytest.raises(ValueError, match="qualities"):
        Entries(["a", "b"], 0, HASHES, np.zeros(3, np.uint8))
