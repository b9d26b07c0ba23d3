"""The phrases around a name that ask for its style, as patterns over what `sluice.names.forms.plain` gives.

Patterns of what stands before a name end at it and see a space after each sign; those of what follows begin at it.
"""

import re
from typing import Final

ART: Final = (
    r"(?:art|artworks?|paintings?|drawings?|illustrations?|sketch(?:es)?|prints?|murals?|posters?|canvas(?:es)?"
    r"|comics?|manga|cartoons?|sculptures?|statues?|etchings?|engravings?|collages?|stencils?|graffiti|watercolou?rs?"
    r"|oils?|portraits?|landscapes?|photographs?|photos?|photography|pictures?|images?|covers?|renders?|pieces?|works?"
    r"|installations?|woodcuts?|lithographs?|frescoe?s?|anime|films?|designs?|characters?|creatures?|monsters?"
    r"|heroines?|villains?)"
)
_WHO: Final = (
    r"(?:artist|painter|illustrator|photographer|animator|director|designer|sculptor|cartoonist|film ?maker)s?"
)
_FILL: Final = (
    r"(?:(?:(?:the|both|contemporary|famous|great|late|living|legendary) ){0,3}(?:\w+ ){0,2}?"
    rf"{_WHO} (?:called |named )?|(?:the )?(?:works?|{ART}) (?:of|by) |(?:the|both|mr|ms) )?"
)
"""What may stand between the cue and the name: "the British painter", "the works of"."""
OTHER: Final = r"(?!(?:a|an|the|my|his|her|their|with|of|in|on|at) )(?:[^\W_]+ ){0,3}[^\W_]+"
"""Up to four words that may be a name."""
_LISTED: Final = rf"(?:{OTHER}(?:, ?(?:and |or )?| and | or | plus | meets | mixed with | crossed with | x )){{0,6}}"
"""Other names before this one: "in the style of MONET and NAME"."""
_MADE: Final = (
    r"(?:inspired|influenced|painted|drawn|illustrated|made|created|designed|photographed|shot|sculpted|carved"
    r"|directed|rendered|sketched|inked|(?:re ?)?imagined|signed|animated|(?:re)?styled|done|envisioned"
    r"|(?:re)?interpreted|redrawn|repainted|executed|stencill?ed|etched|engraved|remixed)"
)
_DRAWN: Final = r"(?:paint|draw|illustrate|sketch|sculpt)(?:s|ed|n|ing|ings)?"

BEFORE: Final = re.compile(
    r"(?: (?:styles?|manner|vein|spirit|techniques?|aesthetics?|fashion|palette|brushwork|oeuvre|works|art|textures?"
    r"|line ?work|visual language|idiom|sensibility)[,:]? of"
    r"| style(?:d|s)? (?:like|after|as|similar to|close to|akin to|reminiscent of|resembling)"
    r"| styles? that (?:looks? like|resembles?)| (?:style|artist|art by|illustrator|painter|references?"
    r"|influences?|inspirations?):"
    rf"| {_MADE} (?:\w+ )?by| (?:style|{ART})[,.]? by"
    r"| (?:imitat|mimick|emulat|copy|channell?|evok|pastich)(?:e|es|ed|ing)| (?:mimic|copy|channel)s?"
    r"| (?:imitation|pastiche|reminiscent) of| (?:homage|tribute) to| a la"
    r"| (?:referenc|echo|parody|riff(?:ing)? o)(?:e|es|ed|ing|n)?| (?:take|takes|taking) cues from"
    r"| (?:inspiration|influences?) (?:from|of)"
    rf"| {_DRAWN} (?:(?:it|me|us|him|her|them|this|(?:my|our|the) \w+) )?(?:exactly |just )?(?:like|as)"
    r"| (?:art|artwork|look)s? (?:exactly |just )?like (?:it was |its )?by"
    r"| (?:al|con el|en el) estilo d[eo]l?| (?:no|ao|em) estilo d[eoa]s?| estilo| (?:nello|in) stile(?: di| d)?"
    r"| (?:le |du )?style d[eu]?| la maniere d[eu]?| facon| im stil (?:von|des|der)| in de stijl van| w stylu"
    r"| (?:a la|a|alla) man(?:era d[eo]|eira d[eoa]|iera di)| inspirad[oa]s? (?:en|por|em)| ispirat[oa] [ad]a?"
    r"| inspire(?:e|s|es)? (?:par|de)| inspiriert von| (?:nach )?art von| geinspireerd door| i stil med"
    r"| (?:gemalt|gezeichnet|gestaltet) (?:wie )?von| (?:peinte?|dessinee?) par| (?:pintad|dibujad|desenhad)[oa] por"
    r"| (?:dipint|disegnat)[oa] da| phong cach(?: cua)?| bergaya"
    rf"| в стиле| в манере| в духе| gaya) {_LISTED}{_FILL}$"
)
BY: Final = re.compile(rf"(?:(?:^|[,.:]|\b(\w+)) ?by) {_LISTED}{_FILL}$")
NEAR: Final = frozenset(
    "stand stands stood sit sits sat walk walks walked pass passes passed park parked wait waits waited held seat"  # noqa: SIM905 - a list of 70 quoted words is no easier to read
    " seated surround surrounded followed hugged kissed eaten hit punched chased admired watched seen owned bought"
    " attacked accompanied visited worn carried loved joined led beaten cooked hosted run runs ran drive drives stop"
    " stops stopped swing come comes came go goes went drop dropped sung written spoken said".split()
)
"""Words before "by" after which a place or a deed is told, not a maker."""
LIKE: Final = re.compile(r"(?:like|as in|as if) (?:an? |one of |any )?$")
ONE: Final = re.compile(
    r" (?:an?|another|any|one of|typical|classic|lost|fake|famous|iconic|vintage|early|late|new) ?$"
)
AFTER: Final = re.compile(
    r"^(?: s)?(?: (?:own|signature|famous|iconic|typical|unique|distinctive|early|late|later|classic|trademark|art"
    r"|artistic|visual|painting|illustration|drawing|anime|pop|photographic))*"
    r"(?: (?:styles?|styled|stylings?|stylized|stylised|aesthetics?|inspired|influenced|influences?|esque"
    r"|like (?:style|art)|ish|vibes?|palette|brush ?work|brush ?strokes?|techniques?|manner|imitations?|pastiche)"
    r"(?! of\b| guide\b|ist)\b| would (?:have )?(?:paint|draw|illustrat|sculpt|photograph|design|sketch)"
    r"| (?:as )?(?:an? |the |your )?(?:style |stylistic |artistic )(?:reference|inspiration|guide)\b"
    r"| (?:kunst)?stil\b| (?:gemalt|gezeichnet|gestaltet)\b| tarz[iı]nda\b| 스타일| 화풍)"
)
OBJECT: Final = re.compile(
    rf"^(?: s)? (?!(?:portraits?|photos?|photographs?|pictures?|images?|films?|covers?) ){ART}\b"
    r"(?! (?:gallery|galleries|museum|exhibition|show|fair|class|book|auction)\b)"
)
DEED: Final = re.compile(r"^ (?:a|an|the|his|her|their|some|it|in|on|at|with|for|as)\b")
"""What follows a verb that is also a work: "paints prints at home", "painting a fence"."""
DEPICTED: Final = re.compile(rf"^(?: s)? {ART}\b")
SMALL: Final = frozenset(
    "a an the in of with like as and or by for to that very some more one any this use using make from into on be is"  # noqa: SIM905 - a list of 40 quoted words says less
    " looks look painted drawn typical classic".split()
)
"""Words that are no first name."""
