"""Phrases around a name that ask for its style, but say too little around a common word: "a touch of NAME"."""

import re
from typing import Final

from sluice.names.phrases import ART, OTHER

_BEFORE: Final = re.compile(
    r"[ ,.:](?:very|pure|peak|half"
    r"|(?:hint|touch|dash|pinch|echo|echoes|shades|nod|look|feel|energy|vibes?) (?:of|to)"
    r"|(?:(?:mix|blend|mixture|fusion|cross|crossover|hybrid|mash ?up)(?:es|s)?(?: of| between)?"
    r"|mixing|blending|combin(?:e|es|ing)|merg(?:e|ing)|fus(?:e|ing)|mash(?:ing)?(?: up)?)"
    rf"(?: {OTHER}(?:,| and| or| plus| with| into| x)){{0,3}}) $"
)
_SUCH: Final = re.compile(r" (?:an?|the|that|this|some|your) $")
_LOOK: Final = re.compile(
    r"^ (?:\w+ )?(?:look|feel|feeling|mood|atmosphere|treatment|twist|touch|spin|flair|flavou?r|filter|sensibility)\b"
)
_CRAFT: Final = re.compile(
    r"^(?: s)? (?:colou?r(?:s|ing| scheme| palette| grading)|compositions?|line ?work|ink ?work|textures?|motifs?"
    r"|patterns?|visual language|(?:lighting|shading)(?! (?:an?|the|his|her|their|up|candles?|fires?)\b)"
    rf"|(?:version|interpretation|rendition|vision|reimagining|take)s? (?:of|on)|like {ART})\b"
    r"|^ s (?:blur|light|lines|dots|drips|shadows|perspective|world(?! (?:tour|record|trip|map)))\b"
)
_WAY: Final = re.compile(r"(?:the (?:same |very )?way|though|if|like) (?:that )?$")
_DOES: Final = re.compile(
    r"^ (?:(?:(?:had|has|have|would|would have|might have) )?(?:painted|drew|drawn|draws|paints|illustrate[ds]"
    r"|sculpt(?:ed|s)|sketche[ds]|design(?:ed|s)|photograph(?:ed|s)|animate[ds]|inked|imagined)"
    r"|would (?:have )?(?:ma[dk]e|done?) (?:it|this|them|one)"
    r"|would(?: have)?(?: do| done| make)?(?= *(?:$|[,.])))(?![^\W_])"
)
"""What follows "the way NAME": a deed of an artist, which "the way NAME walks" is not."""
_ONE: Final = re.compile(r" (?:another|an?(?: (?:original|fake|real|lost|new|early|late|typical))?) $")
_WORK: Final = re.compile(
    r"^ ?(?:$|[,.]|(?:on|in|at|over|above|for|with|from|that|which|but|and|or|hanging|hung|hangs|behind)\b)"
)
"""What follows a person's name that is used for a work: "a NAME on the wall". "A NAME lecture" is none."""
_BEGUN: Final = re.compile(r"(?:^|[,.:]|\b(?:think|imagine|like)) ?$")
_THINK: Final = re.compile(r"\b(?:think|imagine) ?$")
_MEETING: Final = re.compile(
    r"^ (?:meets|x|(?:crossed|mixed|blended|combined|fused|mashed(?: up)?|merged) with) "
    r"(?!(?:the|an?|his|her|their|its|our|my|up|us|me|him|them|fans?|visitors?|people|students?|children)\b)"
)
_MEETS: Final = re.compile(
    r"(?:^|[,.:]|\b(?:think|imagine)) ?(?!(?:an?|the|my|our|his|her|their) )(?:[^\W_]+ ){1,3}(?:meets|x) $"
)
"""Before a name: "MONET meets NAME" as a thing of its own, which "a fan meets NAME" is not."""
_PLACED: Final = re.compile(r"^ (?:at|in|on|for|during|after|again)\b")
"""After "MONET meets NAME": two people are there."""


def asks_weakly(before: str, after: str) -> bool:
    """Whether the texts before and after a name are such a phrase. `before` has a space after each sign."""
    if _CRAFT.match(after) or (_LOOK.match(after) and _SUCH.search(before)):
        return True
    if (_DOES.match(after) and _WAY.search(before)) or (_WORK.match(after) and _ONE.search(before)):
        return True
    if (_MEETING.match(after) and _BEGUN.search(before)) or (after.startswith(" meets ") and _THINK.search(before)):
        return True
    if after.startswith(" s "):
        return False
    if before.endswith(("meets ", " x ")):
        return _MEETS.search(before) is not None and not _PLACED.match(after)
    return _BEFORE.search(before) is not None
