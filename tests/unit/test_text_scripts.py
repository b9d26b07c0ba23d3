"""Words, the script of each, and what is no word."""

import pytest

from sluice.text.scripts import HAN, KANA, LATIN, scripts_of, words


def found(text: str) -> list[tuple[str, str]]:
    return [(word.text, word.script) for word in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("42 1920x1080 🐱 ...", [("x", LATIN)]),
        ("it's a dog's life", [("it's", LATIN), ("a", LATIN), ("dog's", LATIN), ("life", LATIN)]),
        ("Fußgängerzone", [("Fußgängerzone", LATIN)]),
        ("画一只cat", [("画一只", HAN), ("cat", LATIN)]),
        ("黒い猫", [("黒", HAN), ("い", KANA), ("猫", HAN)]),
        ("ラーメン", [("ラーメン", KANA)]),
        ("एक बिल्ली", [("एक", "DEVANAGARI"), ("बिल्ली", "DEVANAGARI")]),
        ("long_hair, 1girl", [("long", LATIN), ("hair", LATIN), ("girl", LATIN)]),
        ("see https://example.org/der/rote/hund or a@b.de", [("see", LATIN), ("or", LATIN)]),
        ("aGVsbG8gd29ybGQsIHRoaXMgaXMgYmFzZTY0IHRleHQgYW5k", []),
        ("ｃａｔ 𝓬𝓪𝓽", [("cat", LATIN), ("cat", LATIN)]),
        ("bo\u200bmb", [("bomb", LATIN)]),
        ("a рhоtо", [("a", LATIN), ("рhоtо", LATIN)]),
        ("кот", [("кот", "CYRILLIC")]),
        ("l’été d'or", [("l’été", LATIN), ("d'or", LATIN)]),
    ],
)
def test_words_and_their_scripts(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_weights_count_words_where_nobody_writes_spaces() -> None:
    assert [word.weight for word in words("a cat 黑猫 แมวดำ")] == [0.0, 1.0, 1.0, 1.5]


@pytest.mark.parametrize(
    "text", ["one, two", "one. two", "one\ntwo", "one，two", "“one” two", "one — two", "one؛two"]
)
def test_marks_and_line_ends_end_a_clause(text: str) -> None:
    first, second = words(text)
    assert first.clause < second.clause


def test_a_hyphen_and_a_space_do_not() -> None:
    assert len({word.clause for word in words("well-known old tree")}) == 1


def test_scripts_of_languages() -> None:
    assert scripts_of("en") == {LATIN}
    assert scripts_of("zh") == {HAN}
    assert scripts_of("ja") == {HAN, KANA}
    assert scripts_of("sr") == {LATIN, "CYRILLIC"}
