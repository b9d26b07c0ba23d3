"""An entry as a list has it: an id, and what is known of the picture."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sluice.hashes.sections import DIGEST_BYTES, HASH_BYTES
from sluice.hashing import PDQ_MIN_QUALITY

COLUMNS = ("id", "pdq", "quality", "md5", "sha1", "sha256")
"""Of a list's file."""

SIZES: Mapping[str, int] = {"pdq": HASH_BYTES, **DIGEST_BYTES}
"""Kind of digest -> bytes."""

MOST_QUALITY = 100

_ID = re.compile(r"[!-~]{1,128}")
_HEX = re.compile(r"[0-9a-fA-F]*")


@dataclass(frozen=True, slots=True)
class Listed:
    """A known picture: its id within the bank and at least one digest; those that are not known are empty."""

    id: str
    pdq: bytes = b""
    quality: int | None = None
    """Of the PDQ hash, 0..100; None where the list does not say."""
    md5: bytes = b""
    sha1: bytes = b""
    sha256: bytes = b""

    @property
    def plain(self) -> bool:
        """Whether its PDQ hash says too little: it matches strangers."""
        return bool(self.pdq) and self.quality is not None and self.quality < PDQ_MIN_QUALITY

    @property
    def exact(self) -> Mapping[str, bytes]:
        """The exact digests that are known, by kind."""
        found = {"sha256": self.sha256, "sha1": self.sha1, "md5": self.md5}
        return {kind: digest for kind, digest in found.items() if digest}

    def row(self) -> dict[str, str | int]:
        """As a line of a list has it; what is not known is left out."""
        found: dict[str, str | int] = {"id": self.id}
        found |= {kind: value.hex() for kind in SIZES if (value := getattr(self, kind))}
        return found if self.quality is None else {**found, "quality": self.quality}


def good_id(text: str) -> bool:
    """Whether an entry may be called that: 1 to 128 printable ASCII characters without spaces."""
    return _ID.fullmatch(text) is not None


def read_listed(values: Mapping[str, str]) -> tuple[list[str], Listed | None]:
    """What is wrong with a line, and the entry where nothing is. `values`: column -> text; a missing one is empty.

    A PDQ hash of too low a quality is not wrong here: who keeps the entry must look at `plain`.
    """
    given = {column: values.get(column, "") for column in COLUMNS}
    wrong = [
        f"{kind} should be {2 * size} hexadecimal digits"
        for kind, size in SIZES.items()
        if given[kind] and not (len(given[kind]) == 2 * size and _HEX.fullmatch(given[kind]))
    ]
    if not good_id(given["id"]):
        wrong.append("id should be 1 to 128 printable ASCII characters without spaces")
    if not any(given[kind] for kind in SIZES):
        wrong.append(f"none of {', '.join(SIZES)}")
    quality = given["quality"]
    if quality and not (
        quality.isascii() and quality.isdecimal() and len(quality) <= 3 and int(quality) <= MOST_QUALITY
    ):
        wrong.append("quality should be a number from 0 to 100, or empty")
    if wrong:
        return wrong, None
    digests = {kind: bytes.fromhex(given[kind]) for kind in SIZES}
    return [], Listed(id=given["id"], quality=int(quality) if quality else None, **digests)
