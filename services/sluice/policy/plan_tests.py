"""What plans are made of: functions of a request, or of one thing in it.

Each is called with the thing that it is about and with the request's facts; of the request itself both are the same.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeVar

from sluice.policy.facts import ContentFacts, Facts
from sluice.v1.verdict_pb2 import ListMatch

_T = TypeVar("_T")
_Each = TypeVar("_Each")
Test = Callable[[_T, Facts], bool]
"""Whether something holds. Raises Unplanned where only CEL can tell."""
Value = Callable[[_T, Facts], float]
"""A number that is one: no NaN."""
Things = Callable[[_T, Facts], Sequence[_Each]]
"""Things that belong to one, such as a request's contents."""
Compare = Callable[[float, float], bool]

COMPARISONS: Mapping[str, Compare] = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
EQUALITIES: Mapping[str, Compare] = {"==": operator.eq, "!=": operator.ne}
LISTS: Mapping[str, Callable[[Facts], Sequence[ContentFacts]]] = {
    "contents": operator.attrgetter("contents"),
    "uploads": operator.attrgetter("uploads"),
    "generated": operator.attrgetter("generated"),
}
Numbers = Literal["scores", "signals"]
"""A content's fields that are names with numbers."""
_NUMBERS: Mapping[Numbers, Callable[[ContentFacts], Mapping[str, float]]] = {
    "scores": operator.attrgetter("scores"),
    "signals": operator.attrgetter("signals"),
}


class Unplanned(Exception):  # noqa: N818 - not an error: the question goes to CEL
    """Of this request only CEL can tell."""


def any_of(parts: Sequence[Test[_T]]) -> Test[_T]:
    """Whether one of them holds, asked in order."""

    def holds(item: _T, facts: Facts) -> bool:
        for part in parts:  # noqa: SIM110 - a generator would cost more than the parts
            if part(item, facts):
                return True
        return False

    return holds


def all_of(parts: Sequence[Test[_T]]) -> Test[_T]:
    """Whether all of them hold, asked in order."""
    if len(parts) == 2:
        one, other = parts
        return lambda item, facts: one(item, facts) and other(item, facts)

    def holds(item: _T, facts: Facts) -> bool:
        for part in parts:  # noqa: SIM110
            if not part(item, facts):
                return False
        return True

    return holds


def negated(part: Test[_T]) -> Test[_T]:
    """The opposite."""
    return lambda item, facts: not part(item, facts)


def word_in(name: str, texts: frozenset[str]) -> Test[_T]:
    """Whether the thing's field is one of the words."""
    word: Callable[[object], str] = operator.attrgetter(name)
    if len(texts) == 1:
        (text,) = texts
        return lambda item, _: word(item) == text
    return lambda item, _: word(item) in texts


def flag(name: str) -> Test[_T]:
    """The thing's field, which is true or false."""
    is_so: Callable[[object], bool] = operator.attrgetter(name)
    return lambda item, _: is_so(item)


def word_begins(name: str, text: str) -> Test[_T]:
    """Whether the thing's field begins so."""
    word: Callable[[object], str] = operator.attrgetter(name)
    return lambda item, _: word(item).startswith(text)


def word_ends(name: str, text: str) -> Test[_T]:
    """Whether the thing's field ends so."""
    word: Callable[[object], str] = operator.attrgetter(name)
    return lambda item, _: word(item).endswith(text)


def of_request(test: Test[Facts]) -> Test[object]:
    """A test of the request, wherever it is asked."""
    return lambda _, facts: test(facts, facts)


def some_content(name: str, holds: Test[ContentFacts]) -> Test[object]:
    """Whether it holds of a content in one of the request's lists."""
    contents = LISTS[name]

    def some(_: object, facts: Facts) -> bool:
        for content in contents(facts):  # noqa: SIM110
            if holds(content, facts):
                return True
        return False

    return some


def some_entry(holds: Test[ListMatch]) -> Test[ContentFacts]:
    """Whether it holds of an entry of a list that a content matched."""

    def some(content: ContentFacts, facts: Facts) -> bool:
        for match in content.matches:  # noqa: SIM110
            if holds(match, facts):
                return True
        return False

    return some


def exists_one(things: Things[_T, _Each], holds: Test[_Each]) -> Test[_T]:
    """Whether it holds of exactly one of them. All are asked: CEL fails where it fails on any."""
    return lambda item, facts: sum([holds(each, facts) for each in things(item, facts)]) == 1


def every(things: Things[_T, _Each], holds: Test[_Each]) -> Test[_T]:
    """Whether it holds of all of them."""

    def each_one(item: _T, facts: Facts) -> bool:
        for each in things(item, facts):  # noqa: SIM110
            if not holds(each, facts):
                return False
        return True

    return each_one


def in_list(name: str) -> Things[object, ContentFacts]:
    """The contents of one of the request's lists."""
    contents = LISTS[name]
    return lambda _, facts: contents(facts)


def entries(content: ContentFacts, _: Facts) -> Sequence[ListMatch]:
    """The entries of lists that a content matched."""
    return content.matches


def count(things: Things[_T, _Each]) -> Value[_T]:
    """How many there are."""
    return lambda item, facts: len(things(item, facts))


def is_there(field: Numbers, key: str) -> Test[ContentFacts]:
    """Whether a content has such a score or signal."""
    numbers = _NUMBERS[field]
    return lambda content, _: key in numbers(content)


def number_of(field: Numbers, key: str) -> Value[ContentFacts]:
    """A content's score or signal."""
    numbers = _NUMBERS[field]

    def value(content: ContentFacts, _: Facts) -> float:
        found = numbers(content).get(key)
        # CEL fails on what is not there, and on comparing NaN.
        if found is None or found != found:  # noqa: PLR0124
            raise Unplanned
        return found

    return value


def constant(value: float) -> Value[_T]:
    """A number that the condition says."""
    return lambda _, __: value


def score(category: str) -> Value[_T]:
    """The highest score of a category."""

    def value(_: _T, facts: Facts) -> float:
        found = facts.scores.get(category, 0.0)
        if found != found:  # noqa: PLR0124 - NaN: CEL refuses to compare it
            raise Unplanned
        return found

    return value


def threshold(name: str) -> Value[_T]:
    """A threshold of the request's."""

    def value(_: _T, facts: Facts) -> float:
        found = facts.thresholds.get(name)
        if found is None:
            raise Unplanned
        return found

    return value


def compared(left: Value[_T], compare: Compare, right: Value[_T]) -> Test[_T]:
    """Whether two numbers compare so."""
    return lambda item, facts: compare(left(item, facts), right(item, facts))


def score_and_threshold(category: str, compare: Compare, name: str) -> Test[_T]:
    """By far the most frequent comparison, so it is written out."""

    def beyond(_: _T, facts: Facts) -> bool:
        found = facts.scores.get(category, 0.0)
        least = facts.thresholds.get(name)
        if found != found or least is None:  # noqa: PLR0124
            raise Unplanned
        return found >= least

    def holds(_: _T, facts: Facts) -> bool:
        found = facts.scores.get(category, 0.0)
        least = facts.thresholds.get(name)
        if found != found or least is None:  # noqa: PLR0124
            raise Unplanned
        return compare(found, least)

    return beyond if compare is operator.ge else holds
