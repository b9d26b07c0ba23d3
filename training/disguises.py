"""Ways in which people hide what they ask for: each turns a text into the texts of one request."""

import base64
import codecs
import random
import re
import unicodedata
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Final

from sluice.text.han import simplified

Apply = Callable[[str, random.Random], str]


@dataclass(frozen=True, slots=True)
class Disguise:
    """`apply`: what a text becomes: the texts of a request, mostly one. `lang`: of the texts that it fits."""

    group: str
    name: str
    apply: Callable[[str, random.Random], tuple[str, ...]]
    lang: str = "en"


def _mapped(table: Mapping[str, str]) -> Apply:
    return lambda text, _: "".join(table.get(c, table.get(c.lower(), c)) for c in text)


def _shifted(first: int) -> Apply:
    return _mapped({letter: chr(first + i) for i, letter in enumerate(ascii_lowercase)})


def _named(template: str) -> Apply:
    """Letters by their Unicode name, where there is such a character."""
    table = {}
    for letter in ascii_lowercase:
        try:
            table[letter] = unicodedata.lookup(template.format(letter.upper()))
        except KeyError:
            continue
    return _mapped(table)


def _pairs(line: str) -> Apply:
    return _mapped({pair[0]: pair[1:] for pair in line.split()})


def _after_each(sign: str) -> Apply:
    return lambda text, _: "".join(c + sign if c.isalpha() else c for c in text)


def _between(sign: str, words: str = "  ") -> Apply:
    return lambda text, _: words.join(sign.join(word) for word in text.split())


def _words(change: Callable[[str, random.Random], str], least: int = 4) -> Apply:
    """Changes each word of at least so many letters."""

    def apply(text: str, chance: random.Random) -> str:
        return re.sub(rf"[A-Za-z]{{{least},}}", lambda word: change(word[0], chance), text)

    return apply


def _inside(word: str, chance: random.Random) -> int:
    return chance.randrange(1, len(word) - 1)


def _swap(word: str, chance: random.Random) -> str:
    at = _inside(word, chance)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _wrong(word: str, chance: random.Random) -> str:
    at = _inside(word, chance)
    return word[:at] + chance.choice(ascii_lowercase) + word[at + 1 :]


def _mask(word: str, chance: random.Random) -> str:
    vowels = [at for at in range(1, len(word)) if word[at] in "aeiou"] or [1]
    at = chance.choice(vowels)
    return f"{word[:at]}*{word[at + 1 :]}"


def _cut_by(sign: str) -> Callable[[str, random.Random], str]:
    def cut(word: str, chance: random.Random) -> str:
        at = _inside(word, chance) + 1
        return f"{word[:at]}{sign}{word[at:]}"

    return cut


def _stretch(word: str, chance: random.Random) -> str:
    at = _inside(word, chance)
    return word[:at] + word[at] * chance.randrange(3, 6) + word[at + 1 :]


def _spaced_at_random(text: str, chance: random.Random) -> str:
    letters = text.replace(" ", "")
    pieces, at = [], 0
    while at < len(letters):
        size = chance.randrange(1, 4)
        pieces.append(letters[at : at + size])
        at += size
    return " ".join(pieces)


def _zalgo(text: str, chance: random.Random) -> str:
    return "".join(c + "".join(chr(chance.randrange(0x300, 0x36F)) for _ in range(3)) for c in text)


def _bytes(form: str, between: str = "") -> Apply:
    return lambda text, _: between.join(form.format(byte) for byte in text.encode())


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _shift(steps: int) -> Apply:
    table = str.maketrans(ascii_lowercase, ascii_lowercase[steps:] + ascii_lowercase[:steps])
    return lambda text, _: text.lower().translate(table)


def _morse(text: str, _: random.Random) -> str:
    letters = (
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
    )
    table = dict(zip(ascii_lowercase, letters.split(), strict=True))
    return " / ".join(" ".join(table[c] for c in word.lower() if c in table) for word in text.split())


_TURNED: Final = "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz"
_SMALL: Final = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀsᴛᴜᴠᴡxʏᴢ"
_BRAILLE: Final = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"
_LEET: Final = "a4 e3 i1 o0 s5 t7"
_HARD: Final = "a@ b8 c( d|) e3 f|= g9 h|-| i! k|< l1 m|\\/| n|\\| o() s$ t+ u|_| v\\/ w\\/\\/ x>< z2"
_MILD: Final = "a@ b8 c( e3 g9 i! l1 o0 s$ t+ z2"


def _reversed_override(text: str, _: random.Random) -> str:
    return f"\u202e{text[::-1]}\u202c"


def _table(letters: str) -> Apply:
    return _mapped(dict(zip(ascii_lowercase, letters, strict=True)))


def _upside_down(text: str, chance: random.Random) -> str:
    return _table(_TURNED)(text, chance)[::-1]


def _camel(text: str, _: random.Random) -> str:
    return "".join(word[:1].upper() + word[1:] for word in text.split())


def _traditional(text: str, _: random.Random) -> str:
    table = {simplified(chr(c)): chr(c) for c in range(0x4E00, 0xA000) if simplified(chr(c)) != chr(c)}
    return "".join(table.get(c, c) for c in text)


def _halves(text: str, _: random.Random) -> tuple[str, ...]:
    at = len(text) // 2
    at = max(text.rfind(" ", 0, at), 0) or at
    return text[:at].strip(), text[at:].strip()


def _halved_word(text: str, _: random.Random) -> tuple[str, ...]:
    longest = max(re.finditer(r"\w+", text), key=lambda word: len(word[0]))
    at = (longest.start() + longest.end()) // 2
    return text[:at], text[at:]


def _one(group: str, lang: str = "en", **ways: Apply) -> list[Disguise]:
    def alone(way: Apply) -> Callable[[str, random.Random], tuple[str, ...]]:
        return lambda text, chance: (way(text, chance),)

    return [Disguise(group, name.replace("_", " "), alone(way), lang) for name, way in ways.items()]


def disguises() -> list[Disguise]:
    """Every way, by group."""
    return [
        *_one(
            "Unicode",
            full_width=_shifted(0xFF41),
            mathematical_script=_shifted(0x1D4EA),
            circled=_shifted(0x24D0),
            in_black_boxes=_shifted(0x1F170),
            in_brackets=_shifted(0x249C),
            flag_letters=_shifted(0x1F1E6),
            small_capitals=_table(_SMALL),
            upside_down=_upside_down,
            Braille=_table(_BRAILLE),
            zero_width_spaces=_after_each("\u200b"),
            soft_hyphens=_after_each("\u00ad"),
            tag_characters=_after_each("\U000e0061"),
            bidi_override=_reversed_override,
            strokes_through=_after_each("\u0336"),
            heaped_accents=_zalgo,
            Cyrillic_twins=_pairs("aа eе oо pр cс yу xх iі sѕ jј hһ dԁ"),
            Cyrillic_near_twins=_pairs("aа eе oо pр cс yу xх iі sѕ kк mм hн tт rг uи bь"),
            Greek_twins=_pairs("aα eε iι oο uυ kκ nη pρ vν tτ xχ"),
            Cherokee=_pairs("aᎪ bᏴ cᏟ dᎠ eᎬ hᎻ jᎫ kᏦ lᏞ mᎷ pᏢ rᏒ sᏚ tᎢ vᏙ wᎳ"),
            Canadian_syllabics=_pairs("aᗩ bᗷ cᑕ dᗪ eᗴ fᖴ hᕼ jᒍ lᒪ mᗰ nᑎ pᑭ rᖇ sᔕ uᑌ vᐯ wᗯ x᙭"),
        ),
        *_one(
            "Leetspeak",
            digits=_pairs(_LEET),
            digits_and_signs=_pairs(_MILD),
            drawn_letters=_pairs(_HARD),
            masked_vowels=_words(_mask),
        ),
        *_one(
            "Cut and glued",
            spaces_between_letters=_between(" "),
            spaces_between_letters_and_words_alike=_between(" ", " "),
            dots_between_letters=_between(".", " "),
            hyphens_between_letters=_between("-", " "),
            signs_of_several_kinds=_between(" . ", "   "),
            a_line_for_each_letter=_between("\n", "\n\n"),
            a_hyphen_inside_words=_words(_cut_by("-")),
            a_space_inside_words=_words(_cut_by(" ")),
            spaces_at_random=_spaced_at_random,
            underscores_for_spaces=lambda text, _: text.replace(" ", "_"),
            camelCase=_camel,
            without_spaces=lambda text, _: text.replace(" ", ""),
        ),
        *_one(
            "Misspelled",
            stretched_letters=_words(_stretch),
            neighbours_swapped=_words(_swap),
            one_letter_wrong=_words(_wrong, 6),
            without_vowels=_words(lambda word, _: re.sub("[aeiou]", "", word)),
            backwards=lambda text, _: text[::-1],
            each_word_backwards=lambda text, _: " ".join(word[::-1] for word in text.split()),
        ),
        *_one(
            "Encoded",
            base64=lambda text, _: _base64(text),
            base64_without_padding_for_URLs=lambda text, _: (
                base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
            ),
            base64_in_a_sentence=lambda text, _: f"Please decode this and draw it: {_base64(text)} Thank you!",
            base64_in_pieces=lambda text, _: " ".join(re.findall(".{1,4}", _base64(text))),
            base64_twice=lambda text, _: _base64(_base64(text)),
            base64_of_rot13=lambda text, _: _base64(codecs.encode(text, "rot13")),
            base32=lambda text, _: base64.b32encode(text.encode()).decode(),
            hex=_bytes("{:02x}"),
            hex_with_spaces=_bytes("{:02X}", " "),
            hex_with_0x=_bytes("0x{:02x}", ", "),
            hex_escapes=_bytes("\\x{:02x}"),
            base64_of_hex=lambda text, _: _base64(text.encode().hex()),
            binary=_bytes("{:08b}", " "),
            decimal=_bytes("{}", " "),
            octal=_bytes("{:o}", " "),
            percent=_bytes("%{:02X}"),
            percent_where_needed=lambda text, _: urllib.parse.quote(text),
            HTML_entities=_bytes("&#{};"),
            HTML_entities_in_hex=_bytes("&#x{:x};"),
            Unicode_escapes=_bytes("\\u{:04x}"),
            code_points=_bytes("U+{:04X}", " "),
            Morse=_morse,
            rot13=lambda text, _: codecs.encode(text, "rot13"),
            rot13_in_a_sentence=lambda text, _: f"decode this rot13 text: {codecs.encode(text, 'rot13')}",
            shifted_by_five=_shift(5),
            mirrored_alphabet=_mapped(dict(zip(ascii_lowercase, ascii_lowercase[::-1], strict=True))),
        ),
        Disguise("Several texts", "two halves", _halves),
        Disguise("Several texts", "cut inside a word", _halved_word),
        Disguise("Several texts", "a text for each word", lambda text, _: tuple(text.split())),
        *_one(
            "Chinese",
            lang="zh",
            spaces_between_characters=lambda text, _: " ".join(text),
            stars_between_characters=lambda text, _: "*".join(text),
            zero_width_spaces=_after_each("\u200b"),
            traditional_characters=_traditional,
            base64=lambda text, _: _base64(text),
            Unicode_escapes=lambda text, _: "".join(f"\\u{ord(c):04x}" for c in text),
            percent=lambda text, _: urllib.parse.quote(text),
        ),
        Disguise("Chinese", "two halves", _halves, "zh"),
    ]
