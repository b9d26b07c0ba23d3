"""Whether a text asks for somebody's style, or only mentions them.

"in the style of NAME" asks; "NAME eating lunch" does not. The words around the name decide, in English and in short
phrases of ten other languages. In doubt it is a style where a picture is talked of: that is the cautious side
(GPT-4o image card I15). A negation is not understood: "not in the style of NAME" asks.
"""

from typing import Final

from sluice.names.phrases import (
    AFTER,
    BEFORE,
    BY,
    CJK_AFTER,
    CJK_BEFORE,
    DEED,
    DEPICTED,
    LIKE,
    NEAR,
    OBJECT,
    ONE,
    SIGN,
    SMALL,
    TAG,
)

REACH: Final = 120
"""Characters before and after a name that are looked at."""


def asks_for_style(said: str, start: int, end: int, cautious: bool = False) -> bool:
    """Whether the name that stands at `start`..`end` of a text in `forms.plain` is one whose style is asked for.

    `cautious`: the name is a common word too, so that weaker phrases ("a NAME mural", a name alone between commas, "a
    cat by NAME") do not count, nor does "Johnnie NAME style". Pure; looks at `REACH` characters on each side.
    """
    before, after = said[max(0, start - REACH) : start], said[end : end + REACH]
    before = SIGN.sub(r"\g<0> ", before)
    if BEFORE.search(before) or CJK_BEFORE.search(before):
        return True
    if CJK_AFTER.match(after):
        return True
    if AFTER.match(after):
        return not cautious or _stands_alone(before)
    if LIKE.search(before) and DEPICTED.match(after):
        return not cautious or _stands_alone(before)
    if cautious:
        return False
    if by := BY.search(before):
        previous = by[1]
        return previous is None or not (previous in NEAR or previous.endswith(("ing", "ed")))
    if drawn := OBJECT.match(after):
        return ONE.search(before) is not None or not _may_be_a_deed(drawn[0], after[drawn.end() :])
    return _is_tag(said, before, after)


def _stands_alone(before: str) -> bool:
    """Whether no other word that could be a first name stands before the name."""
    words = before.rstrip().rsplit(" ", 1)
    last = words[-1]
    return not last or last[-1] in ",.:" or last in SMALL


def _may_be_a_deed(work: str, rest: str) -> bool:
    """Whether the word for a work is a verb here: "NAME painting a fence", "NAME works at night"."""
    return (work.endswith("ing") and bool(rest.strip())) or (work.endswith("s") and DEED.match(rest) is not None)


def _is_tag(said: str, before: str, after: str) -> bool:
    """Whether the name is alone between commas in a list of words for a generator: "castle, NAME, 8k, artstation"."""
    alone = before.rstrip(" ")[-1:] in ("", ",") and (after[:1] == "," or not after.strip())
    return alone and "," in before + after and TAG.search(said) is not None
