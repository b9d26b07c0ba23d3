"""Whether a text asks for somebody's style, or only mentions them.

"in the style of NAME" asks; "NAME eating lunch" does not. The words around the name decide, in English and in short
phrases of other languages. In doubt it is a style where a picture is talked of: that is the cautious side (GPT-4o
image card I15). A negation is not understood: "not in the style of NAME" asks.
"""

from functools import cached_property
from typing import Final

from sluice.names.phrases import AFTER, BEFORE, BY, DEED, DEPICTED, LIKE, NEAR, OBJECT, ONE, SMALL
from sluice.names.phrases_cjk import CJK_AFTER, CJK_BEFORE
from sluice.names.phrases_weak import asks_weakly
from sluice.names.tags import alone, beside_the_camera, for_a_generator

REACH: Final = 120
"""Characters before and after a name that are looked at."""


class Said:
    """A text in `forms.plain`, asked about the names in it. Looks at `REACH` characters on each side of a name, and
    once at the whole text: a thousand names in it cost no more than a thousand times one."""

    def __init__(self, text: str) -> None:
        self._text = text

    def asks_for_style(self, start: int, end: int, cautious: bool = False) -> bool:
        """Whether the name that stands at `start`..`end` is one whose style is asked for.

        `cautious`: the name is a common word too, so that weaker phrases ("a NAME mural", a name alone between
        commas, "a cat by NAME") do not count, nor does "Johnnie NAME style".
        """
        before, after = self._text[max(0, start - REACH) : start], self._text[end : end + REACH]
        before = before.replace(",", ", ").replace(".", ". ").replace(":", ": ")
        if BEFORE.search(before) or CJK_AFTER.match(after):
            return True
        if not before.isascii() and CJK_BEFORE.search(before):
            return True
        if AFTER.match(after) or (DEPICTED.match(after) and LIKE.search(before)):
            return not cautious or _stands_alone(before)
        if cautious:
            return False
        if "by " in before and (by := BY.search(before)):
            previous = by[1]
            return previous is None or not (previous in NEAR or previous.endswith(("ing", "ed")))
        if asks_weakly(before, after):
            return True
        if drawn := OBJECT.match(after):
            return ONE.search(before) is not None or not _may_be_a_deed(drawn[0], after[drawn.end() :])
        return alone(before, after) and (self._for_a_generator or beside_the_camera(before))

    @cached_property
    def _for_a_generator(self) -> bool:
        return for_a_generator(self._text)


def _stands_alone(before: str) -> bool:
    """Whether no other word that could be a first name stands before the name."""
    words = before.rstrip().rsplit(" ", 1)
    last = words[-1]
    return not last or last[-1] in ",.:" or last in SMALL


def _may_be_a_deed(work: str, rest: str) -> bool:
    """Whether the word for a work is a verb here: "NAME painting a fence", "NAME works at night"."""
    return (work.endswith("ing") and bool(rest.strip())) or (work.endswith("s") and DEED.match(rest) is not None)
