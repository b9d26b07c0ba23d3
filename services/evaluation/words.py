"""What people write for allow and block, for categories, persons and age bands. Liberal, and never a guess."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sluice.categories import CATEGORIES
from sluice.check import Person
from sluice.contract.names import number_of
from sluice.v1.request_pb2 import AgeBand

_UNSAFE: Final = frozenset({
    "block", "blocked", "unsafe", "1", "true", "yes", "harmful", "disallow", "disallowed", "refuse", "refused",
    "violating", "violation", "review", "flagged", "malicious", "toxic",
})  # fmt: skip
_SAFE: Final = frozenset({
    "allow", "allowed", "safe", "0", "false", "no", "harmless", "benign", "compliant", "ok", "none", "unflagged",
    "clean",
})  # fmt: skip
_PEOPLE: Final = {person.value: person for person in Person} | {"NOBODY": Person.NONE, "NO_PERSON": Person.NONE}


def _letters(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower())


_CATEGORIES: Final = {_letters(category): category for category in CATEGORIES}


@dataclass(frozen=True, slots=True)
class Labels:
    """What a row says of categories. `negative`: those it denies; None: every one that is not in `positive`.

    `unknown`: how many of its words are no category of ours; they make the row unsafe all the same.
    """

    positive: frozenset[str]
    negative: frozenset[str] | None = None
    unknown: int = 0

    @property
    def unsafe(self) -> bool:
        """Whether it names anything."""
        return bool(self.positive) or self.unknown > 0

    def of(self, category: str) -> bool | None:
        """Whether the row is of the category; None where it does not say."""
        if category in self.positive:
            return True
        return False if self.negative is None or category in self.negative else None


def read_unsafe(value: object) -> bool | None:
    """allow or block, as a word, a number or a truth value; None for what is neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value) if value in (0, 1) else None
    if not isinstance(value, str):
        return None
    word = value.strip().lower()
    if word in ("0.0", "1.0"):
        return word == "1.0"
    return True if word in _UNSAFE else False if word in _SAFE else None


def read_labels(value: object) -> Labels | None:
    """Categories: a list, words between commas, JSON of a list, or {category: 1 or 0} where
    what is absent is unknown.

    Case and punctuation of a category do not matter: self_harm, SELF-HARM. None for what is none of these.
    """
    if isinstance(value, str):
        if value.strip()[:1] in ("[", "{"):
            try:
                return read_labels(json.loads(value))
            except json.JSONDecodeError:
                return None
        value = [word for word in re.split(r"[,;|]", value) if word.strip()]
    if isinstance(value, Mapping):
        truths = {_letters(str(name)): read_unsafe(truth) for name, truth in value.items()}
        named = {_CATEGORIES[name]: truth for name, truth in truths.items() if name in _CATEGORIES}
        return Labels(
            frozenset(name for name, truth in named.items() if truth),
            frozenset(name for name, truth in named.items() if truth is False),
            sum(bool(truth) for name, truth in truths.items() if name not in _CATEGORIES),
        )
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        return None
    words = [_letters(word) for word in value]
    known = frozenset(_CATEGORIES[word] for word in words if word in _CATEGORIES)
    return Labels(known, None, sum(word not in _CATEGORIES for word in words))


def category_of(word: str) -> str | None:
    """The category that a word names, if any."""
    return _CATEGORIES.get(_letters(word))


def read_person(value: object) -> Person | None:
    """NONE, ADULT or CHILD as GPT-4o image card I13 folds them; None for what is no such word.

    A list, or words between commas, is a picture with several people: a child among them makes it CHILD. A person
    whose age cannot be told counts as a child.
    """
    words = value if isinstance(value, list | tuple) else str(value).split(",")
    people = [_PEOPLE.get(str(word).strip().upper().replace(" ", "_").replace("-", "_")) for word in words]
    known = [person for person in people if person is not None]
    return fold_people(known) if known and len(known) == len(people) else None


def fold_people(people: list[Person]) -> Person:
    """One word for a picture: a child, or somebody of unknown age, before an adult before nobody (card I13)."""
    if Person.CHILD in people or Person.AGE_UNKNOWN in people:
        return Person.CHILD
    return Person.ADULT if Person.ADULT in people else Person.NONE


def read_age_band(value: object) -> AgeBand.ValueType | None:
    """An age band by its word; UNKNOWN where nothing is given; None for what is no such word."""
    if value is None or value == "":
        return AgeBand.AGE_BAND_UNKNOWN
    return number_of(AgeBand, value.replace("-", "_").replace(" ", "_")) if isinstance(value, str) else None
