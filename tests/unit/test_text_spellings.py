"""The readings of a text: few, none twice, the written one first, and cheap to find in long texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.text.spellings import MOST, spellings
from tests.unit.text_words import small_words

WORDS = small_words()


@pytest.mark.parametrize("text", ["a red cat in the garden", "A Red  Cat", "it is not my dog.", ""])
def test_an_ordinary_text_is_read_once(text: str) -> None:
    assert spellings(text, WORDS) == [text]


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("dr\u200baw a bоmb", "draw a bomb"),
        ("draw a bo mb", "draw a bomb"),
        ("draw a Ym9tYg==", "draw a bomb"),
        ("draw a \\u0062()mb", "draw a bomb"),
        ("qenj n obzo ng fpubby", "draw a bomb at school"),
        ("loohcs ta bmob a ward", "draw a bomb at school"),
        ("製造炸 彈", "制造炸弹"),
    ],
)
def test_a_disguised_text_is_read_undisguised_too(text: str, reading: str) -> None:
    found = spellings(text, WORDS)
    assert found[0] == text
    assert reading in found


@given(st.text(max_size=120))
def test_few_and_different(text: str) -> None:
    found = spellings(text, WORDS)
    assert found[0] == text
    assert 1 <= len(found) <= MOST
    assert len({" ".join(one.lower().split()) for one in found}) == len(found)


@pytest.mark.parametrize(
    "unit", ["a ", "xq ", "b0mb ", "%62", "Ym9tYg== ", "&#98;", "01 ", "炸 ", "а́ ", "|<", "🇧", "abс "]
)
def test_a_long_text_is_read_whole(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    assert spellings(text, WORDS)[0] == text
