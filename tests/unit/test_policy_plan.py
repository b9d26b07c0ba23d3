"""Plans against CEL: whatever the condition and whatever the request, both halves of the language say the same."""

import math
from collections.abc import Sequence
from pathlib import Path

import cel
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sluice.categories import CATEGORIES
from sluice.policy.facts import Answer, ContentFacts, Facts, content_facts, highest
from sluice.policy.load import load
from sluice.policy.model import Rule, Severity
from sluice.policy.plan import plan
from sluice.policy.view import RuleError, RuleView
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Person

DEFAULT = Path(__file__).parents[2] / "policies" / "default.yaml"
SCORED = ("sexual", "hate", "violence/graphic")
BY_CEL = " // plans know no comments"
"""Behind a condition, it leaves the condition to CEL."""

PLAIN = [
    'score("sexual") >= threshold("sexual")',
    "score('sexual') < 0.2",
    '0.5 > threshold("hate")',
    'stage == "PROMPT"',
    'age_band != "TEEN"',
    'tenant in ["a", "studio"]',
    "contents.exists(c, c.known_csam)",
    "!uploads.exists(u, u.known_csam)",
    'generated.exists(g, g.person in ["ADULT", "CHILD"] && !(g.id == "c0"))',
    '(stage == "OUTPUT" || operation == "EDIT") && !!(score("hate") > 0.1)',
    '\n\tstage == "PROMPT"\r\n && tenant != "" ',
]
NOT_PLAIN = [
    "true",
    "size(contents) > 0",
    "generated.exists(g, has(g.signals.drawn) && g.signals.drawn > 0.8)",
    'contents.all(c, c.kind == "text")',
    '!stage == "PROMPT"',
    'score("sexual") >= 1',
    'score("sexual") == 0.5',
    'score("sexual") >= 0.2 >= 0.1',
    'stage == "PROMPT" ? true : false',
    'stage == r"PROMPT"',
    'stage == """PROMPT"""',
    r'stage == "PR\117MPT"',
    "stage == tenant",
    '"PROMPT" == stage',
    "tenant in []",
    'score("made up") > 0.1',
    'uploads.exists(u, u.kind == "image" && stage == "PROMPT")',
    'uploads.exists(u, contents.exists(c, c.id == "c0"))',
    'uploads.exists(u, c.kind == "image")',
    'contents.exists(c, c.matches == "image")',
    'contents.exists(c, c.kind == "image") == true',
    'score("hate") >= .5',
    'score("hate") >= 5e-1',
    "(",
    "",
    'stage == "PROMPT" // comment',
]


@pytest.mark.parametrize("condition", PLAIN)
def test_what_has_a_plan(condition: str) -> None:
    cel.compile(condition)
    assert plan(condition, frozenset(CATEGORIES)) is not None


@pytest.mark.parametrize("condition", NOT_PLAIN)
def test_what_is_left_to_cel(condition: str) -> None:
    assert plan(condition, frozenset(CATEGORIES)) is None


def test_every_rule_of_the_default_policy_has_a_plan() -> None:
    assert [rule.id for rule in load(DEFAULT).rules if rule.plan is None] == []


def rule(condition: str) -> Rule:
    return Rule("r", Severity.BLOCK, condition, cel.compile(condition))


texts = st.sampled_from(["PROMPT", "OUTPUT", "EDIT", "TEEN", "studio", "", "image", "text", "CHILD", "c1", "UPLOAD"])
categories = st.sampled_from(SCORED)
quotes = st.sampled_from(["'", '"'])


@st.composite
def words(draw: st.DrawFn, names: Sequence[str]) -> str:
    word, quote = draw(st.sampled_from(names)), draw(quotes)
    one, *others = (f"{quote}{text}{quote}" for text in draw(st.lists(texts, min_size=1, max_size=3)))
    if draw(st.booleans()):
        return f"{word} in [{', '.join([one, *others])}]"
    return f"{word} {draw(st.sampled_from(['==', '!=']))} {one}"


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    numbers = st.one_of(
        categories.map('score("{}")'.format),
        categories.map("threshold('{}')".format),
        st.sampled_from(["0.0", "0.3", "0.50", "1.0"]),
    )
    return f"{draw(numbers)} {draw(st.sampled_from(['>=', '>', '<=', '<']))} {draw(numbers)}"


def composed(tests: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        tests,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(" && ".join),
            st.tuples(inner, inner).map("||".join),
            inner.map("({})".format),
            inner.map("!({})".format),
        ),
        max_leaves=5,
    )


@st.composite
def exists(draw: st.DrawFn) -> str:
    fields = words(["c.id", "c.role", "c.kind", "c.person"])
    each = draw(composed(st.one_of(fields, st.sampled_from(["c.known_csam", "!c.known_csam"]))))
    return f"{draw(st.sampled_from(['contents', 'uploads', 'generated']))}.exists(c, {each})"


conditions = composed(st.one_of(comparisons(), words(["stage", "operation", "age_band", "tenant"]), exists()))
scores = st.one_of(st.sampled_from([0.0, 0.3, 0.5, 1.0, math.nan]), st.floats(-0.5, 1.5))


@st.composite
def results(draw: st.DrawFn) -> ContentResult:
    found = ContentResult(content_id=draw(st.sampled_from(["c0", "c1", "c9"])), status=STATUS_OK)
    found.person = draw(st.sampled_from([0, 0, *Person.values(), 77]))  # type: ignore[assignment]
    found.scores.update(draw(st.dictionaries(categories, scores)))
    for kind in draw(st.lists(st.sampled_from(["csam", "name"]), max_size=2)):
        found.matches.add(list="bank", kind=kind)
    return found


@st.composite
def views(draw: st.DrawFn) -> tuple[Facts, Sequence[Answer]]:
    checks = st.sampled_from(["text", "image", "hash", ""])
    answers = [
        Answer(check, result.content_id, result, dict(result.scores))
        for check, result in draw(st.lists(st.tuples(checks, results()), max_size=4))
    ]
    roles = st.sampled_from(["PROMPT", "UPLOAD", "GENERATED", ""])
    shapes = draw(st.lists(st.tuples(roles, st.sampled_from(["text", "image", ""])), max_size=3))
    contents: list[ContentFacts] = [
        content_facts(f"c{at}", role, kind, answers) for at, (role, kind) in enumerate(shapes)
    ]
    facts = Facts(
        draw(st.sampled_from(["PROMPT", "OUTPUT"])),
        draw(st.sampled_from(["GENERATE", "EDIT"])),
        draw(st.sampled_from(["UNKNOWN", "TEEN"])),
        draw(st.sampled_from(["", "studio"])),
        contents,
        [content for content in contents if content.role == "UPLOAD"],
        [content for content in contents if content.role == "GENERATED"],
        highest(answers),
        draw(st.dictionaries(categories, st.sampled_from([0.0, 0.3, 0.5, 1.0]))),
    )
    return facts, answers


def said(condition: str, seen: tuple[Facts, Sequence[Answer]]) -> list[str]:
    """What came of a rule, in a form that can be compared: NaN is not equal to itself."""
    found = [one for _, one in RuleView(*seen).fired([rule(condition)])]
    return [f"fails: {one}" if isinstance(one, RuleError) else repr(one) for one in found]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions, views())
@example('score("sexual") >= 0.0', (Facts("PROMPT", "EDIT", "TEEN", "", [], [], [], {}, {}), []))
def test_a_plan_says_what_cel_says(condition: str, seen: tuple[Facts, Sequence[Answer]]) -> None:
    assert rule(condition).plan is not None
    assert rule(condition + BY_CEL).plan is None
    assert said(condition, seen) == said(condition + BY_CEL, seen)
