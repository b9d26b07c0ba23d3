"""Phrases that ask for the style of a name, unless it is a common word as well."""

import pytest

from sluice.names.forms import plain
from sluice.names.style import Said
from sluice.text.folding import fold

ASKS = """
make it a NAME
hang a NAME over the couch
a NAME and a Monet side by side
a NAME feel
with a touch of NAME
very NAME
half NAME, half Monet
Monet meets NAME, a tea room
think NAME meets a picture book
NAME meets Monet
NAME x Monet
NAME crossed with Klimt
a cross between NAME and Dali
mix Monet with NAME
something like NAME would do
a cat, the way NAME would make it
as though NAME had painted it
if NAME painted trees
NAME's colour palette
NAME lighting and composition
NAME's take on the Last Supper
a NAME-like painting
a king as a NAME character
""".strip().splitlines()

MENTIONS = """
a NAME lecture at the university
a young NAME in a red coat
a fan meets NAME
Mayor meets NAME at the airport
NAME meets the queen
NAME meets students in a library
NAME mixing colours in a bucket
NAME combining two puzzle pieces
a half eaten cake for NAME
a very happy NAME
make NAME look happy
the mood of NAME's studio
the look of NAME's shoes
NAME lighting a candle
NAME shading his eyes
NAME's world tour bus
the way NAME walks
if NAME were a cook
dance like NAME
mixed media portrait of NAME
NAME drew a crowd
""".strip().splitlines()


def asked(text: str, cautious: bool = False) -> bool:
    said = plain(fold(text.replace("NAME", "zuzu")))
    start = said.index("zuzu")
    return Said(said).asks_for_style(start, start + 4, cautious)


@pytest.mark.parametrize("text", ASKS)
def test_a_style_is_asked_for_of_a_name_alone(text: str) -> None:
    assert asked(text)


@pytest.mark.parametrize("text", [text for text in ASKS if "character" not in text])
def test_a_common_word_needs_more(text: str) -> None:
    assert not asked(text, cautious=True)


@pytest.mark.parametrize("text", MENTIONS)
def test_a_person_is_mentioned(text: str) -> None:
    assert not asked(text)
