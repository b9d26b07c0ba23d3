"""The plain half of the policy language without CEL: the same answers for a small part of the cost.

Most rules hold scores against thresholds and words against lists. A condition made of nothing else is read once,
when the policy is loaded, into Python functions. Everything else is left to CEL, and so is every request for which
CEL would say neither true nor false (a score that is not a number).

    any     all { "||" all }                    all     one { "&&" one }
    one     "!" one | "(" any ")" | test        ("!" binds tighter than a comparison: it takes no bare one)
    test    number (">=" | ">" | "<=" | "<") number
            word ("==" | "!=") text             word "in" "[" text { "," text } "]"
            list ".exists(" name "," any ")"    whose tests are about name.field
    number  score("...") | threshold("...") | digits "." digits
    word    stage | operation | age_band | tenant | name.id | name.role | name.kind | name.person
    list    contents | uploads | generated      also a test: name.known_csam
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeVar

from sluice.policy.facts import ContentFacts, Facts

Plan = Callable[[Facts], bool]
_Each = Callable[[ContentFacts], bool]
_Number = tuple[Literal["score", "threshold", "constant"], str, float]
"""What it is; the category; the value."""
_T = TypeVar("_T")
_Token = tuple[str, str]
"""Kind and text; kinds are the names of the groups of `_TOKEN`, and "end"."""

_WORDS = frozenset({"stage", "operation", "age_band", "tenant"})
_LISTS = frozenset({"contents", "uploads", "generated"})
_CONTENT_WORDS = frozenset({"id", "role", "kind", "person"})
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
_BLANKS = " \t\n\r\f"
_TOKEN = re.compile(
    r"""[ \t\n\r\f]*(?:
        (?P<text>"[^"\\\r\n]*"|'[^'\\\r\n]*')
      | (?P<number>[0-9]+\.[0-9]+)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>&&|\|\||[=!<>]=|[<>!().,\[\]])
    )""",
    re.VERBOSE,
)


class Unplanned(Exception):  # noqa: N818 - not an error: the question goes to CEL
    """Of this request only CEL can tell."""


def plan(condition: str, categories: frozenset[str]) -> Plan | None:
    """A function that says of a request what CEL says of the condition; None where that takes CEL.

    The function raises Unplanned for requests of which CEL must be asked. `categories`: those that exist.
    """
    tokens = _tokens(condition)
    if tokens is None:
        return None
    reader = _Reader(tokens, categories)
    try:
        found = reader.any(reader.about_request)
        reader.take("end")
    except _NotPlain:
        return None
    return found


class _NotPlain(Exception):  # noqa: N818 - not an error: the condition goes to CEL
    pass


def _tokens(condition: str) -> Sequence[_Token] | None:
    found: list[_Token] = []
    condition = condition.rstrip(_BLANKS)
    at = 0
    while at < len(condition):
        match = _TOKEN.match(condition, at)
        if match is None or match.lastgroup is None:
            return None
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return [*found, ("end", "")]


class _Reader:
    """Reads tokens from left to right. `_NotPlain` at the first that does not belong to the plain half."""

    def __init__(self, tokens: Sequence[_Token], categories: frozenset[str]) -> None:
        self._tokens = tokens
        self._categories = categories
        self._at = 0
        self._item = ""

    def take(self, kind: str, *texts: str) -> str:
        """The next token's text, which must be of the kind and one of the texts, where any are given."""
        found, text = self._tokens[self._at]
        if found != kind or (texts and text not in texts):
            raise _NotPlain
        self._at += 1
        return text

    def any(self, test: Callable[[], tuple[Callable[[_T], bool], bool]]) -> Callable[[_T], bool]:
        """Conditions of which one must hold. `test` reads a test and says whether "!" can stand before it."""
        parts = [self._all(test)]
        while self._next("||"):
            parts.append(self._all(test))
        return parts[0] if len(parts) == 1 else _any(tuple(parts))

    def _all(self, test: Callable[[], tuple[Callable[[_T], bool], bool]]) -> Callable[[_T], bool]:
        parts = [self._one(test)[0]]
        while self._next("&&"):
            parts.append(self._one(test)[0])
        return parts[0] if len(parts) == 1 else _all(tuple(parts))

    def _one(self, test: Callable[[], tuple[Callable[[_T], bool], bool]]) -> tuple[Callable[[_T], bool], bool]:
        if self._next("!"):
            inner, alone = self._one(test)
            if not alone:
                raise _NotPlain
            return _not(inner), True
        if self._next("("):
            inner = self.any(test)
            self.take("sign", ")")
            return inner, True
        return test()

    def about_request(self) -> tuple[Plan, bool]:
        """A test about the request."""
        kind, text = self._tokens[self._at]
        if kind == "name" and text in _LISTS:
            self._at += 1
            return self._exists(text), True
        if kind == "name" and text in _WORDS:
            self._at += 1
            return self._words(text), False
        left = self._number()
        compare = _COMPARISONS.get(self.take("sign"))
        if compare is None:
            raise _NotPlain
        return _compare(left, compare, self._number()), False

    def _about_content(self) -> tuple[_Each, bool]:
        self.take("name", self._item)
        self.take("sign", ".")
        field = self.take("name")
        if field == "known_csam":
            return _known_csam, True
        if field not in _CONTENT_WORDS:
            raise _NotPlain
        return self._words(field), False

    def _exists(self, name: str) -> Plan:
        if self._item:
            raise _NotPlain
        self.take("sign", ".")
        self.take("name", "exists")
        self.take("sign", "(")
        self._item = self.take("name")
        self.take("sign", ",")
        holds = self.any(self._about_content)
        self.take("sign", ")")
        self._item = ""
        return _exists(operator.attrgetter(name), holds)

    def _words(self, name: str) -> Callable[[_T], bool]:
        word: Callable[[object], str] = operator.attrgetter(name)
        if self._next("in", "name"):
            self.take("sign", "[")
            texts = [self._text()]
            while self._next(","):
                texts.append(self._text())
            self.take("sign", "]")
            return _in(word, frozenset(texts))
        same = self.take("sign", "==", "!=") == "=="
        found = _in(word, frozenset({self._text()}))
        return found if same else _not(found)

    def _number(self) -> _Number:
        kind, text = self._tokens[self._at]
        if kind == "number":
            self._at += 1
            return "constant", "", float(text)
        name: Literal["score", "threshold"] = (
            "score" if self.take("name", "score", "threshold") == "score" else "threshold"
        )
        self.take("sign", "(")
        category = self._text()
        self.take("sign", ")")
        if category not in self._categories:
            raise _NotPlain
        return name, category, 0.0

    def _text(self) -> str:
        return self.take("text")[1:-1]

    def _next(self, text: str, kind: str = "sign") -> bool:
        found = self._tokens[self._at] == (kind, text)
        self._at += found
        return found


def _any(parts: Sequence[Callable[[_T], bool]]) -> Callable[[_T], bool]:
    def holds(facts: _T) -> bool:
        for part in parts:  # noqa: SIM110 - a generator would cost more than the parts
            if part(facts):
                return True
        return False

    return holds


def _all(parts: Sequence[Callable[[_T], bool]]) -> Callable[[_T], bool]:
    def holds(facts: _T) -> bool:
        for part in parts:  # noqa: SIM110
            if not part(facts):
                return False
        return True

    return holds


def _not(part: Callable[[_T], bool]) -> Callable[[_T], bool]:
    return lambda facts: not part(facts)


def _in(word: Callable[[object], str], texts: frozenset[str]) -> Callable[[_T], bool]:
    return lambda facts: word(facts) in texts


def _exists(contents: Callable[[Facts], Sequence[ContentFacts]], holds: _Each) -> Plan:
    def exists(facts: Facts) -> bool:
        for content in contents(facts):  # noqa: SIM110
            if holds(content):
                return True
        return False

    return exists


def _known_csam(content: ContentFacts) -> bool:
    return content.known_csam


def _compare(left: _Number, compare: Callable[[float, float], bool], right: _Number) -> Plan:
    if left[0] == "score" and right[0] == "threshold":
        # By far the most frequent test, so it is written out.
        return _score_and_threshold(left[1], compare, right[1])
    one, other = _value(left), _value(right)
    return lambda facts: compare(one(facts), other(facts))


def _score_and_threshold(scored: str, compare: Callable[[float, float], bool], category: str) -> Plan:
    def holds(facts: Facts) -> bool:
        score = facts.scores.get(scored, 0.0)
        threshold = facts.thresholds.get(category)
        if score != score or threshold is None:  # noqa: PLR0124 - NaN: CEL refuses to compare it
            raise Unplanned
        return compare(score, threshold)

    return holds


def _value(number: _Number) -> Callable[[Facts], float]:
    what, category, value = number
    if what == "constant":
        return lambda _: value
    return _score(category) if what == "score" else _threshold(category)


def _score(category: str) -> Callable[[Facts], float]:
    def score(facts: Facts) -> float:
        value = facts.scores.get(category, 0.0)
        if value != value:  # noqa: PLR0124 - NaN
            raise Unplanned
        return value

    return score


def _threshold(category: str) -> Callable[[Facts], float]:
    def threshold(facts: Facts) -> float:
        value = facts.thresholds.get(category)
        if value is None:
            raise Unplanned
        return value

    return threshold
