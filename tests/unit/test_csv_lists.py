"""The reader that lists of every kind share."""

import io
from pathlib import Path

import pytest

from sluice.csv_lists import LONGEST_LINE, rows, text_lines

FILE = Path("list.csv")


def read(data: bytes) -> tuple[list[tuple[int, list[str]]], list[str], int]:
    """Rows, problems, bytes."""
    told: list[str] = []
    counts: list[int] = []
    found = list(rows(FILE, text_lines(FILE, io.BytesIO(data), told.append, counts.append), told.append))
    return found, told, sum(counts)


def test_rows_come_with_the_line_that_they_end_on() -> None:
    data = b'\xef\xbb\xbfa, b \r\n\r\n"c\nd",e\nf'
    assert read(data) == ([(1, ["a", "b"]), (4, ["c\nd", "e"]), (5, ["f"])], [], len(data))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'a\n"b', "list.csv:3: not CSV"),
        (b'a\n"b"c\n', "list.csv:2: not CSV"),
        (b"a\n\xff\n", "list.csv:2: not UTF-8"),
        (b"a\n" + b"b" * (LONGEST_LINE + 1), "list.csv:2: a line of more than 65536 bytes"),
    ],
)
def test_what_cannot_be_read_ends_the_rows(data: bytes, problem: str) -> None:
    found, told, _ = read(data + b"\nlast\n")
    assert (found, told[:1]) == ([(1, ["a"])], [problem])


def test_the_longest_line_is_read() -> None:
    ((_, (cell,)),), told, _ = read(b"b" * (LONGEST_LINE - 1) + b"\n")
    assert (len(cell), told) == (LONGEST_LINE - 1, [])
