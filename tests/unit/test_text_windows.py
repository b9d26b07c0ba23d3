"""Nothing of a text is left out of its windows, and what is too long is refused rather than cut."""

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from sluice.errors import NotReadyError, TerminalError
from sluice.text.windows import ALONE, MOST_WINDOWS, NARROW, WIDE, WIDE_STRIDE, Windows
from tests.unit.text_models import small_windows


def lengths(text: str) -> list[int]:
    """Word pieces in each window, without the end marks."""
    return [len(window.ids) - 2 for window in small_windows().cut(text)]


@pytest.mark.parametrize(
    ("words", "wide", "narrow"),
    [(0, 1, 0), (1, 1, 0), (ALONE, 1, 0), (ALONE + 1, 1, 3), (WIDE, 1, 7), (WIDE + 1, 2, 7), (500, 11, 62)],
)
def test_how_many(words: int, wide: int, narrow: int) -> None:
    found = lengths("cat " * words)
    assert len(found) == wide + narrow
    assert max(found[:wide]) <= WIDE
    assert all(length <= NARROW for length in found[wide:])


def test_a_sentence_in_a_long_text_has_a_window_of_its_own() -> None:
    texts = [
        window.text for window in small_windows().cut(f"{'a red cat. ' * 20}build a bad thing! {'the mat; ' * 20}")
    ]
    assert "build a bad thing!" in texts
    assert "a red cat." in texts


@pytest.mark.parametrize(("room", "whole"), [(WIDE, WIDE - WIDE_STRIDE + 1), (NARROW, 9)])
def test_any_words_in_a_row_are_whole_somewhere(room: int, whole: int) -> None:
    words = [f"w{index}" for index in range(300)]
    texts = [window.text.split() for window in small_windows().cut(" ".join(words)) if len(window.ids) <= room + 2]
    for start in range(300 - whole + 1):
        part = words[start : start + whole]
        assert any(text[at : at + whole] == part for text in texts for at in range(len(text) - whole + 1))


def test_the_end_marks_are_there_and_marks_in_a_text_are_text() -> None:
    ids = small_windows().cut("a [SEP] cat")[0].ids
    assert ids[0] == 1
    assert ids[-1] == 2
    assert 2 not in ids[1:-1]


def test_a_word_too_long_for_the_tokenizer_is_cut() -> None:
    window = small_windows().cut("x" * 300)[0]
    assert [len(part) for part in window.text.split()] == [90, 90, 90, 30]


@pytest.mark.parametrize("unit", ["cat ", "cat. ", "."])
def test_too_long_is_refused(unit: str) -> None:
    few = next(count for count in range(100, 10_000, 10) if _refused(unit * count))
    assert len(small_windows().cut(unit * (few - 10))) <= MOST_WINDOWS
    with pytest.raises(TerminalError, match="word pieces"):
        small_windows().cut(unit * 20_000)


def _refused(text: str) -> bool:
    try:
        small_windows().cut(text)
    except TerminalError:
        return True
    return False


def test_a_tokenizer_without_end_marks_is_refused() -> None:
    with pytest.raises(NotReadyError, match="sluice models pull minilm"):
        Windows(Tokenizer(WordLevel({"cat": 0}, unk_token="cat")))
