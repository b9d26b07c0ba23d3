"""What two policies say differently, and which of the two is the stricter in it. Pure.

Stricter: as far as this one change goes, the new policy allows nothing that the old one does not. Where the text does
not show it, it is not said. The order of rules, and of the checks of a role, means nothing and is not compared.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sluice.contract.names import short_name
from sluice.policy.diff_change import Change, Effect, raised, same
from sluice.policy.diff_thresholds import threshold_changes
from sluice.policy.model import BreakerPolicy, Policy, Rule, Severity, StagePolicy
from sluice.v1.request_pb2 import Role, Stage

_BREAKER: Final[Mapping[str, Effect]] = {
    "times": Effect.STRICTER,
    "least": Effect.STRICTER,
    "window": Effect.UNTOLD,
    "usual": Effect.UNTOLD,
    "hold": Effect.LAXER,
}
"""What a larger number does: a breaker that opens seldom makes fewer BLOCKs into REVIEW, one that holds long more."""


def compare(old: Policy, new: Policy) -> Sequence[Change]:
    """Every change from the old to the new; empty where both decide alike and are called alike."""
    return [
        *_plain("version", "", old.version, new.version),
        *_rules(old, new),
        *threshold_changes(old, new),
        *_stages(old, new),
        *_words("require", "", old.require, new.require, Effect.STRICTER),
        *_flag("require_generation_id", "", old.require_generation_id, new.require_generation_id, Effect.STRICTER),
        *_own_checks(old, new),
        *_breaker(old.breaker, new.breaker),
    ]


def _rules(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = {rule.id: rule for rule in old.rules}, {rule.id: rule for rule in new.rules}
    for name in [*before, *(name for name in after if name not in before)]:
        was, now = before.get(name), after.get(name)
        about = f"rule {name}"
        if was is None and now is not None:
            effect = Effect.NEITHER if now.action is Severity.ALLOW else Effect.STRICTER
            yield Change(about, "", None, _rule(now), effect)
        elif now is None and was is not None:
            effect = Effect.NEITHER if was.action is Severity.ALLOW else Effect.LAXER
            yield Change(about, "", _rule(was), None, effect)
        elif was is not None and now is not None:
            yield from _rule_changes(about, was, now)


def _rule_changes(about: str, was: Rule, now: Rule) -> Iterator[Change]:
    if was.action is not now.action:
        effect = Effect.STRICTER if now.action > was.action else Effect.LAXER
        yield Change(about, "action", was.action.name, now.action.name, effect)
    if not same(was.when, now.when):
        labels_only = was.action is now.action is Severity.ALLOW
        yield Change(about, "when", was.when, now.when, Effect.NEITHER if labels_only else raised(was.when, now.when))
    yield from _flag(about, "terminal", was.terminal, now.terminal, Effect.NEITHER)
    yield from _flag(about, "report", was.report, now.report, Effect.NEITHER)
    # No breaker softens a rule of child safety.
    yield from _flag(about, "child_safety", was.child_safety, now.child_safety, Effect.STRICTER)
    yield from _words(about, "labels", was.labels, now.labels, Effect.NEITHER)
    yield from _words(about, "cites", was.cites, now.cites, Effect.NEITHER)


def _rule(rule: Rule) -> str:
    return f"{rule.action.name} when {rule.when}"


def _stages(old: Policy, new: Policy) -> Iterator[Change]:
    for number in sorted(old.stages.keys() | new.stages.keys()):
        # The loader sees to it that both are there.
        if number in old.stages and number in new.stages:
            yield from _stage(f"stage {short_name(Stage, number)}", old.stages[number], new.stages[number])


def _stage(about: str, was: StagePolicy, now: StagePolicy) -> Iterator[Change]:
    # Who waits longer gets more answers: what comes of them cannot be told.
    yield from _plain(about, "deadline", _span(was.deadline_ms), _span(now.deadline_ms), Effect.UNTOLD)
    yield from _plain(about, "min_deadline", _span(was.min_deadline_ms), _span(now.min_deadline_ms), Effect.UNTOLD)
    yield from _plain(about, "max_deadline", _span(was.max_deadline_ms), _span(now.max_deadline_ms), Effect.UNTOLD)
    if was.on_incomplete is not now.on_incomplete:
        effect = Effect.STRICTER if now.on_incomplete > was.on_incomplete else Effect.LAXER
        yield Change(about, "on_incomplete", was.on_incomplete.name, now.on_incomplete.name, effect)
    for number in sorted(was.checks.keys() | now.checks.keys()):
        key = f"checks.{_role(number)}"
        before, after = was.checks.get(number), now.checks.get(number)
        if before is None or after is None:
            # A content whose role no check covers is never allowed.
            effect = Effect.LAXER if before is None else Effect.STRICTER
            yield Change(about, key, _list(before), _list(after), effect)
        else:
            yield from _words(about, key, before, after, Effect.STRICTER)


def _role(number: int) -> str:
    return next(name.removeprefix("ROLE_") for name, value in Role.items() if value == number)


def _own_checks(old: Policy, new: Policy) -> Iterator[Change]:
    for name in sorted(old.own_checks.keys() | new.own_checks.keys()):
        was, now = old.own_checks.get(name), new.own_checks.get(name)
        if was is None or now is None or set(was) != set(now):
            yield Change("own_checks", name, _list(was), _list(now), Effect.NEITHER)


def _breaker(was: BreakerPolicy | None, now: BreakerPolicy | None) -> Iterator[Change]:
    if was is None or now is None:
        if was is not now:
            effect = Effect.LAXER if was is None else Effect.STRICTER
            yield Change("breaker", "", _numbers(was), _numbers(now), effect)
        return
    before, after = _parts(was), _parts(now)
    for key, larger in _BREAKER.items():
        if before[key] != after[key]:
            effect = larger if after[key] > before[key] else _other(larger)
            yield Change("breaker", key, _part(key, before[key]), _part(key, after[key]), effect)


def _parts(breaker: BreakerPolicy) -> Mapping[str, float]:
    return {
        "times": breaker.times,
        "least": breaker.least,
        "window": breaker.window_ms,
        "usual": breaker.usual_ms,
        "hold": breaker.hold_ms,
    }


def _numbers(breaker: BreakerPolicy | None) -> str | None:
    return None if breaker is None else ", ".join(f"{key} {_part(key, n)}" for key, n in _parts(breaker).items())


def _part(key: str, value: float) -> str:
    return f"{value:g}" if key in {"times", "least"} else _span(int(value))


def _plain(about: str, key: str, was: str, now: str, effect: Effect = Effect.NEITHER) -> Iterator[Change]:
    if was != now:
        yield Change(about, key, was, now, effect)


def _flag(about: str, key: str, was: bool, now: bool, on: Effect) -> Iterator[Change]:
    """`on`: what it does to set it."""
    if was is not now:
        yield Change(about, key, str(was).lower(), str(now).lower(), on if now else _other(on))


def _words(about: str, key: str, was: Sequence[str], now: Sequence[str], more: Effect) -> Iterator[Change]:
    """`more`: what a further word does."""
    gone, added = set(was) - set(now), set(now) - set(was)
    if gone or added:
        effect = more if not gone else _other(more)
        yield Change(about, key, _list(was), _list(now), effect if not (gone and added) else _both(more))


def _both(more: Effect) -> Effect:
    return more if more is Effect.NEITHER else Effect.UNTOLD


def _other(effect: Effect) -> Effect:
    return {Effect.STRICTER: Effect.LAXER, Effect.LAXER: Effect.STRICTER}.get(effect, effect)


def _list(words: Sequence[str] | None) -> str | None:
    return None if words is None else f"[{', '.join(words)}]"


def _span(milliseconds: int) -> str:
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"
