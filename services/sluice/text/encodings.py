"""One way of hiding a text each: a pattern that finds it, and what it says. Linear in the length; nothing is raised.

A decoder answers None for what it cannot read. What it answers is never longer than what it was given.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.entities import html5
from typing import Final

_SIGNALS: Final = """
.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..
----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. .-.-.- --..-- ..--.. -..-. -....-
"""
_MORSE: Final = dict(zip(_SIGNALS.split(), "abcdefghijklmnopqrstuvwxyz0123456789.,?/-", strict=True))
_DASHES: Final = str.maketrans({**dict.fromkeys("−–—_", "-"), **dict.fromkeys("·•∙", ".")})
_NOT_HEX: Final = re.compile(r"\\x|0x|[^0-9a-f]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Encoding:
    """`pattern` finds a run, `decode` reads it. `certain`: what it yields counts without being words ("&#107;")."""

    name: str
    pattern: re.Pattern[str]
    decode: Callable[[str], str | None]
    certain: bool = False


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _base64(run: str) -> str | None:
    joined = "".join(run.split()).rstrip("=").translate(str.maketrans("-_", "+/"))
    if len(joined) % 4 == 1 or joined.islower() or (joined.isalpha() and joined[1:].islower()):
        return None
    try:
        return _text(base64.b64decode(joined + "=" * (-len(joined) % 4), validate=True))
    except binascii.Error:
        return None


def _base32(run: str) -> str | None:
    bare = run.rstrip("=")
    try:
        return _text(base64.b32decode(bare + "=" * (-len(bare) % 8)))
    except binascii.Error:
        return None


def _hex(run: str) -> str | None:
    digits = _NOT_HEX.sub("", run)
    return _text(bytes.fromhex(digits)) if len(digits) % 2 == 0 else None


def _numbers(base: int) -> Callable[[str], str | None]:
    def decode(run: str) -> str | None:
        values = [int(piece, base) for piece in re.findall(r"\d+", run)]
        return "".join(map(chr, values)) if all(9 <= value < 127 for value in values) else None

    return decode


def _binary(run: str) -> str | None:
    bits = "".join(character for character in run if character in "01")
    for size in (8, 7):
        if len(bits) % size == 0:
            found = _text(bytes(int(bits[at : at + size], 2) for at in range(0, len(bits), size)))
            if found is not None and found.isprintable():
                return found
    return None


def _morse(run: str) -> str | None:
    said: list[str] = []
    for word in re.split(r"\s*[/|]\s*|\s{2,}", run.translate(_DASHES).strip()):
        letters = [_MORSE.get(letter) for letter in word.split()]
        if None in letters:
            return None
        said.append("".join(letter for letter in letters if letter))
    return " ".join(said)


def _percent(run: str) -> str | None:
    return _text(bytes.fromhex(run.replace("%", "").replace("=", "")))


def _escape(run: str) -> str | None:
    return _point(int(re.sub(r"[^0-9a-fA-F]", "", run.lower().removeprefix("\\u").removeprefix("u+")), 16))


def _point(value: int) -> str | None:
    return chr(value) if 0 < value < 0x110000 and not 0xD800 <= value < 0xE000 else None


def _entity(run: str) -> str | None:
    name = run[1:].rstrip(";")
    if name.startswith("#"):
        number = name[1:].lower()
        return _point(int(f"0{number}", 16) if number.startswith("x") else int(number))
    return html5.get(f"{name};")


def _of(name: str, pattern: str, decode: Callable[[str], str | None], certain: bool = False) -> Encoding:
    return Encoding(name, re.compile(pattern), decode, certain)


CHARACTERS: Final = (
    _of("html entity", r"&(?:#[xX][0-9a-fA-F]{1,6}|#[0-9]{1,7}|[A-Za-z]{2,24});?", _entity, certain=True),
    _of("percent", r"(?:%[0-9a-fA-F]{2})+", _percent, certain=True),
    _of("quoted printable", r"(?:=[0-9A-F]{2}){3,}", _percent, certain=True),
    _of(
        "escape",
        r"\\u\{?[0-9a-fA-F]{4,6}\}?|\\U[0-9a-fA-F]{8}|[Uu]\+[0-9a-fA-F]{4,6} ?|%u[0-9a-fA-F]{4}",
        _escape,
        True,
    ),
)
"""Encodings of single characters: what they say stands where they stood."""

_RUN64: Final = r"[A-Za-z0-9+/_-]"
_ODD64: Final = rf"(?<![A-Za-z0-9+/_=-])(?=[A-Za-z+/_-]*[0-9]|[A-Za-z+/_-]+[A-Z]){_RUN64}"

RUNS: Final = (
    _of("binary", r"(?<![0-9])[01](?:[\s,]{0,2}[01]){20,}(?![0-9])", _binary),
    _of("decimal", r"(?<![0-9])[0-9]{2,3}(?:[\s,;]{1,2}[0-9]{2,3}){3,}(?![0-9])", _numbers(10)),
    _of("octal", r"(?<![0-9])[0-7]{2,3}(?:[\s,]{1,2}[0-7]{2,3}){3,}(?![0-9])", _numbers(8)),
    _of("octal escape", r"(?:\\[0-7]{2,3}){4,}", _numbers(8)),
    _of(
        "hex",
        r"(?<![0-9A-Za-z])(?:\\x|0x)?[0-9a-fA-F]{2}(?:[\s,:;-]{0,2}(?:\\x|0x)?[0-9a-fA-F]{2}){3,}(?![0-9A-Za-z])",
        _hex,
    ),
    _of("morse", r"[.\-−–—_·•∙]{1,6}(?:[ /|]{1,4}[.\-−–—_·•∙]{1,6}){3,}", _morse),
    _of("base32", r"(?<![A-Za-z0-9])[A-Z2-7]{14,}={0,6}(?![A-Za-z0-9])", _base32),
    _of("base64 in pieces", rf"{_ODD64}{{4,}}(?:\s{{1,2}}{_ODD64}{{2,}})+={{0,2}}", _base64),
    _of("base64", rf"{_ODD64}{{6,}}={{0,2}}", _base64),
)
"""Encodings of whole texts, tried in this order."""
