"""What two policies say differently: a table of changes and what each does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sluice.policy.diff import compare
from sluice.policy.diff_change import Effect, plain, raised
from sluice.policy.load import load
from sluice.policy.model import Policy

BASE = """version: "1"
stages:
  PROMPT: {deadline: 5s, max_deadline: 60s, on_incomplete: BLOCK, checks: {PROMPT: [text], TRANSCRIPT: [text]}}
  OUTPUT: {deadline: 5s, max_deadline: 60s, on_incomplete: REVIEW, checks: {PROMPT: [text]}}
rules:
  - {id: known, action: BLOCK, terminal: true, report: true, when: 'contents.exists(c, c.known_csam)'}
  - {id: minors, action: BLOCK, when: 'score("sexual/minors") >= threshold("sexual/minors")'}
  - {id: hate, cites: [I20], action: BLOCK, when: 'score("hate") >= threshold("hate")'}
  - {id: sexual, action: BLOCK, when: 'score("sexual") >= 0.4'}
  - {id: calm, action: ALLOW, label: calm, when: 'score("violence") < threshold("violence")'}
  - {id: odd, action: REVIEW, when: '!(score("illicit") >= threshold("illicit"))'}
thresholds:
  default: {sexual/minors: 0.5, hate: 0.5, violence: 0.5, illicit: 0.5}
  TEEN: {hate: 0.3}
"""
STRICTER, LAXER, NEITHER, UNTOLD = Effect.STRICTER, Effect.LAXER, Effect.NEITHER, Effect.UNTOLD
Make = Callable[[str], Policy]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(text: str) -> Policy:
        path = tmp_path / "policy.yaml"
        path.write_text(text)
        return load(path)

    return made


def test_the_same_policy_has_no_changes(make: Make) -> None:
    assert compare(make(BASE), make(BASE)) == []


def test_comments_and_the_order_of_rules_are_no_changes(make: Make) -> None:
    lines = BASE.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "id: hate" in line)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    assert compare(make(BASE), make("# a comment\n" + "".join(lines))) == []


@pytest.mark.parametrize(
    ("old", "new", "about", "key", "effect"),
    [
        ('version: "1"', 'version: "2"', "version", "", NEITHER),
        ("id: sexual, action: BLOCK", "id: sexual, action: REVIEW", "rule sexual", "action", LAXER),
        ("id: odd, action: REVIEW", "id: odd, action: BLOCK", "rule odd", "action", STRICTER),
        (">= 0.4'", ">= 0.6'", "rule sexual", "when", LAXER),
        (">= 0.4'", ">= 0.1'", "rule sexual", "when", STRICTER),
        (">= 0.4'", "> 0.4'", "rule sexual", "when", UNTOLD),
        (">= 0.4'", ">= 0.4 && age_band == \"TEEN\"'", "rule sexual", "when", UNTOLD),
        ('< threshold("violence")', "< 0.9", "rule calm", "when", NEITHER),
        ("cites: [I20]", "cites: [I20, I21]", "rule hate", "cites", NEITHER),
        ("label: calm", "label: quiet", "rule calm", "labels", NEITHER),
        ("{id: sexual,", "{child_safety: true, id: sexual,", "rule sexual", "child_safety", STRICTER),
        ("  TEEN: {hate: 0.3}", "  TEEN: {hate: 0.2}", "threshold hate", "", STRICTER),
        ("  TEEN: {hate: 0.3}", "  TEEN: {hate: 0.4}", "threshold hate", "", LAXER),
        ("violence: 0.5", "violence: 0.6", "threshold violence", "", NEITHER),
        ("illicit: 0.5", "illicit: 0.6", "threshold illicit", "", UNTOLD),
        ("PROMPT: {deadline: 5s", "PROMPT: {deadline: 1500ms", "stage PROMPT", "deadline", UNTOLD),
        ("deadline: 5s", "deadline: 5s, min_deadline: 100ms", "stage PROMPT", "min_deadline", UNTOLD),
        ("on_incomplete: BLOCK", "on_incomplete: REVIEW", "stage PROMPT", "on_incomplete", LAXER),
        ("on_incomplete: REVIEW", "on_incomplete: BLOCK", "stage OUTPUT", "on_incomplete", STRICTER),
        ("TRANSCRIPT: [text]", "TRANSCRIPT: [text, image]", "stage PROMPT", "checks.TRANSCRIPT", STRICTER),
        ("TRANSCRIPT: [text]", "TRANSCRIPT: [image]", "stage PROMPT", "checks.TRANSCRIPT", UNTOLD),
        (", TRANSCRIPT: [text]", "", "stage PROMPT", "checks.TRANSCRIPT", STRICTER),
        ("thresholds:", "require: [hate]\nthresholds:", "require", "", STRICTER),
        ("thresholds:", "require_generation_id: true\nthresholds:", "require_generation_id", "", STRICTER),
        ("thresholds:", "own_checks: {mine: [hate]}\nthresholds:", "own_checks", "mine", NEITHER),
        ("thresholds:", "breaker: {times: 10}\nthresholds:", "breaker", "", LAXER),
    ],
)  # fmt: skip
def test_one_change(make: Make, old: str, new: str, about: str, key: str, effect: Effect) -> None:
    assert old in BASE
    before, after = make(BASE), make(BASE.replace(old, new, 1))
    (found,) = compare(before, after)
    assert (found.about, found.key, found.effect) == (about, key, effect)
    (back,) = compare(after, before)
    turned = {STRICTER: LAXER, LAXER: STRICTER}.get(effect, effect)
    assert (back.effect, back.old, back.new) == (turned, found.new, found.old)


def test_the_least_deadline_that_no_file_says_is_compared_as_it_is(make: Make) -> None:
    assert compare(make(BASE), make(BASE.replace("deadline: 5s", "deadline: 5s, min_deadline: 1s", 1))) == []
    shorter = compare(make(BASE), make(BASE.replace("deadline: 5s", "deadline: 500ms", 1)))
    assert [(change.key, change.old, change.new) for change in shorter] == [
        ("deadline", "5s", "500ms"),
        ("min_deadline", "1s", "500ms"),
    ]


def test_rules_that_come_and_go(make: Make) -> None:
    rule = "  - {id: mine, action: BLOCK, when: 'tenant == \"studio\"'}\n"
    more = BASE.replace("thresholds:", f"{rule}thresholds:")
    (found,) = compare(make(BASE), make(more))
    assert (found.about, found.old, found.effect) == ("rule mine", None, STRICTER)
    assert found.new == 'BLOCK when tenant == "studio"'
    (found,) = compare(make(more), make(BASE))
    assert (found.new, found.effect) == (None, LAXER)
    label = more.replace("id: mine, action: BLOCK", "id: mine, label: x, action: ALLOW")
    assert [change.effect for change in compare(make(BASE), make(label))] == [NEITHER]


def test_a_breaker_that_opens_later_is_stricter_and_one_that_holds_longer_laxer(make: Make) -> None:
    before = make(BASE + "breaker: {times: 10, least: 50, window: 1m, usual: 1h, hold: 5m}\n")
    after = make(BASE + "breaker: {times: 20, least: 50, window: 2m, usual: 1h, hold: 10m}\n")
    assert [(change.key, change.old, change.new, change.effect) for change in compare(before, after)] == [
        ("times", "10", "20", STRICTER),
        ("window", "60s", "120s", UNTOLD),
        ("hold", "300s", "600s", LAXER),
    ]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("illicit: 0.5", "illicit: 0.6", ""),
        ("hate: 0.5", "hate: 0.6", "UNKNOWN, UNDER_13, ADULT"),
        ("TEEN: {hate: 0.3}", "TEEN: {hate: 0.2}", "TEEN"),
        ("TEEN: {hate: 0.3}", "TEEN: {hate: 0.3}\n  OUTPUT: {hate: 0.4}", "stage OUTPUT UNKNOWN, UNDER_13, ADULT"),
        ("TEEN: {hate: 0.3}", "TEEN: {hate: 0.3}\n  OUTPUT/TEEN: {hate: 0.2}", "stage OUTPUT TEEN"),
        (
            "TEEN: {hate: 0.3}",
            "TEEN: {hate: 0.3}\ntenants:\n  studio: {thresholds: {default: {illicit: 0.4}}}",
            "tenant studio",
        ),
    ],
)
def test_for_whom_a_threshold_differs(make: Make, old: str, new: str, where: str) -> None:
    (found,) = compare(make(BASE), make(BASE.replace(old, new, 1)))
    assert found.where == where


def test_tenants_without_a_table_are_told_apart(make: Make) -> None:
    tenants = "tenants:\n  studio: {thresholds: {default: {illicit: 0.4}}}\n"
    (found,) = compare(make(BASE + tenants), make(BASE.replace("illicit: 0.5", "illicit: 0.6", 1) + tenants))
    assert found.where == "tenants without a table"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ('score("hate") >= threshold("hate")', True),
        ('age_band != "TEEN" && score("hate") > threshold("hate")', True),
        ('tenant == "a < b ? !" && score("hate") >= 0.5', True),
        ('!(score("hate") >= threshold("hate"))', False),
        ('score("hate") < threshold("hate")', False),
        ('threshold("hate") > score("hate")', False),
        ('score("hate") >= 1.0 - threshold("hate")', False),
        ('(score("hate") > 0.5) == (score("sexual") > 0.5)', False),
        ('contents.filter(c, c.scores["hate"] > 0.5).size() == 0', False),
        ('contents.exists_one(c, c.scores["hate"] > 0.5)', False),
        ('score("hate") > 0.5 ? false : true', False),
    ],
)
def test_conditions_that_only_ask_at_least(when: str, expected: bool) -> None:
    assert plain(when) is expected


def test_numbers_that_go_both_ways_are_not_told() -> None:
    old = 'score("hate") >= 0.5 && score("sexual") >= 0.5'
    assert raised(old, 'score("hate") >= 0.4 && score("sexual") >= 0.6') is UNTOLD
    assert raised(old, 'score("hate") >= 0.6 && score("sexual") >= 0.6') is LAXER
    assert raised('score("a") < 0.5', 'score("a") < 0.6') is UNTOLD
