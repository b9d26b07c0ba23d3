"""Who somebody is: a login or an address of mail, and whether two of them are one person."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sluice.errors import ConfigError
from sluice.vault.errors import RefusedError

MOST_WHY = 500
_NAME = re.compile(r"[a-z0-9][a-z0-9._ -]{0,63}(\+[a-z0-9._-]{0,32})?(@[a-z0-9.-]{1,63})?")
_NOBODY = ("unknown", "nobody", "none", "me", "root", "admin", "operator", "reporter", "sluice")
"""Names that several people go by, or none."""


@dataclass(frozen=True, slots=True)
class People:
    """Who may be named. `spellings`: a spelling, reduced -> the person; empty: anybody, told apart by spelling."""

    spellings: Mapping[str, str]

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """A roster: one person a line, `ann.smith: asmith, ann@example.com`. None: there is no roster.

        Raises ConfigError for a file that cannot be read, a line that is no person's, or a spelling of two people.
        """
        if path is None:
            return cls({})
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise ConfigError([f"SLUICE_VAULT_PEOPLE: {path}: {type(error).__name__}"]) from error
        found: dict[str, str] = {}
        problems = []
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, _, others = line.partition(":")
            try:
                person, *more = [written(one) for one in (name, *filter(str.strip, others.split(",")))]
            except RefusedError as error:
                problems.append(f"SLUICE_VAULT_PEOPLE: {path}, line {number}: {error}")
                continue
            taken = [one for one in (person, *more) if found.setdefault(_reduced(one), person) != person]
            problems += [
                f"SLUICE_VAULT_PEOPLE: {path}, line {number}: {one} is somebody else already" for one in taken
            ]
        if problems or not found:
            raise ConfigError(problems or [f"SLUICE_VAULT_PEOPLE: {path} names nobody"])
        return cls(found)

    def person(self, who: str) -> str:
        """The name that is written down. Raises RefusedError for one that is none, or not in the roster."""
        name = written(who)
        if not self.spellings:
            return name
        known = self.spellings.get(_reduced(name))
        if known is None:
            raise RefusedError(f"{name} is not in the roster of people who may do this (SLUICE_VAULT_PEOPLE)")
        return known

    def same(self, one: str, other: str) -> bool:
        """Whether two names are, or may be, one person. In doubt they are: case, width, dots, the order of the
        words, what follows a plus, and the domain do not make another person."""
        if self.spellings:
            return self.person(one) == self.person(other)
        first, second = written(one), written(other)
        return _reduced(first) == _reduced(second) or _words(first) == _words(second)


def written(who: str) -> str:
    """A name in small ASCII letters. Raises RefusedError.

    Other alphabets have letters that look like these: a second person would be one keystroke away.
    """
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", who).casefold()).strip()
    if name in _NOBODY or not _NAME.fullmatch(name):
        raise RefusedError("a person is named by a login or a mail address: ASCII letters, digits and . _ - + @")
    return name


def reason(why: str) -> str:
    """Why somebody does it, as one line. Raises RefusedError for none, or more than 500 characters."""
    text = " ".join(unicodedata.normalize("NFC", why).split())
    if not text or len(text) > MOST_WHY or not text.isprintable():
        raise RefusedError(f"say why, in one line of at most {MOST_WHY} printable characters")
    return text


def line(text: str) -> str:
    """What somebody wrote elsewhere, as one line of at most 500 printable characters; refuses nothing."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())[:MOST_WHY]


def _local(name: str) -> str:
    return name.partition("@")[0].partition("+")[0]


def _reduced(name: str) -> str:
    return re.sub(r"[._ -]", "", _local(name))


def _words(name: str) -> list[str]:
    return sorted(word for word in re.split(r"[._ -]+", _local(name)) if word)
