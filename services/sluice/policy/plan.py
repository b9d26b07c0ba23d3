"""The plain half of the policy language without CEL: the same answers for a small part of the cost.

Most rules hold scores against thresholds and words against lists. A condition made of nothing else is read once,
when the policy is loaded, into Python functions. Everything else is left to CEL, and so is every request for which
CEL would say neither true nor false (a score that is not a number, or is not there).

    any     all { "||" all }                    all     one { "&&" one }
    one     "!" one | "(" any ")" | test        ("!" binds tighter than a comparison: it takes no bare one)
    test    number (">=" | ">" | "<=" | "<") number         size ("==" | "!=") digits
            word ("==" | "!=") text             word "in" "[" text { "," text } "]"
            word ".startsWith(" text ")"        word ".endsWith(" text ")"
            list "." macro "(" name "," any ")"             whose tests are about a content too, below
    number  score("...") | threshold("...") | digits [ "." digits ] | size
    size    "size(" list ")"
    word    stage | operation | age_band | tenant
    list    contents | uploads | generated
    macro   exists | exists_one | all

Of a content, with the name that the macro gave it:

    test    name.known_csam | has(name.numbers.key) | text "in" name.numbers
            name.matches "." macro "(" name "," any ")"     whose tests are entry.test and about words of it
    number  name.numbers.key | name.numbers["key"]
    size    "size(" name.matches ")"
    word    name.id | name.role | name.kind | name.person;  entry.list | entry.entry | entry.kind | entry.method
    numbers scores | signals

Where only some of the parts that must all hold are plain, those are the condition's guard: CEL is asked if they hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from sluice.policy.facts import FUNCTIONS, VARIABLES, ContentFacts, Facts
from sluice.policy.plan_tests import (
    COMPARISONS,
    EQUALITIES,
    LISTS,
    Numbers,
    Test,
    Things,
    Unplanned,
    Value,
    all_of,
    compared,
    constant,
    count,
    entries,
    every,
    exists_one,
    flag,
    in_list,
    is_there,
    negated,
    number_of,
    of_request,
    score,
    score_and_threshold,
    some_content,
    some_entry,
    threshold,
    word_begins,
    word_ends,
    word_in,
)
from sluice.policy.plan_tokens import NotPlain, Reader, Token, conjuncts, tokens
from sluice.v1.verdict_pb2 import ListMatch

__all__ = ["Plan", "Unplanned", "guard", "plan"]

_T = TypeVar("_T")
_Each = TypeVar("_Each")
_Of_contra = TypeVar("_Of_contra", contravariant=True)
Plan = Test[Facts]
"""Called with the request's facts, twice. Raises Unplanned for requests of which CEL must be asked."""

_WORDS = frozenset({"stage", "operation", "age_band", "tenant"})
_CONTENT_WORDS = frozenset({"id", "role", "kind", "person"})
_ENTRY_WORDS = frozenset({"list", "entry", "kind", "method"})
_NUMBERS: dict[str, Numbers] = {"scores": "scores", "signals": "signals"}
_TAKEN = VARIABLES | FUNCTIONS | {"has", "in", "true", "false", "null", "size"}
"""What no content or entry can be called here: it would hide something, or be none to CEL."""


def plan(condition: str, categories: frozenset[str]) -> Plan | None:
    """A function that says of a request what CEL says of the condition; None where that takes CEL.

    `categories`: those that exist.
    """
    found = tokens(condition)
    return None if found is None else _plan(found, categories)


def guard(condition: str, categories: frozenset[str]) -> Plan | None:
    """A function that is false only where CEL says false, of a condition without a plan; None where none is plain."""
    found = tokens(condition)
    if found is None:
        return None
    parts = [part for part in (_plan(part, categories) for part in conjuncts(found)) if part is not None]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else all_of(tuple(parts))


def _plan(found: Sequence[Token], categories: frozenset[str]) -> Plan | None:
    reader = _Reader(found, categories)
    try:
        read = reader.any(reader.about_request)
        reader.take("end")
    except (NotPlain, RecursionError):
        return None
    return read


class _Reader(Reader):
    """Reads a condition."""

    def __init__(self, found: Sequence[Token], categories: frozenset[str]) -> None:
        super().__init__(found)
        self._categories = categories
        self._content = ""
        self._entry = ""

    def about_request(self) -> tuple[Test[Facts], bool]:
        """A test about the request."""
        kind, text = self.ahead
        if kind == "name" and text in LISTS:
            self.take("name")
            return self._macro(in_list(text), self._contents, partial(some_content, text)), True
        return self._request_word() or self._compared(self._number(), self._number)

    def _contents(self, name: str) -> Test[ContentFacts]:
        self._content = name
        holds = self.any(self._about_content)
        self._content = ""
        return holds

    def _about_content(self) -> tuple[Test[ContentFacts], bool]:
        kind, text = self.ahead
        if kind == "text":
            key = self.text()
            self.take("name", "in")
            self._field_of_content()
            return is_there(self._numbers(), key), False
        if self.next("has", "name"):
            self.take("sign", "(")
            self._field_of_content()
            field = self._numbers()
            self.take("sign", ".")
            key = self.take("name")
            self.take("sign", ")")
            return is_there(field, key), True
        if (kind, text) != ("name", self._content):
            left = self._number_of_content
            return self._request_word() or self._compared(left(), left)
        self._field_of_content()
        if self.ahead[1] in _NUMBERS:
            return self._compared(self._keyed(), self._number_of_content)
        if self.next("known_csam", "name"):
            return flag("known_csam"), True
        if self.next("matches", "name"):
            return self._macro(entries, self._entries, some_entry), True
        return self._word(_CONTENT_WORDS)

    def _entries(self, name: str) -> Test[ListMatch]:
        self._entry = name
        holds = self.any(self._about_entry)
        self._entry = ""
        return holds

    def _about_entry(self) -> tuple[Test[ListMatch], bool]:
        self.take("name", self._entry)
        self.take("sign", ".")
        if self.next("test", "name"):
            return flag("test"), True
        return self._word(_ENTRY_WORDS)

    def _macro(
        self, things: Things[_T, _Each], about: Callable[[str], Test[_Each]], some: Callable[[Test[_Each]], Test[_T]]
    ) -> Test[_T]:
        self.take("sign", ".")
        macro = self.take("name", "exists", "exists_one", "all")
        self.take("sign", "(")
        name = self.take("name")
        if name in _TAKEN or name == self._content:
            raise NotPlain
        self.take("sign", ",")
        holds = about(name)
        self.take("sign", ")")
        if macro == "exists":
            return some(holds)
        return every(things, holds) if macro == "all" else exists_one(things, holds)

    def _field_of_content(self) -> None:
        self.take("name", self._content)
        self.take("sign", ".")

    def _numbers(self) -> Numbers:
        return _NUMBERS[self.take("name", *_NUMBERS)]

    def _request_word(self) -> tuple[Test[object], bool] | None:
        kind, text = self.ahead
        if kind != "name" or text not in _WORDS:
            return None
        test, alone = self._word(_WORDS)
        return of_request(test), alone

    def _word(self, names: frozenset[str]) -> tuple[Test[object], bool]:
        name = self.take("name", *names)
        if self.next("."):
            made = word_begins if self.take("name", "startsWith", "endsWith") == "startsWith" else word_ends
            self.take("sign", "(")
            text = self.text()
            self.take("sign", ")")
            return made(name, text), True
        if self.next("in", "name"):
            self.take("sign", "[")
            texts = [self.text()]
            while self.next(","):
                texts.append(self.text())
            self.take("sign", "]")
            return word_in(name, frozenset(texts)), False
        same = self.take("sign", "==", "!=") == "=="
        found: Test[object] = word_in(name, frozenset({self.text()}))
        return found if same else negated(found), False

    def _compared(self, left: "_Number[_T]", read: "Callable[[], _Number[_T]]") -> tuple[Test[_T], bool]:
        sign = self.take("sign", *COMPARISONS, *EQUALITIES)
        right = read()
        if sign in EQUALITIES:
            # Nobody asks whether a score is just so; of what is counted there is no doubt.
            if (left.kind, right.kind) != ("size", "digits"):
                raise NotPlain
            return compared(left.value, EQUALITIES[sign], right.value), False
        compare = COMPARISONS[sign]
        if left.kind == "score" and right.kind == "threshold":
            return score_and_threshold(left.name, compare, right.name), False
        return compared(left.value, compare, right.value), False

    def _number_of_content(self) -> "_Number[ContentFacts]":
        if self.ahead == ("name", self._content):
            self._field_of_content()
            return self._keyed()
        if self.starts("size", "(", self._content, ".", "matches", ")"):
            for kind in ("name", "sign", "name", "sign", "name", "sign"):
                self.take(kind)
            return _Number("size", "", count(entries))
        return self._number()

    def _keyed(self) -> "_Number[ContentFacts]":
        field = self._numbers()
        if self.next("["):
            key = self.text()
            self.take("sign", "]")
        else:
            self.take("sign", ".")
            key = self.take("name")
        return _Number("keyed", key, number_of(field, key))

    def _number(self) -> "_Number[object]":
        kind, text = self.ahead
        if kind == "number":
            self.take("number")
            return _Number("constant" if "." in text else "digits", "", constant(float(text)))
        if self.next("size", "name"):
            self.take("sign", "(")
            found: Value[object] = count(in_list(self.take("name", *LISTS)))
            self.take("sign", ")")
            return _Number("size", "", found)
        asked = self.take("name", *FUNCTIONS)
        self.take("sign", "(")
        name = self.text()
        self.take("sign", ")")
        if asked == "threshold":
            return _Number(asked, name, threshold(name))
        if name not in self._categories:
            raise NotPlain
        return _Number(asked, name, score(name))


@dataclass(frozen=True, slots=True)
class _Number(Generic[_Of_contra]):
    """A number of a condition, and where it comes from."""

    kind: str
    name: str
    value: Value[_Of_contra]
