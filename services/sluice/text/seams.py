"""What several texts of one request say only together: the places where one ends and the next begins."""

from collections.abc import Sequence
from typing import Final

REACH: Final = 400
"""Characters on each side of a seam: more than the widest window holds of English, so that every window which lies
across a seam is in what is read."""
MOST: Final = 4000
"""Characters in one piece: a third of what may be read as one text."""


def seams(texts: Sequence[str]) -> list[str]:
    """The texts in order, joined by spaces, without what lies further than `REACH` characters from where two meet.

    Neighbouring places come back as one piece of at most about `MOST` characters. None for fewer than two texts. What
    is left out lies within one text and is read with that one.
    """
    if len(texts) < 2:
        return []
    whole = " ".join(texts)
    spans: list[tuple[int, int]] = []
    place = -1
    for text in texts[:-1]:
        place += len(text) + 1
        start, end = max(0, place - REACH), min(len(whole), place + 1 + REACH)
        if spans and start <= spans[-1][1] and end - spans[-1][0] <= MOST:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [whole[start:end] for start, end in spans]
