"""Lists of words for a generator ("castle, dawn, NAME, 8k"), in which a name alone is an artist to imitate."""

import re
from typing import Final

from sluice.names.phrases import SMALL

_FEWEST: Final = 4
"""Entries of a list that is one by its words for techniques alone."""
_MOST_WORDS: Final = 4
"""Words in an entry of such a list, on average; a sentence with commas has more."""
_GENERATOR: Final = re.compile(
    r"[ ,.:](?:artstation|deviantart|4k|8k|16k|masterpiece|highly detailed|hyper ?detailed|ultra ?detailed"
    r"|concept art|digital (?:art|painting)|oil (?:painting|on canvas)|matte painting|octane render|unreal engine"
    r"|best quality|trending on|ar \d+:\d+)\b"
)
"""What people write for a generator alone."""
_TECHNIQUE: Final = re.compile(
    r"[ ,.:](?:water ?colou?rs?|gouache|acrylics?|ink|pastels?|charcoal|stencils?|spray ?paint|impasto"
    r"|(?:cross )?hatching|line ?art|line ?work|cel ?shad(?:ing|ed)|(?:flat|vivid|muted) colou?rs?|monochrome"
    r"|stop ?motion|claymation|screen ?print|woodcut|linocut|etching|lithograph|ukiyo ?e|(?:pop|op|pixel|vector) art"
    r"|impressionism|surrealism|cubism|manga|anime|illustration|sculpture|mural|graffiti|collage"
    r"|(?:3d|product) render|ray ?trac(?:ed|ing)|(?:cinematic|volumetric|dramatic) light(?:ing)?|rim light"
    r"|sharp focus|high contrast|intricate|水彩|油画|插画|水墨|杰作|最高质量|细节丰富|虚幻引擎)(?![^\W_])"
)
"""How a picture is made. How a photograph is made also stands beside the people who are in it: `_CAMERA`."""
_CAMERA: Final = re.compile(r"[ ,.](?:\d+ ?mm|f[ ,]+\d \d|film grain|long exposure|kodak|polaroid|iso \d+)[,.] ?$")
_SIGN: Final = re.compile("[,.]")
_WORD: Final = rf"(?!(?:{'|'.join(sorted(SMALL))}|his|her|their|my|at|has|have|was|were)\b)[^\W_]+"
_JOINED: Final = re.compile(rf"(?:^|[,.:]) ?(?:{_WORD} ){{2,4}}(?:and|x|plus) $")
_AFTER: Final = re.compile(
    rf"^(?: (?:and|x|plus)(?: {_WORD}){{2,4}})?(?::\d[ \d]*)?(?: (?:ar|v|s|q|seed|niji|stylize) \d[^,]*)? ?(?:$|[,.])"
)


def alone(before: str, after: str) -> bool:
    """Whether the name between the two, or it and one more, is an entry of a list: signs around it, nothing else."""
    if "," not in before + after or not _AFTER.match(after):
        return False
    return not before.strip() or before.rstrip()[-1] in ",.:" or _JOINED.search(before) is not None


def for_a_generator(said: str) -> bool:
    """Whether a whole text is a list for a generator, by what only such lists say or by a technique."""
    if _GENERATOR.search(said):
        return True
    entries = len(_SIGN.findall(said)) + 1
    words = said.count(" ") + entries
    return entries >= _FEWEST and words <= _MOST_WORDS * entries and _TECHNIQUE.search(said) is not None


def beside_the_camera(before: str) -> bool:
    """Whether the entry before the name is one about a camera: "85mm, NAME"."""
    return _CAMERA.search(before) is not None
