"""Small words of the larger languages that are written in Latin letters: what tells a sentence from a row of names.

"Jan van Eyck and Rembrandt van Rijn" is English about Dutchmen, and an identifier that looks at letters says Dutch.
Words that stand in names and titles ("van", "de la", "los") and those that are English too are left out.
"""

from typing import Final

_BY_LANGUAGE: Final = (
    # German, Luxembourgish
    "und ist nicht ein eine einen einem einer eines die das dem des im auf mit für zu ich sie er wir es wie wer"
    " sind wird bei nach aus auch wenn dass oder sich über unter vor kein mich mir dich dir ihr mein dein sein an am",
    # French, Occitan, Walloon
    "et est les des un une dans sur pour avec que qui pas je tu il elle nous vous au aux ce cette ces sont plus par"
    " mais ou où sans son sa ses leur devant près en ne tous toutes tout très être fait faire ont été cela ça c'est"
    " d'un d'une quand comment sous chez n'est mes tes nos vos",
    # Spanish, Galician, Asturian
    "y un una unos unas los las con por para que es se su sus lo este esta son sin sobre mi tu pero como más muy"
    " junto hay unha unhas do da no na en todos todas todo cuando donde está están hasta desde entre bajo ser tiene"
    " tienen deben debe qué cómo fue nos quiero",
    # Italian and its neighbours
    "il lo gli che non con per è sono si nel nella nei sul sulla sui ai alla alle dal dalla come più su tra questo"
    " questa ed una uno anche ma dei delle degli nelle negli sulle tutti tutto tutte quando dove chi sempre perché"
    " molto senza dopo sotto sopra ogni hanno lui lei loro ci ti mio tuo quello quella questi queste essere",
    # Portuguese
    "e um uma os em nos nas dos das com por não é ao à mais são seu sua pelo pela isso você ele ela todos todas"
    " muito quando onde esse essa este esta meu minha foi deve devem está estão até entre sobre já também eles elas"
    " sem quem eu ser",
    # Catalan
    "i els les amb és uns unes dins aquest aquesta són",
    # Dutch, Frisian, Afrikaans
    "een het en niet op met voor ik je zijn dat die aan te naar om ook als bij uit mijn wij ze hij zij wordt geen"
    " nie wat heeft hebben moet moeten kan kunnen deze dit ons onze haar meer alle zo tegen",
    # Swedish, Danish, Norwegian
    "och og ett et är er på av af för med som att at det inte ikke den til till har om ved vid en jag jeg sig hun"
    " han",
    # Polish
    "w na z się nie jest do że jak po od za dla przez są ale lub pod przy co ten ta tego które który",
    # Czech, Slovak
    "v se je že s k pro při jsou nebo jako ve ze sa ako pre sú alebo pri so vo zo to",
    # Croatian, Bosnian, Serbian, Slovenian
    "u su bi ne li koji koja koje kako ali ili iz kod pokraj ki ob pri pa",
    # Romanian
    "și în pe cu este din nu care sau lângă la un o ce al ale",
    # Hungarian
    "egy és az nem hogy meg ez a is csak vagy mint",
    # Finnish, Estonian
    "ja on ei se että joka kun tai kanssa ovat mis ning oma",
    # Turkish, Azerbaijani
    "bir ve bu için ile çok da de o üzerinde gibi",
    # Lithuanian, Latvian
    "ir yra su į iš kad prie ar uz un par pie",
    # Indonesian, Malay, Javanese
    "yang dan di dengan untuk dari ini itu pada seekor sebuah seorang tidak adalah ke dalam saya",
    # Tagalog
    "ang ng sa mga isang na ay ko siya hindi",
    # Swahili
    "ya wa kwa na ni za cha la kando juu katika",
    # Basque, Irish, Welsh, Albanian
    "eta bat ez ondoan agus an ar ag in is yn y gan një në dhe e të me për",
    # Vietnamese, where few accents are written
    "một và của là có không trên trong cho với những các được người này",
)
_IN_NAMES: Final = "af ai al ang ao bi da dan das de den di do dos e hun i la las les los ma mi na ni per ten ya yang"
_IN_ENGLISH: Final = (
    "a ale am an at bat cha co die en er han hay in is ja me med met mis no nu o om on pa par pie plus pod pro sa"
    " sans sin so son sur tai till to vo wa wat za"
)
_LEFT_OUT: Final = frozenset(f"{_IN_NAMES} {_IN_ENGLISH}".split())
SMALL_WORDS: Final = frozenset(" ".join(_BY_LANGUAGE).split()) - _LEFT_OUT
ENGLISH_WORDS: Final = frozenset(
    {"the", "and", "with", "from", "this", "that", "these", "those", "you", "your", "what", "which", "where", "when"}
    | {"who", "how", "into", "their", "she", "his", "its"}
)
"""English, and hardly ever anything else."""
