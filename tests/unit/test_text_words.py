"""The word list: what is known, what is common, and which watchword a damaged word was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.text.watchwords import HONEST, WATCHED
from sluice.text.words import Words
from tests.unit.text_words import small_words

WORDS: Words = small_words()


def test_common_words_cost_less_than_rare_ones_and_unknown_ones_most() -> None:
    assert WORDS.cost("the") < WORDS.cost("garden") < WORDS.cost("mb") < WORDS.cost("xq") < WORDS.cost("xqxq")
    assert WORDS.common("garden")
    assert not WORDS.common("mb")


@pytest.mark.parametrize(
    ("token", "plain"), [("garden,", True), ('"the', True), ("mb", False), ("b-o", False), ("g4rden", False)]
)
def test_an_ordinary_token_is_a_known_word_with_nothing_but_punctuation(token: str, plain: bool) -> None:
    assert WORDS.ordinary(token) is plain


@pytest.mark.parametrize(
    ("damaged", "word"),
    [
        ("bmob", "bomb"),
        ("obzo", "bomb"),
        ("p?rn", "porn"),
        ("bmb", "bomb"),
        ("nvde", "nude"),
        ("cocaone", "cocaine"),
        ("cocane", "cocaine"),
        ("cocaaine", "cocaine"),
        ("llama", None),
        ("zzzzzz", None),
        ("th", None),
    ],
)
def test_finds_the_watchword_that_was_meant(damaged: str, word: str | None) -> None:
    assert WORDS.meant(damaged) == word


def test_swapped_letters_are_put_back_in_words_that_nobody_knows() -> None:
    assert WORDS.unswapped("gadren") == "garden"
    assert WORDS.unswapped("garden") is None
    assert WORDS.unswapped("xqzwv") is None


def test_what_is_honest_is_known_and_watched_by_nobody() -> None:
    assert not HONEST & WATCHED
    assert all(WORDS.known(word) and WORDS.meant(word) is None for word in HONEST | WATCHED)


@pytest.mark.parametrize(
    ("text", "share"),
    [("the red cat", 1.0), ("The Red, cat!", 1.0), ("zq xv", 0.0), ("", 0.0), ("炸弹", 1.0), ("cat xqz", 0.5)],
)
def test_share_of_words(text: str, share: float) -> None:
    assert WORDS.share(text) == share


@given(st.text(max_size=60))
def test_any_word_can_be_asked_for(word: str) -> None:
    assert WORDS.cost(word) >= 0
    assert 0 <= WORDS.share(word) <= 1
    for found in (WORDS.meant(word), WORDS.unswapped(word)):
        assert found is None or WORDS.known(found)
