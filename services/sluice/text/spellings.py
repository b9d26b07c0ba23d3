"""The ways in which a text is read: as written, and with its disguises off. Few, since each is scored.

An ordinary prompt has one, and a disguised one two to four. Every way costs about as much as the prompt itself.
"""

from typing import Final

from sluice.text.folding import fold, unleet, unveil
from sluice.text.gloss import watched_gloss
from sluice.text.mending import mend
from sluice.text.payloads import decoded
from sluice.text.turning import romanised, turned, upright
from sluice.text.words import Words

MOST: Final = 6
"""Readings of one text."""


def spellings(text: str, words: Words) -> list[str]:
    """The text as written; folded; with damaged words mended; word by word in English, for Chinese; decoded;
    deciphered or turned around.

    At most six, no two alike but for case and space; one where there is nothing to undo. Pure, linear in the length.
    Raises NotReadyError where the package's glossary is damaged.
    """
    said = decoded(text, words, lambda inner: bool(turned(inner, words)))
    sources = [text] if said is None else [text, said]
    found: dict[str, str] = {_bare(text): text}
    for source in sources:
        seen = unveil(source)
        folded = unleet(seen)
        ways = [
            folded,
            mend(seen, words),
            romanised(seen, words),
            watched_gloss(seen),
            *turned(folded, words),
            *map(fold, upright(source)),
        ]
        for way in ways:
            if way:
                found.setdefault(_bare(way), way)
    return list(found.values())[:MOST]


def _bare(text: str) -> str:
    return " ".join(text.lower().split())
