"""Looks for what must not be there, in every form that it could be carried in."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

_HEAD = (0, 2, 3)
"""Characters of base64 that hold bits of what stands before: none, one or two bytes beyond a multiple of three."""


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """`secret` lies in `place` as `form`."""

    place: str
    secret: str
    form: str


def forms(secret: bytes) -> dict[str, bytes]:
    """How bytes are written down: each form by its name, in lower case where the case of its letters is arbitrary."""
    letters = secret.decode("latin-1")
    found = {
        "as it is": secret.lower(),
        "hex": secret.hex().encode(),
        "hex with colons": secret.hex(":").encode(),
        "hex with spaces": secret.hex(" ").encode(),
        "percent-encoded": quote_from_bytes(secret, safe="").lower().encode(),
        "percent-encoded throughout": "".join(f"%{each:02x}" for each in secret).encode(),
        "as Python writes it": repr(secret)[2:-1].lower().encode(),
        "as JSON writes it": json.dumps(letters)[1:-1].lower().encode(),
        "as a line of our log writes it": json.dumps(letters, ensure_ascii=False)[1:-1].encode().lower(),
        "as Latin-1 in UTF-8": letters.encode().lower(),
        "UTF-16": letters.encode("utf-16-le").lower(),
        "backwards": secret[::-1].lower(),
    }
    for name, between in (("commas", ","), ("commas and spaces", ", "), ("spaces", " ")):
        found[f"numbers with {name}"] = between.join(map(str, secret)).encode()
    return found


def exact_forms(secret: bytes) -> dict[str, bytes]:
    """Forms in which the case of a letter says something: base64, wherever in a longer text the secret begins."""
    found = {}
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret).rstrip(b"=")
        # The last character may hold bits of what comes behind.
        kept = encoded[_HEAD[before] : None if (before + len(secret)) % 3 == 0 else -1]
        found[f"base64 after {before}"] = kept
        found[f"base64url after {before}"] = kept.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def leaks(places: Mapping[str, bytes], secrets: Mapping[str, bytes]) -> list[Leak]:
    """Every secret that lies in a place, by the names of both.

    A secret should be some ten bytes that occur nowhere else: long enough never to be met by chance, short enough to
    be found in what was cut.
    """
    found: list[Leak] = []
    for name, secret in secrets.items():
        # Many forms of plain letters are the same: the first one gives its name.
        folded = {needle: form for form, needle in reversed(forms(secret).items())}
        exact = {needle: form for form, needle in reversed(exact_forms(secret).items())}
        for place, held in places.items():
            lower = held.lower()
            found += [Leak(place, name, form) for needle, form in folded.items() if needle in lower]
            found += [Leak(place, name, form) for needle, form in exact.items() if needle in held]
    return sorted(found)
