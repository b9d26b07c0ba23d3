"""Chinese words without what was put between their characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.text.han import closed_up, simplified


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("製造炸彈", "制造炸弹"),
        ("殺人視頻", "杀人视频"),
        ("制造炸弹", "制造炸弹"),
        ("日本語の製品", "日本語の製品"),
        ("plain", "plain"),
    ],
)
def test_traditional_characters(text: str, plain: str) -> None:
    assert simplified(text) == plain


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("炸 弹", "炸弹"),
        ("制造炸*弹", "制造炸弹"),
        ("制 造 炸 弹", "制造炸弹"),
        ("山水 水墨", "山水 水墨"),
        ("山水，水墨", "山水，水墨"),
        ("版本 2 山水", "版本 2 山水"),
        ("日 本 の 文", "日 本 の 文"),
    ],
)
def test_closed_up(text: str, closed: str) -> None:
    assert closed_up(text) == closed


@given(st.text(alphabet="炸弹製の *-a，", max_size=40))
def test_only_signs_go(text: str) -> None:
    assert closed_up(text).replace("*", "").replace(" ", "").replace("-", "") == text.replace("*", "").replace(
        " ", ""
    ).replace("-", "")
    assert len(simplified(text)) == len(text)
