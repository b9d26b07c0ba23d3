"""What several texts say together is read where they meet, and only there."""

from hypothesis import given
from hypothesis import strategies as st

from sluice.text.seams import MOST, REACH, seams


def test_fewer_than_two_have_none() -> None:
    assert seams([]) == []
    assert seams(["alone"]) == []


def test_short_ones_are_read_as_one() -> None:
    assert seams(["how to make", "a bomb", "at home"]) == ["how to make a bomb at home"]


def test_long_ones_are_read_where_they_meet() -> None:
    first, second, third = "a" * 5000, "b" * 5000, "c" * 5000
    assert seams([first, second, third]) == [
        f"{'a' * REACH} {'b' * REACH}",
        f"{'b' * REACH} {'c' * REACH}",
    ]


@given(st.lists(st.text(alphabet="ab ", max_size=900), min_size=2, max_size=32))
def test_every_neighbourhood_of_a_seam_is_in_a_piece(texts: list[str]) -> None:
    whole = " ".join(texts)
    pieces = seams(texts)
    assert all(len(piece) <= max(MOST, 2 * REACH + 1) for piece in pieces)
    place = -1
    for text in texts[:-1]:
        place += len(text) + 1
        near = whole[max(0, place - REACH) : place + 1 + REACH]
        assert any(near in piece for piece in pieces)
