"""A name alone in a list of words for a generator, and a name between the commas of a sentence."""

import pytest

from sluice.names.forms import plain
from sluice.names.style import Said
from sluice.text.folding import fold

LISTS = """
castle, dawn, NAME, 8k
castle | dawn | NAME | artstation
girl, (NAME:1.2), soft light, masterpiece
staircase, hatching, [NAME], shadows
knight, cape, ink, NAME --ar 2:3
NAME, meadow, wind, cel shading, summer
castle, Claude Monet and NAME, matte painting
castle, NAME and Claude Monet, matte painting
ballerina, 85mm, NAME, stage
城堡, 黎明, NAME, 水彩
""".strip().splitlines()

OTHERS = """
castle, dawn, NAME
castle, dawn, NAME, wind, night
press photo, NAME, smiling, airport, 35mm, bokeh
NAME on stage, 4k
photo of NAME, 8k
NAME and his dog, 8k
my uncle, NAME, sits in a chair at home and reads a long book about the illustration of plants
mural, NAME
""".strip().splitlines()


def asked(text: str) -> bool:
    said = plain(fold(text.replace("NAME", "zuzu")))
    start = said.index("zuzu")
    return Said(said).asks_for_style(start, start + 4)


@pytest.mark.parametrize("text", LISTS)
def test_a_name_in_a_list_for_a_generator_is_a_style(text: str) -> None:
    assert asked(text)


@pytest.mark.parametrize("text", OTHERS)
def test_a_name_elsewhere_is_a_mention(text: str) -> None:
    assert not asked(text)
