"""Nothing of a text is left out of its windows, and what is too long is refused rather than cut."""

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from sluice.errors import NotReadyError, TerminalError
from sluice.text.windows import MOST_WINDOWS, STRIDE, WINDOW, Windows
from tests.unit.text_models import small_windows

ROOM = WINDOW - 2


@pytest.mark.parametrize(
    ("words", "windows"),
    [(0, 1), (1, 1), (ROOM, 1), (ROOM + 1, 2), (ROOM + STRIDE, 2), (ROOM + STRIDE + 1, 3), (1000, 22)],
)
def test_how_many(words: int, windows: int) -> None:
    found = small_windows().cut("cat " * words)
    assert len(found) == windows
    assert all(len(window.ids) <= WINDOW for window in found)


def test_every_sentence_of_16_pieces_is_whole_somewhere() -> None:
    words = [f"w{index}" for index in range(500)]
    texts = [window.text.split() for window in small_windows().cut(" ".join(words))]
    for start in range(500 - 16 + 1):
        sentence = words[start : start + 16]
        assert any(text[position : position + 16] == sentence for text in texts for position in range(len(text) - 15))


def test_the_end_marks_are_there_and_marks_in_a_text_are_text() -> None:
    ids = small_windows().cut("a [SEP] cat")[0].ids
    assert ids[0] == 1
    assert ids[-1] == 2
    assert 2 not in ids[1:-1]


def test_a_word_too_long_for_the_tokenizer_is_cut() -> None:
    window = small_windows().cut("x" * 300)[0]
    assert [len(part) for part in window.text.split()] == [90, 90, 90, 30]


def test_too_long_is_refused() -> None:
    longest = ROOM + (MOST_WINDOWS - 1) * STRIDE
    assert len(small_windows().cut("cat " * longest)) == MOST_WINDOWS
    with pytest.raises(TerminalError, match="word pieces"):
        small_windows().cut("cat " * (longest + 1))


def test_a_tokenizer_without_end_marks_is_refused() -> None:
    with pytest.raises(NotReadyError, match="sluice models pull minilm"):
        Windows(Tokenizer(WordLevel({"cat": 0}, unk_token="cat")))
