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
from sluice.policy.plan import guard, plan
from sluice.policy.view import Compared, RuleError, RuleView
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
    'score("sexual") >= 1 || 0 > score("hate")',
    'score("sexual") >= threshold("sexual/real-person")',
    'uploads.exists(u, u.kind == "image" && stage == "PROMPT" && score("hate") < 0.5)',
    "generated.exists(g, has(g.signals.drawn) && g.signals.drawn > 0.8)",
    'contents.exists(c, has(c.scores.hate) && !("sexual" in c.scores) && c.scores.hate >= threshold("hate"))',
    'contents.exists(c, "own/name" in c.signals && 3 <= c.signals["own/name"])',
    'contents.exists(c, c.role == "PROMPT" && c.matches.exists(m, m.kind == "artist" && m.method == "style"))',
    'contents.exists(c, !c.matches.exists(m, m.test || m.list in ["own", "test"] || m.entry == "1"))',
    "contents.exists(one, one.known_csam)",
    "size(contents) > 0 && size(uploads) == 2 && !(size(generated) != 1)",
    "contents.exists(c, size(c.matches) >= size(contents) && size(c.matches) == 1)",
    'contents.all(c, c.kind == "text")',
    'uploads.exists_one(c, c.matches.all(m, m.kind.startsWith("artist") || m.list.endsWith("own")))',
    'tenant.startsWith("test-") && !stage.endsWith("PUT")',
]
NOT_PLAIN = [
    "true",
    "size(contents) + 1 > 2",
    "contents.size() > 0",
    "size(tenant) > 0",
    "size(contents) == 2.0",
    "2 == size(contents)",
    'score("hate") != 1',
    "size(contents.filter(c, c.known_csam)) > 0",
    "contents.map(c, c.id) == []",
    "contents.exists(size, size.known_csam)",
    "contents.exists(c, size(c.scores) > 1)",
    "tenant.startsWith(stage)",
    'tenant.contains("x")',
    '!stage == "PROMPT"',
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
    'uploads.exists(u, contents.exists(c, c.id == "c0"))',
    'uploads.exists(u, c.kind == "image")',
    'contents.exists(c, c.matches == "image")',
    'contents.exists(c, c.kind == "image") == true',
    'contents.exists(c, c.matches.exists(c, c.kind == "artist"))',
    'contents.exists(score, score.kind == "image")',
    'contents.exists(c, c.matches.exists(m, c.kind == "image"))',
    "contents.exists(c, c.matches.exists(m, m.distance < 3))",
    'contents.exists(c, c.matches.exists(m, m.name == "x"))',
    "contents.exists(c, size(c.signals) > 0)",
    "contents.exists(c, has(c.signals))",
    'contents.exists(c, has(c.signals["drawn"]))',
    'contents.exists(c, !"drawn" in c.signals)',
    'contents.exists(c, "drawn" in u.signals)',
    'contents.exists(c, c.scores["hate"] == 0.5)',
    "contents.exists(c, c.known_csam == true)",
    'score("hate") >= 1234567890123',
    'stage=="PROMPT"in ["x"]',
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


texts = st.sampled_from(
    [
        "PROMPT",
        "OUTPUT",
        "EDIT",
        "TEEN",
        "studio",
        "",
        "image",
        "text",
        "CHILD",
        "c1",
        "UPLOAD",
        "bank",
        "csam",
        "style",
    ]
)
categories = st.sampled_from(SCORED)
quotes = st.sampled_from(["'", '"'])


@st.composite
def words(draw: st.DrawFn, names: Sequence[str]) -> str:
    word, quote = draw(st.sampled_from(names)), draw(quotes)
    one, *others = (f"{quote}{text}{quote}" for text in draw(st.lists(texts, min_size=1, max_size=3)))
    if draw(st.booleans()):
        return f"{word} in [{', '.join([one, *others])}]"
    if draw(st.booleans()):
        return f"{word}.{draw(st.sampled_from(['startsWith', 'endsWith']))}({one})"
    return f"{word} {draw(st.sampled_from(['==', '!=']))} {one}"


@st.composite
def comparisons(draw: st.DrawFn, *more: str) -> str:
    numbers = st.one_of(
        categories.map('score("{}")'.format),
        st.sampled_from([*SCORED, "own/name"]).map("threshold('{}')".format),
        st.sampled_from(["0.0", "0.3", "0.50", "1.0", "0", "1", "size(contents)", "size(uploads)", *more, *more]),
    )
    if draw(st.integers(0, 9)) == 0:
        return f"size(generated) {draw(st.sampled_from(['==', '!=']))} {draw(st.integers(0, 2))}"
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


NUMBERS = (
    "c.scores.hate",
    'c.scores["violence/graphic"]',
    "c.scores['sexual']",
    "c.signals.drawn",
    'c.signals["own/name"]',
    "size(c.matches)",
)
THERE = (
    "has(c.scores.hate)",
    '"violence/graphic" in c.scores',
    "'sexual' in c.scores",
    "has(c.signals.drawn)",
    '"own/name" in c.signals',
)
macros = st.sampled_from(["exists", "exists", "exists_one", "all"])
asked_first = st.one_of(
    *(comparisons(number).map(f"({there} && {{}})".format) for number, there in zip(NUMBERS, THERE, strict=False))
)


@st.composite
def entries(draw: st.DrawFn) -> str:
    fields = words(["m.list", "m.entry", "m.kind", "m.method"])
    return f"c.matches.{draw(macros)}(m, {draw(composed(st.one_of(fields, st.sampled_from(['m.test', '!m.test']))))})"


@st.composite
def exists(draw: st.DrawFn) -> str:
    fields = words(["c.id", "c.role", "c.kind", "c.person", "stage", "tenant"])
    plain = st.sampled_from(["c.known_csam", "!c.known_csam", *THERE[::3]])
    each = draw(composed(st.one_of(fields, plain, asked_first, entries(), comparisons(*NUMBERS))))
    return f"{draw(st.sampled_from(['contents', 'uploads', 'generated']))}.{draw(macros)}(c, {each})"


conditions = composed(st.one_of(comparisons(), words(["stage", "operation", "age_band", "tenant"]), exists()))
scores = st.one_of(st.sampled_from([0.0, 0.3, 0.5, 1.0, math.nan]), st.floats(-0.5, 1.5))


@st.composite
def results(draw: st.DrawFn) -> ContentResult:
    found = ContentResult(content_id=draw(st.sampled_from(["c0", "c1", "c9"])), status=STATUS_OK)
    found.person = draw(st.sampled_from([0, 0, *Person.values(), 77]))  # type: ignore[assignment]
    found.scores.update(draw(st.dictionaries(categories, scores)))
    found.signals.update(draw(st.dictionaries(st.sampled_from(["drawn", "own/name"]), scores)))
    for kind in draw(st.lists(st.sampled_from(["csam", "name"]), max_size=2)):
        found.matches.add(list="bank", kind=kind, method=draw(texts), entry=draw(texts), test=draw(st.booleans()))
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
        draw(st.dictionaries(st.sampled_from([*SCORED, "own/name"]), st.sampled_from([0.0, 0.3, 0.5, 1.0]))),
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


BEYOND = (
    "size(contents) + 0 > 1",
    'contents.filter(c, c.kind == "image" && c.person != "ADULT") == []',
    "contents[1].known_csam",
    '(stage == "PROMPT" ? true : size(uploads) > 0 && true)',
    "!(uploads.map(u, u.id) == [])",
    "{'a': score('hate')}['a'] > 0.2",
    'score("hate") > -1.0',
)
beyond = st.sampled_from(BEYOND)
mixed = st.tuples(st.lists(conditions, max_size=2), beyond, st.lists(st.one_of(conditions, beyond), max_size=2)).map(
    lambda parts: " && ".join(f"({part})" if "||" in part else part for part in [*parts[0], parts[1], *parts[2]])
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mixed, views())
def test_a_guard_keeps_from_cel_only_what_is_false(condition: str, seen: tuple[Facts, Sequence[Answer]]) -> None:
    assert rule(condition).plan is None
    assert rule(condition + BY_CEL).guard is None
    assert said(condition, seen) == said(condition + BY_CEL, seen)


@pytest.mark.parametrize(
    "condition",
    [
        'score("hate") > 0.1 && size(contents) + 0 > 1',
        "size(contents) + 0 > 1 && contents.exists(c, c.known_csam)",
        'size("a && b") > 1 && stage == "PROMPT" && {"a": 1 || 2}["a"]',
    ],
)
def test_what_has_a_guard(condition: str) -> None:
    assert guard(condition, frozenset(CATEGORIES)) is not None


@pytest.mark.parametrize(
    "condition",
    [
        *BEYOND,
        'stage == "PROMPT" && tenant == "" || size(contents) + 0 > 1',
        'stage == "PROMPT" && size(contents) + 0 > 1 ? true : false',
        'size(contents) + 0 > 1 // && stage == "PROMPT"',
        'size(r"" && stage == "PROMPT" && "") > 1',
        '"""" && stage == "PROMPT" && """" == tenant',
        '[size(contents) + 0 > 1 && stage == "PROMPT"][0]',
        'size(contents) + 0 > 1 && stage == "PROMPT")',
        "(",
    ],
)
def test_what_has_none(condition: str) -> None:
    assert guard(condition, frozenset(CATEGORIES)) is None


def test_a_guard_spares_cel_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(RuleView, "_ask_cel", lambda _, one: asked.append(one.when))
    facts = Facts("OUTPUT", "EDIT", "TEEN", "", [], [], [], {"hate": 0.4}, {"hate": 0.5})
    view = RuleView(facts, [])
    rules = [rule(f'size(contents) + 0 == 0 && score("hate") >= {least}') for least in (0.3, 0.5)]
    assert view.fired([rules[1]]) == []
    assert asked == []
    view.fired(rules)
    assert asked == [rules[0].when]


def test_contents_are_read_when_they_are_asked_for() -> None:
    result = ContentResult(content_id="c0", status=STATUS_OK, signals={"drawn": 0.9})
    content = content_facts("c0", "PROMPT", "text", [Answer("text", "c0", result, {"hate": 0.2})])
    facts = Facts("PROMPT", "GENERATE", "TEEN", "", [content], [], [], {"hate": 0.2}, {"hate": 0.5})
    looks = "contents.exists(c, has(c.signals.drawn) && c.signals.drawn > 0.8)"
    assert not RuleView(facts, []).fired([rule(f'score("hate") >= threshold("hate") && {looks}')])
    assert content._signals is None
    assert RuleView(facts, []).fired([rule(looks)])
    assert (content.signals, content._scores) == ({"drawn": 0.9}, None)
    assert content.scores == {"hate": 0.2}


def test_a_threshold_of_the_files_own_is_noted_with_the_score_before_it() -> None:
    result = ContentResult(content_id="c0", status=STATUS_OK)
    answers = [Answer("text", "c0", result, {"hate": 0.4, "sexual": 0.3})]
    content = content_facts("c0", "PROMPT", "text", answers)
    facts = Facts("PROMPT", "GENERATE", "TEEN", "", [content], [], [], highest(answers), {"own/name": 0.25})
    condition = 'score("hate") < 0.1 || score("sexual") >= threshold("own/name")'
    ((_, found),) = RuleView(facts, answers).fired([rule(condition)])
    assert isinstance(found, Compared)
    assert found == Compared("hate", 0.4, 0.0, "text", "c0")
    condition = 'score("sexual") >= threshold("own/name")'
    ((_, found),) = RuleView(facts, answers).fired([rule(condition)])
    assert found == Compared("sexual", 0.3, 0.25, "text", "c0")
