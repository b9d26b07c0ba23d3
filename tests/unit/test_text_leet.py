"""Digits, signs and doubled letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.text.leet import readings, squeezed
from tests.unit.text_words import small_words

WORDS = small_words()


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("b()mb", "bomb"),
        ("|<1ll", "kill"),
        ("|\\|u|)3", "nude"),
        ("vvorld", "world"),
        ("photo", "foto"),
        ("53ll", "sell"),
        ("$e11", "sell"),
        ("h3r0", "hero"),
        ("k!ll", "kill"),
        ("8.0.m.8", "bomb"),
        ("|\\/|()\\/\\/", "mow"),
    ],
)
def test_signs_read_as_letters(token: str, word: str) -> None:
    assert word in readings(token)


@pytest.mark.parametrize("token", ["", "12", "16:9", "4k", "--", "日本", "!" * 1000])
def test_what_is_no_word_has_no_reading(token: str) -> None:
    assert readings(token) == []


@pytest.mark.parametrize(
    ("token", "word"),
    [("bommmb", "bomb"), ("kiilll", "kill"), ("bommb", "bomb"), ("llove", None), ("loove", None), ("looove", "love")],
)
def test_letters_written_too_often(token: str, word: str | None) -> None:
    assert squeezed(token, WORDS) == word


@given(st.text(alphabet="ab01|<>()/\\-_!@$vup.", max_size=40))
def test_readings_are_few_and_of_letters(token: str) -> None:
    found = readings(token)
    assert len(found) <= 8
    assert all(word.isascii() and word.isalpha() and len(word) >= 3 for word in found)
