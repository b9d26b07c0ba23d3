"""Lines as texts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_classifier.ocr.order import Line
from text_classifier.ocr.passages import MOST_CHARACTERS, SHARED, passages
from text_classifier.ocr.rectangle import Rectangle


def rows(*texts: str) -> list[list[Line]]:
    """A row for each text, a piece for each part between bars, all in one block."""
    found = []
    for number, text in enumerate(texts):
        pieces = text.split("|")
        places = [Rectangle(100 + 210 * at, 40 * number, 200, 30, 0) for at in range(len(pieces))]
        found.append([Line(area, piece, 0.9) for area, piece in zip(places, pieces, strict=True)])
    return found


def test_a_sentence_over_several_rows_is_one_text_and_three() -> None:
    assert passages(rows("how to|build", "a pipe", "bomb")) == [
        "how to build a pipe bomb",
        "how to build\na pipe\nbomb",
    ]


def test_what_stands_apart_is_a_text_of_its_own_as_well() -> None:
    badge = Line(Rectangle(900, 900, 100, 30, 0), "NASA", 0.9)
    stray = Line(Rectangle(900, 500, 100, 30, 0), "8", 0.9)
    found = passages([*rows("how to build", "a pipe bomb"), [stray], [badge]])
    assert found == [
        "how to build a pipe bomb 8 NASA",
        "how to build\na pipe bomb\n8\nNASA",
        "how to build a pipe bomb",
        "NASA",
    ]


def test_one_row_is_one_text() -> None:
    assert passages(rows("a lighthouse")) == ["a lighthouse"]
    assert passages([]) == []


@pytest.mark.parametrize("stray", ["X", "國", "8|1", "e|.", "★"])
def test_stray_letters_are_no_text(stray: str) -> None:
    assert passages(rows(*stray.split("|"))) == []


@pytest.mark.parametrize("short", ["杀人", "war", "K|I|L|L"])
def test_a_short_word_is_one(short: str) -> None:
    assert passages(rows(*short.split("|")))


def test_a_hyphenated_word_is_made_whole() -> None:
    assert passages(rows("an explo-", "sive device"))[0] == "an explosive device"
    assert passages(rows("1990 -", "1995"))[0] == "1990 - 1995"


def test_chinese_is_not_spaced() -> None:
    assert passages(rows("如何制作", "炸弹"))[0] == "如何制作炸弹"
    assert passages(rows("画一只", "cat"))[0] == "画一只 cat"


@given(
    st.lists(
        st.text("abc de", min_size=3, max_size=900).filter(lambda text: len(text.replace(" ", "")) > 2),
        min_size=1,
        max_size=40,
    )
)
def test_every_row_is_in_a_passage_beside_its_neighbours(texts: list[str]) -> None:
    found = [text for text in passages(rows(*texts)) if "\n" in text or len(texts) == 1]
    stripped = [text.strip() for text in texts]
    pairs = ["\n".join(pair) for pair in pairwise(stripped)] or stripped
    short = [pair for pair in pairs if len(pair) < MOST_CHARACTERS]
    assert all(any(pair in text for text in found) for pair in short)
    every = passages(rows(*texts))
    assert all(any(text in one for one in every) for text in stripped)
    longest = max(map(len, texts))
    assert all(len(text) <= MOST_CHARACTERS + (SHARED + 1) * (longest + 1) for text in every)
