"""What a name list is: entries with their names, and a digest of everything that decides what matches."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class ListKind(StrEnum):
    """Why a name is on a list: GPT-4o image card I15 (artists) and I16 (public figures)."""

    ARTIST = "artist-living"
    OPTED_OUT = "public-figure-opted-out"
    MINOR = "public-minor"


@dataclass(frozen=True, slots=True)
class Term:
    """One way to write a name. `style_only`: it is also a common word or many people's name, so that it counts only
    where a style is asked for."""

    text: str
    style_only: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A person. `terms`: the name and the aliases."""

    id: str
    kind: ListKind
    terms: tuple[Term, ...]
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NameList:
    """The entries of one file. `name`: the file's, without its ending; what a match calls the list."""

    name: str
    entries: tuple[Entry, ...]
    digest: bytes = field(init=False)
    """SHA-256 of what decides what matches and how it is reported; order, sources and notes do not."""

    def __post_init__(self) -> None:
        rows = [
            [entry.id, entry.kind.value, *sorted([term.text, term.style_only] for term in entry.terms)]
            for entry in sorted(self.entries, key=lambda entry: entry.id)
        ]
        object.__setattr__(self, "digest", _digest([[self.name], *rows]))


def digest_of(lists: Sequence[NameList]) -> bytes:
    """SHA-256 of all lists together, 32 bytes. The order of the lists does not matter."""
    return _digest([found.name, found.digest.hex()] for found in sorted(lists, key=lambda found: found.name))


def _digest(rows: Iterable[Sequence[object]]) -> bytes:
    whole = hashlib.sha256()
    for row in rows:
        whole.update(json.dumps(row, separators=(",", ":")).encode() + b"\n")
    return whole.digest()
