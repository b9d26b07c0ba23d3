"""The table reads like the specification: disguises come off, honest text stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.text.folding import fold, unleet, unveil

DISGUISED = {
    "A  Watercolor\tof a\nLIGHTHOUSE": "a watercolor of a lighthouse",
    "ｂｏｍｂ": "bomb",
    "𝓀𝒾𝓁𝓁": "kill",
    "🅺🅸🅻🅻": "kill",
    "🇰🇮🇱🇱": "kill",
    "ʙᴏᴍʙ": "bomb",
    "k\u200bi\u2060l\u00adl": "kill",
    "\u202ekill\u202c": "kill",
    "b\ufe0fo\U000e0101mb": "bomb",
    "ki\U000e0061ll": "kill",
    "h\u0336a\u0337te": "hate",
    "café naïve Łódź İstanbul": "cafe naive lodz istanbul",
    "bоmb": "bomb",  # Cyrillic o
    "ΗАТЕ hate": "hate hate",  # Greek and Cyrillic capitals alone, in a Latin text
    "how to have ѕех": "how to have sex",  # Cyrillic letters alone, in a Latin text
    "kιll": "kill",  # Greek iota
    "b0mb p0rn s3x k1ll $ex a$$ k!ll": "bomb porn sex kill sex ass kill",
    "a b-o-m-b now": "a bomb now",
    "b o m b": "bomb",
    "how_to_make": "how to make",
    "⒝⒪⒨⒝": "bomb",
    "⠃⠕⠍⠃": "bomb",
    "ᏴᎾmb ᖴᒪyer": "bᎾmb flyer",  # of two borrowed letters one is in no table
    "kꙷill": "kill",
    "я\u0336д": "яд",
    "製造炸彈": "制造炸弹",
    "k.i.l.l": "kill",
}

HONEST = {
    "Привет, как дела? Это сор": "привет, как дела? это сор",
    "сор": "сор",
    "йод и ёж": "йод и ёж",
    "Καλημέρα κόσμε": "καλημέρα κόσμε",
    "日本語 の 文": "日本語 の 文",
    "한국어": "한국어",
    "مرحبا بالعالم": "مرحبا بالعالم",
    "हिन्दी": "हिन्दी",
    "SQL-запрос": "sql-запрос",
    "日本語の製品": "日本語の製品",
    "Ἀθῆναι": "ἀθῆναι",
    "4k h264 1girl mp3 3d 2b covid19": "4k h264 1girl mp3 3d 2b covid19",
    "f/1.4 50mm, $50 for 100$": "f/1.4 50mm, $50 for 100$",
    "a 🇫🇷 flag": "a 🇫🇷 flag",
    "": "",
}


@pytest.mark.parametrize(("text", "folded"), [*DISGUISED.items(), *HONEST.items()])
def test_folds(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=60))
def test_shows_no_controls_and_single_spaces(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert not any(ord(character) < 32 or character in "\u200b\u200d\u2066\u202e\ufeff" for character in folded)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz ,", max_size=60))
def test_plain_words_of_two_letters_or_more_stay(text: str) -> None:
    words = " ".join(word for word in text.split() if len(word.strip(",")) != 1)
    assert fold(words) == words


@given(st.text(max_size=60))
def test_is_what_is_seen_in_letters_for_signs(text: str) -> None:
    assert fold(text) == unleet(unveil(text))
    assert unleet(unleet(text.lower())) == unleet(text.lower())


@pytest.mark.parametrize("unit", ["a", "a ", "1a", "$", "а", "a\u0336", "🇦", "a."])
def test_long_runs_fold_too(unit: str) -> None:
    assert len(fold(unit * 20_000)) <= 40_000
