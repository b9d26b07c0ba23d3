"""How names and texts are written so that they can be compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.names.forms import bare, edged, forms, letters, open_ended, plain
from sluice.text.folding import fold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("David Hockney's pool, at dawn.", " david hockney s pool,at dawn "),
        ("Ann O\u2019Keeffe", " ann okeeffe "),
        ("Mr. Doodle and H. R. Giger. Style: oil", " mr doodle and h r giger.style:oil "),
        ("模仿村上 隆的 Pop Art", " 模仿村上隆的 pop art "),
        ("林愛龍風の絵", " 林爱龙风の絵 "),
        ("ヨーコ・オノ", " ヨーコオノ "),
        ("", "  "),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(fold(text)) == expected


@given(st.text(max_size=80))
def test_bare_is_plain_without_signs(text: str) -> None:
    folded = fold(text)
    said = plain(folded)
    assert bare(folded) == "".join(" " if sign in ",.:" else sign for sign in said)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jean-Michel Ex", {" jean michel ex", " jeanmichel ex", " jeanmichelex"}),
        ("O'Key", {" okey", " o key"}),
        ("H. R. Giger", {" h r giger", " hr giger"}),
        ("Jörg Ex", {" jorg ex", " joerg ex"}),
        ("村上 隆", {"村上隆"}),
        ("이우환", {" 이우환"}),
        ("JR", set()),
        ("隆", set()),
    ],
)
def test_forms(name: str, expected: set[str]) -> None:
    assert expected <= forms(name)
    assert bool(expected) == bool(forms(name))


def test_letters_are_those_that_are_compared() -> None:
    assert letters("J. R.") == 2


def test_where_a_name_may_be_followed_by_letters() -> None:
    assert [open_ended(form) for form in ("村上隆", " 이우환", " ada ex")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in the 5tyle of rutkowsk1", "in the style of rutkowski"),
        ("k4ws", "k4ws"),
        ("in 4k, f/1.8, a v5 of 1950", "in 4k, f/1.8, a v5 of 1950"),
        ("夏3人", "夏3人"),
    ],
)
def test_digits_for_letters_at_the_edges_of_words(text: str, expected: str) -> None:
    assert edged(text) == expected
