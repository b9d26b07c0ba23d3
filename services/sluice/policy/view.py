"""Which rules fire for one request, and what each of them looked at.

A rule is evaluated by its plan where it has one (`sluice.policy.plan`), else by CEL, if its guard has nothing against
it; all ways say the same.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cel

from sluice.categories import CATEGORIES
from sluice.policy.facts import VARIABLES, Answer, Facts, Thresholds, value_of
from sluice.policy.model import Rule
from sluice.policy.plan import Plan, Unplanned


class Compared(NamedTuple):
    """A score that a rule looked at, where it came from, and the threshold it was held against."""

    category: str = ""
    score: float = 0.0
    threshold: float = 0.0
    check: str = ""
    content_id: str = ""


class RuleError(Exception):
    """A rule could not be evaluated: a field that is not there, types that do not fit."""


class RuleView:
    """One request, as rules see it."""

    def __init__(self, facts: Facts, answers: Sequence[Answer]) -> None:
        """`answers`: what rules see, in the order in which the first of equal scores counts."""
        self._facts = facts
        self._answers = answers
        self._cel: _CelView | None = None

    def fired(self, rules: Iterable[Rule]) -> Sequence[tuple[Rule, Compared | RuleError]]:
        """The rules that fire, with what each looked at and the content to point at; and those that fail."""
        facts = self._facts
        fired: list[tuple[Rule, Compared | RuleError]] = []
        for rule in rules:
            plan = rule.plan
            found: Compared | RuleError | None
            try:
                if plan is None:
                    guard = rule.guard
                    if guard is not None and not guard(facts, facts):
                        continue
                elif not plan(facts, facts):
                    continue
                found = self._ask_cel(rule) if plan is None else self._planned(plan, rule.asks)
            except Unplanned:
                found = self._ask_cel(rule)
            if found is not None:
                fired.append((rule, found))
        return fired

    def holds(self, program: cel.Program) -> bool:
        """Whether a condition is true, by CEL. RuleError where it cannot be told."""
        return self._by_cel().holds(program)

    def _ask_cel(self, rule: Rule) -> Compared | RuleError | None:
        try:
            return self._by_cel().fires(rule.program)
        except RuleError as error:
            return error

    def _planned(self, plan: Plan, asks: bool) -> Compared:
        """What a plan that holds looked at. `asks`: for scores or thresholds."""
        facts, found = self._facts, Compared()
        if asks:
            note = self._note()
            noted = facts.noted(_Asked(note.score), _Asked(note.threshold))
            plan(noted, noted)
            found = note.closest()
            if found.content_id:
                return found
        for content in facts.contents:
            only = facts.only(content)
            if plan(only, only):
                return found._replace(content_id=content.id)
        return found

    def _note(self) -> "_Note":
        return _Note(self._answers, self._facts.thresholds)

    def _by_cel(self) -> "_CelView":
        if self._cel is None:
            self._cel = _CelView(self._facts, self._note())
        return self._cel


class _Note:
    """The functions of the language, which take note of what they were asked."""

    def __init__(self, answers: Sequence[Answer], thresholds: Thresholds) -> None:
        self._answers = [answer for answer in answers if answer.scores]
        self._thresholds = thresholds
        self._compared: list[Compared] = []

    def clear(self) -> None:
        """Another rule begins."""
        self._compared = []

    def score(self, category: str) -> float:
        """The highest score of a category."""
        if category not in CATEGORIES:
            raise KeyError(category)
        best: Compared | None = None
        for answer in self._answers:
            score = answer.scores.get(category)
            # NaN is the highest: it makes the rule fail, and not another check's score go unseen.
            if score is not None and (best is None or score > best.score or score != score):  # noqa: PLR0124
                best = Compared(category, score, 0.0, answer.check, answer.content_id)
        best = best or Compared(category)
        self._compared.append(best)
        return best.score

    def threshold(self, name: str) -> float:
        """A threshold; it is noted with the scores of its category, one of the file's own with the last score."""
        value = self._thresholds.get(name)
        if value is None:
            raise KeyError(name)
        if name in CATEGORIES:
            self._compared = [c._replace(threshold=value) if c.category == name else c for c in self._compared]
        elif self._compared:
            self._compared[-1] = self._compared[-1]._replace(threshold=value)
        return value

    def closest(self) -> Compared:
        """Of all that was compared, what was furthest beyond its threshold."""
        return max(self._compared, key=_margin, default=Compared())


@dataclass(slots=True)
class _Asked:
    """One of the functions, as the mapping that plans ask."""

    ask: Callable[[str], float]

    def get(self, category: str, _: float = 0.0, /) -> float:
        """The function's answer."""
        return self.ask(category)


class _CelView:
    """The request, as CEL sees it. What a condition names is handed over when it does: that is what costs."""

    def __init__(self, facts: Facts, note: _Note) -> None:
        self._facts = facts
        self._note = note
        self._context = self._empty()
        self._handed: set[str] = set()

    def holds(self, program: cel.Program) -> bool:
        """Whether a condition is true."""
        self._note.clear()
        names = VARIABLES.intersection(program.variables())
        _hand_over(self._facts, names - self._handed, self._context)
        self._handed |= names
        return _run(program, self._context)

    def fires(self, program: cel.Program) -> Compared | None:
        """What a condition that is true looked at."""
        if not self.holds(program):
            return None
        found = self._note.closest()
        if found.content_id:
            return found
        names = VARIABLES.intersection(program.variables())
        for content in self._facts.contents:
            context = self._empty()
            _hand_over(self._facts.only(content), names, context)
            if _run(program, context, default=False):
                return found._replace(content_id=content.id)
        return found

    def _empty(self) -> cel.Context:
        return cel.Context({}, {"score": self._note.score, "threshold": self._note.threshold})


def _hand_over(facts: Facts, names: Iterable[str], context: cel.Context) -> None:
    for name in names:
        value = getattr(facts, name)
        context.add_variable(name, value if isinstance(value, str) else [value_of(content) for content in value])


def _run(program: cel.Program, context: cel.Context, default: bool | None = None) -> bool:
    """A condition's truth. What is not a boolean is a RuleError, or `default` where one is given."""
    try:
        value = program.execute(context)
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if default is None:
            raise RuleError(str(error)) from error
        return default
    if isinstance(value, bool):
        return value
    if default is None:
        raise RuleError(f"gives {type(value).__name__}, not true or false")
    return default


def _margin(compared: Compared) -> float:
    return compared.score - compared.threshold
