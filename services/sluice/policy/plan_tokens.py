"""A condition's tokens, as far as plans read CEL."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sluice.policy.plan_tests import Test, all_of, any_of, negated

Token = tuple[str, str]
"""Kind and text; kinds are the names of the groups of `_TOKEN`, and "end"."""
_T = TypeVar("_T")
Read = Callable[[], tuple[Test[_T], bool]]
"""Reads a test, and says whether "!" can stand before it."""

_BLANKS = " \t\n\r\f"
_TOKEN = re.compile(
    r"""[ \t\n\r\f]*(?:
        (?P<text>"[^"\\\r\n]*"|'[^'\\\r\n]*')
      | (?P<number>[0-9]+\.[0-9]+|[0-9]{1,9})
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>&&|\|\||[=!<>]=|[<>!().,\[\]])
      | (?P<other>[-+*%?:{}])
    )""",
    re.VERBOSE,
)
_WORDLIKE = frozenset({"text", "number", "name"})
_CLOSES: Mapping[str, str] = {"(": ")", "[": "]", "{": "}"}


class NotPlain(Exception):  # noqa: N818 - not an error: the condition goes to CEL
    """The condition is not of the half that plans know."""


def tokens(condition: str) -> Sequence[Token] | None:
    """A condition's tokens, with "end" behind; None where it has what is none, such as a comment or an escape."""
    found: list[Token] = []
    condition = condition.rstrip(_BLANKS)
    at = 0
    while at < len(condition):
        match = _TOKEN.match(condition, at)
        if match is None or match.lastgroup is None:
            return None
        # Two that touch, such as a word's prefix and its quotes, are something else to CEL.
        if found and match.start(match.lastgroup) == at and {found[-1][0], match.lastgroup} <= _WORDLIKE:
            return None
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return [*found, ("end", "")]


def conjuncts(found: Sequence[Token]) -> Sequence[Sequence[Token]]:
    """The parts that must all hold, each with "end" behind; the whole, where it is not a conjunction.

    Where one of them is false, CEL says false of the whole, even if another fails.
    """
    parts: list[list[Token]] = [[]]
    open_: list[str] = []
    for token in found[:-1]:
        _, text = token
        if token[0] in ("sign", "other"):
            if text in _CLOSES:
                open_.append(_CLOSES[text])
            elif text in _CLOSES.values():
                if not open_ or open_.pop() != text:
                    return [found]
            elif not open_ and text in ("||", "?"):
                return [found]
            elif not open_ and text == "&&":
                parts.append([])
                continue
        parts[-1].append(token)
    return [[*part, ("end", "")] for part in parts]


class Reader:
    """Reads tokens from left to right. `NotPlain` at the first that does not belong to the plain half."""

    def __init__(self, found: Sequence[Token]) -> None:
        """`found`: with "end" behind."""
        self._tokens = found
        self._at = 0

    @property
    def ahead(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    def starts(self, *texts: str) -> bool:
        """Whether these come next."""
        return tuple(text for _, text in self._tokens[self._at : self._at + len(texts)]) == texts

    def take(self, kind: str, *texts: str) -> str:
        """The next token's text, which must be of the kind and one of the texts, where any are given."""
        found, text = self._tokens[self._at]
        if found != kind or (texts and text not in texts):
            raise NotPlain
        self._at += 1
        return text

    def next(self, text: str, kind: str = "sign") -> bool:
        """Takes the next token if it is this one."""
        found = self._tokens[self._at] == (kind, text)
        self._at += found
        return found

    def text(self) -> str:
        """The next token, which must be a word in quotes, without them."""
        return self.take("text")[1:-1]

    def any(self, read: Read[_T]) -> Test[_T]:
        """Conditions of which one must hold."""
        parts = [self._all(read)]
        while self.next("||"):
            parts.append(self._all(read))
        return parts[0] if len(parts) == 1 else any_of(tuple(parts))

    def _all(self, read: Read[_T]) -> Test[_T]:
        parts = [self._one(read)[0]]
        while self.next("&&"):
            parts.append(self._one(read)[0])
        return parts[0] if len(parts) == 1 else all_of(tuple(parts))

    def _one(self, read: Read[_T]) -> tuple[Test[_T], bool]:
        if self.next("!"):
            inner, alone = self._one(read)
            if not alone:
                raise NotPlain
            return negated(inner), True
        if self.next("("):
            inner = self.any(read)
            self.take("sign", ")")
            return inner, True
        return read()
