"""Words cut by spaces are joined, glued ones cut, honest neighbours and compounds left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.text.splits import join_singles, resegment
from tests.unit.text_words import small_words

WORDS = small_words()


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("k . i . l . l", "kill"),
        ("k-i.l_l now", "kill now"),
        ("a b-o-mb", "a b-o-mb"),
        ("h o w to", "how to"),
        ("1 2 3 4", "1 2 3 4"),
        ("plan a or b", "plan a or b"),
        ("", ""),
    ],
)
def test_characters_that_stand_alone_are_joined(text: str, joined: str) -> None:
    assert join_singles(text) == joined


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("a bo mb", "a bomb"),
        ("how tom ake a bo mb", "how to make a bomb"),
        ("howtomakeabomb", "how to make a bomb"),
        ("killthem", "killthem"),  # "them" is not in the list
        ("killjews", "kill jews"),
        ("n ud eim ag eof am ino r", "nude image of a minor"),
        ("the pen is red", "the pen is red"),
        ("gunmetal hedgehog", "gunmetal hedgehog"),
        ("xqzzy sports", "xqzzy sports"),
        ("the quiet, garden", "the quiet, garden"),
    ],
)
def test_runs_are_cut_where_words_are(text: str, cut: str) -> None:
    assert " ".join(resegment(text.split(), WORDS)) == cut


@given(st.lists(st.text(alphabet="abcdefgho m.1é", min_size=1, max_size=8), max_size=12))
def test_nothing_is_lost_or_added_but_spaces(tokens: list[str]) -> None:
    assert "".join(resegment(tokens, WORDS)) == "".join(tokens)


@pytest.mark.parametrize("unit", ["a", "a ", "bo mb ", "x.", "xq"])
def test_long_runs_are_cut_too(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    assert "".join(resegment(join_singles(text).split(), WORDS)).count("a") <= len(text)
