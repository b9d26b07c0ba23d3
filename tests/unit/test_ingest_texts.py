"""A text is judged as it is, or refused with its reason."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.texts import MOST_MARKS, read_text
from ingest.unreadable import UnreadableContentError
from sluice.text.folding import fold
from sluice.v1.contents_pb2 import (
    UNPROCESSABLE_EMPTY,
    UNPROCESSABLE_INVALID_TEXT,
    UNPROCESSABLE_TOO_LARGE,
    PreparedText,
    Unprocessable,
)


def refused(data: bytes, limit: int = 1000) -> Unprocessable.ValueType:
    with pytest.raises(UnreadableContentError) as caught:
        read_text(data, limit)
    return caught.value.reason


def test_a_text_is_normalised_and_folded() -> None:
    text = read_text("A Cafe\u0301 by the Sea".encode(), 1000)
    assert text.text == "A Café by the Sea"
    assert text.folded == fold("A Café by the Sea")


@pytest.mark.parametrize("data", [b"", b" \t\r\n", "\u00a0\u2003\u3000".encode()])
def test_blank_text_is_empty(data: bytes) -> None:
    assert refused(data) == UNPROCESSABLE_EMPTY


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"half a letter \xc3", id="cut"),
        pytest.param(b"\xed\xa0\x80", id="half of a pair"),
        pytest.param(b"\xc0\xaf", id="longer than needed"),
        pytest.param(b"a\0b", id="NUL"),
        pytest.param(("a" + "\u0301\u0316" * MOST_MARKS).encode(), id="heaped marks"),
        pytest.param(("a" + "\uff9e\u0301" * MOST_MARKS).encode(), id="heaped marks in disguise"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    assert refused(data) == UNPROCESSABLE_INVALID_TEXT


def test_the_limit_counts_bytes() -> None:
    assert read_text("é".encode() * 5, 10).text == "é" * 5
    assert refused("é".encode() * 5 + b"e", 10) == UNPROCESSABLE_TOO_LARGE


def test_a_text_that_unfolds_without_bounds_is_refused() -> None:
    # One ligature of three bytes stands for eighteen letters.
    assert refused("\ufdfa".encode() * 300) == UNPROCESSABLE_TOO_LARGE


def test_joking_with_marks_is_allowed() -> None:
    assert read_text(("z" + "\u0301" * 30 + "algo").encode(), 1000).text


def read_or_refused(text: str) -> PreparedText | Unprocessable.ValueType:
    try:
        return read_text(text.encode("utf-8", "surrogatepass"), 1000)
    except UnreadableContentError as error:
        return error.reason


@given(st.text(min_size=1, max_size=80))
def test_every_text_is_read_or_refused(text: str) -> None:
    answer = read_or_refused(text)
    if isinstance(answer, PreparedText):
        assert unicodedata.is_normalized("NFC", answer.text)
    else:
        assert answer in {UNPROCESSABLE_EMPTY, UNPROCESSABLE_INVALID_TEXT}
