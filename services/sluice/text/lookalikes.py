"""Letters that a reader takes for Latin ones. NFKC already undoes fullwidth, styled and circled letters."""

from collections.abc import Mapping


def _pairs(line: str) -> dict[str, str]:
    return {pair[0]: pair[1] for pair in line.split()}


LATIN_VARIANTS: Mapping[str, str] = _pairs(
    "ɑa ɐa ƅb ɓb ƈc ɖd ɗd đd Đd ƌd ǝe əe ɛe ƒf ɡg ɠg ħh Ħh ɦh ɨi ıi ɩi ɉj ƙk łl Łl ɫl ƚl ɱm ɲn ŋn ƞn øo Øo ɵo ɔo ƥp"
    " ɋq ʀr ɍr ɾr ʂs ŧt Ŧt ƭt ʉu ʋv ⱳw ʏy ƴy ƶz ʐz ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ꜱs ᴛt ᴜu ᴠv ᴡw"
    " ᴢz ᴉi ᴐo ɴn ʏy ɹr ɯm ʍw ʎy ʇt ʞk ɥh ʌv ɟf ƃg ɾj"
) | {chr(first + index): chr(ord("a") + index) for first in (0x249C, 0x1F150, 0x1F170) for index in range(26)}
"""Letters of the Latin script that stand for a plain one, small capitals, turned letters, and letters in brackets,
black discs and boxes."""

BRAILLE: Mapping[str, str] = dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵", "abcdefghijklmnopqrstuvwxyz", strict=True))
"""Letters of English Braille without contractions."""

TWINS: Mapping[str, str] = _pairs(
    # Cyrillic
    "аa Аa ВB еe Еe іi Іi јj Јj КK МM НH оo Оo рp Рp сc Сc ѕs Ѕs ТT уy УY хx Хx ԁd ԛq ԝw һh ӏl Ӏl ѵv Ѵv ԌG үy Үy"
    # Greek
    " οo Οo ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΡP ΤT ΥY ΧX νv ρp ϲc ϳj αa ιi κk υu χx"
    # Armenian, Cherokee
    " օo սu հh ցg ոn զq ԼL ՕO ՍU ᎪA ᏴB ᏟC ᎠD ᎬE ᎻH ᎫJ ᏦK ᏞL ᎷM ᏢP ᏒR ᏚS ᎢT ᏙV ᎳW ᏃZ"
    # Coptic, Lisu
    " ⲟo ⲣp ⲥc ⲕk ⲓi ⲃb ⲁa ⲛn ⲧt ⲩy ⲭx"
    " ꓮA ꓐB ꓚC ꓓD ꓰE ꓝF ꓖG ꓧH ꓲI ꓙJ ꓗK ꓡL ꓟM ꓠN ꓳO ꓑP ꓣR ꓢS ꓔT ꓴU ꓦV ꓪW ꓫX ꓬY ꓜZ"
    # Canadian syllabics
    " ᗩA ᗷB ᑕC ᗪD ᗴE ᖴF ᕼH ᒍJ ᒪL ᗰM ᑎN ᑭP ᖇR ᔕS ᑌU ᐯV ᗯW ᙭X ᖻY"
)
"""Letters of other scripts that look like a Latin one in most typefaces."""

RESEMBLING: Mapping[str, str] = _pairs(
    "вb кk мm нh тt гr пn иu яr ЯR шw ШW ьb ёe ЁE їi ЇI єe ЄE ИN ПN"
    " қk ҝk ҳx ћh ђh ґr ғf ѡw цu зe ЗE дa ДA лn βb γy εe ηn μu σo τt ωw ςs Σe Λa λl Δd"
)
"""Letters that pass for a Latin one only among Latin letters."""

LEET: Mapping[str, str] = _pairs("0o 1i 3e 4a 5s 7t @a $s !i")
"""Digits and signs that stand for a letter between letters."""
