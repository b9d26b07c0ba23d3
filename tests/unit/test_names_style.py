"""A style that is asked for, and a person who is only mentioned."""

import pytest

from sluice.names.forms import plain
from sluice.names.style import Said
from sluice.text.folding import fold

ASKS = """
a pool in the style of NAME
a pool in the style of contemporary British painter NAME
NAME style pool
a NAME-style pool
a pool in NAME's style
in NAME's signature art style
a pool painted by NAME
a painting of a pool by NAME
a pool, by NAME
art by monet, klimt, and NAME
in the style of Monet and NAME
a pool like a NAME painting
a NAME mural on a wall
NAME sculpture in a park
a NAME painting in a museum
inspired by NAME
inspired by the works of NAME
a NAME inspired dress
a pool as NAME would paint it
draw me like NAME
imitating NAME
an homage to NAME
style: NAME
castle, dawn, NAME, 8k, artstation
use NAME as a style reference
al estilo de NAME
dans le style de NAME
im Stil von NAME
в стиле NAME
NAME风格的花
NAME的绘画风格
NAME画风
NAME风的花
模仿NAME的花
NAME風の絵
NAMEっぽいイラスト
NAME 스타일의 그림
NAME 화백 화풍으로 그린 바다
NAME의 느낌으로
像NAME那样画一只猫
NAME画的猫
NAME动画里的那种天空
NAMEが描いた猫
NAMEの漫画のような猫
references: NAME
a pool reimagined by NAME
the texture of NAME
taking cues from NAME
in stile NAME
alla maniera di NAME
a la manera de NAME
inspiriert von NAME
wie von NAME gemalt
inspiré par NAME
phong cách NAME
""".strip().splitlines()

MENTIONS = """
NAME eating lunch
NAME painting a fence
NAME works at a desk
NAME prints a book
a portrait of NAME
a man standing by NAME
NAME and a dog having dinner
portrait of NAME. Style of Monet
NAME at an art gallery
a NAME art gallery
in the style of Monet, with NAME in a chair
NAME在吃午饭
NAME的照片
NAME与风景
NAME画一只猫
NAMEと猫
""".strip().splitlines()

WEAK = """
a NAME mural
a cat by NAME
castle, NAME, 8k, artstation
Johnnie NAME style bottle
""".strip().splitlines()


def asked(text: str, cautious: bool = False) -> bool:
    said = plain(fold(text.replace("NAME", "zuzu")))
    start = said.index("zuzu")
    return Said(said).asks_for_style(start, start + 4, cautious)


@pytest.mark.parametrize("text", ASKS)
def test_a_style_is_asked_for(text: str) -> None:
    assert asked(text)


@pytest.mark.parametrize("text", MENTIONS)
def test_a_person_is_mentioned(text: str) -> None:
    assert not asked(text)


@pytest.mark.parametrize("text", WEAK)
def test_a_common_word_needs_more(text: str) -> None:
    assert asked(text)
    assert not asked(text, cautious=True)


@pytest.mark.parametrize("text", ["in the style of NAME", "a NAME style pool", "a painting by NAME"])
def test_a_common_word_in_a_clear_phrase_is_a_style(text: str) -> None:
    assert asked(text, cautious=True)
