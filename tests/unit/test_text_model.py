"""The text model around its parts: windows, spellings, and who is refused. With an encoder made up for the test."""

from dataclasses import replace

import numpy as np
import pytest

from sluice.errors import TerminalError
from sluice.text.encoder import WIDTH
from sluice.text.heads import Heads
from sluice.text.model import TextModel
from sluice.text.ngrams import BUCKETS
from tests.unit.text_models import WORDS, BagEngine, small_windows


def model() -> TextModel:
    """Scores "illicit" by whether the word "bad" is in a window's vector."""
    hidden = np.zeros((WIDTH, 1), np.float32)
    hidden[WORDS.index("bad")] = 1
    heads = Heads(
        categories=np.array(["illicit"]),
        hidden=hidden,
        hidden_bias=np.zeros(1, np.float32),
        output=np.ones((1, 1), np.float32),
        output_bias=np.zeros(1, np.float32),
        ngrams=np.zeros((BUCKETS, 1), np.float32),
        ngrams_bias=np.zeros(1, np.float32),
        rarity=np.ones(BUCKETS, np.float32),
        spread=np.ones((2, 1), np.float32),
        mix=np.ones(1, np.float32),
        slope=np.full(1, 20, np.float32),
        offset=np.full(1, -2, np.float32),
    )
    return TextModel(BagEngine(), small_windows(), heads, ("illicit",), ("csam",), {"illicit": 0.5}, ())


async def test_one_answer_per_text_in_order() -> None:
    scores = await model().score(["a red cat", "a bad thing", "the warm mat"])
    assert [score["illicit"] > 0.5 for score in scores] == [False, True, False]
    assert await model().score([]) == []


@pytest.mark.parametrize("place", [0, 61, 62, 150, 299])
async def test_a_word_is_found_wherever_it_stands_in_a_long_text(place: int) -> None:
    words = ["cat"] * 300
    words[place] = "bad"
    [score] = await model().score([" ".join(words)])
    assert score["illicit"] > 0.5


@pytest.mark.parametrize("text", ["a b-a-d thing", "a bаd thing", "a b\u200bad thing", "a ＢＡＤ thing"])
async def test_the_folded_spelling_counts_too(text: str) -> None:
    [score] = await model().score([text])
    assert score["illicit"] > 0.5


async def test_the_written_spelling_counts_too() -> None:
    plain = model()
    hidden = np.zeros((WIDTH, 1), np.float32)
    hidden[0] = 1  # a word that the tokenizer does not know
    heads = replace(plain.heads, hidden=hidden)
    [score] = await replace(plain, heads=heads).score(["b-a-d"])
    assert score["illicit"] > 0.5


def test_a_text_that_folding_leaves_alone_is_read_once() -> None:
    assert len(model().spellings("A red  cat")) == 1
    assert len(model().spellings("a b-a-d cat")) == 2


async def test_a_text_too_long_is_refused_whole() -> None:
    with pytest.raises(TerminalError, match="word pieces"):
        await model().score(["a cat", "cat " * 20_000])


async def test_what_is_all_chinese_is_not_shown_to_the_encoder() -> None:
    assert await model().score(["一只红色的猫"]) == [{"illicit": 0.0}]
    [mixed] = await model().score(["一只 bad 猫"])
    assert mixed["illicit"] > 0.5
