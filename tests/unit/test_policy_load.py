"""A policy file: all of it good, or every mistake in it named with its line."""

from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.policy.load import load
from sluice.policy.model import Severity
from sluice.v1.request_pb2 import STAGE_OUTPUT, STAGE_PROMPT

DEFAULT = Path(__file__).parents[2] / "policies" / "default.yaml"
FLOOR = "- {id: known-csam, action: BLOCK, terminal: true, report: true, when: 'contents.exists(c, c.known_csam)'}"
FLOOR += '\n  - {id: sexual-minors, action: BLOCK, when: \'score("sexual/minors") >= threshold("sexual/minors")\'}'
STAGE = "{deadline: 2s, max_deadline: 60s, on_incomplete: BLOCK, checks: {PROMPT: [text]}}"


def write(folder: Path, rules: str = FLOOR, stage: str = STAGE, more: str = "") -> Path:
    path = folder / "policy.yaml"
    path.write_text(
        f"version: v1\nstages:\n  PROMPT: {stage}\n  OUTPUT: {STAGE}\n"
        "thresholds:\n  default: {sexual: 0.5, sexual/minors: 0.5}\n"
        f"{more}rules:\n  {rules}\n"
    )
    return path


def problems(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return "\n".join(caught.value.problems)


def test_the_default_policy_is_good_and_requires_the_four_checks() -> None:
    policy = load(DEFAULT)
    assert policy.required_checks() == {"text", "image_text", "image", "person", "hash"}
    assert set(policy.stages) == {STAGE_PROMPT, STAGE_OUTPUT}
    assert all(stage.on_incomplete is Severity.BLOCK for stage in policy.stages.values())


def test_a_small_policy(tmp_path: Path) -> None:
    policy = load(write(tmp_path))
    assert policy.stages[STAGE_PROMPT].deadline_ms == 2000
    assert len(policy.digest) == 32


@pytest.mark.parametrize(
    ("said", "least"),
    [
        ("deadline: 2s", 1000),
        ("deadline: 400ms", 400),
        ("deadline: 2s, min_deadline: 20ms", 20),
        ("deadline: 2s, min_deadline: 2s", 2000),
    ],
)
def test_the_least_deadline_is_a_second_or_what_the_file_says(tmp_path: Path, said: str, least: int) -> None:
    stage = load(write(tmp_path, stage=STAGE.replace("deadline: 2s", said, 1))).stages[STAGE_PROMPT]
    assert stage.min_deadline_ms == least
    asked = (1, least + 1, 60_001, 0)
    assert [stage.allowed_ms(one) for one in asked] == [least, least + 1, 60_000, stage.deadline_ms]


@pytest.mark.parametrize(
    ("said", "named"), [("2001ms", "min_deadline is longer than deadline"), ("0s", "should be a duration")]
)
def test_a_bad_least_deadline_is_named_with_its_line(tmp_path: Path, said: str, named: str) -> None:
    text = problems(write(tmp_path, stage=STAGE.replace("max_", f"min_deadline: {said}, max_")))
    assert text == f"{tmp_path / 'policy.yaml'}:3: {text.partition(':3: ')[2]}"
    assert named in text


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("{id: a, action: BLOCK, when: 'nope == 1'}", "unknown variable 'nope'"),
        ("{id: a, action: BLOCK, when: 'scores(\"sexual\") > 0.1'}", "unknown function 'scores'"),
        ("{id: a, action: BLOCK, when: 'score(\"sexul\") > 0.1'}", "unknown category 'sexul'"),
        ('{id: a, action: BLOCK, when: \'score("hate") > threshold("hate")\'}', "no default threshold for 'hate'"),
        ("{id: a, action: BLOCK, when: 'stage =='}", "not CEL"),
        ("{id: a, action: BLOCK, when: 'contents.exists(c, c.persn == \"CHILD\")'}", "persn"),
        ("{id: a, action: BLOCK, when: 'stage + 1 == 2'}", "fails on a probe"),
        ("{id: a, action: BLOCK, when: 'size(contents)'}", "not true or false"),
        ("{id: a, action: DENY, when: 'true'}", "'DENY' should be one of"),
        ("{id: a, action: BLOCK, wen: 'true'}", "unknown key 'wen'"),
        ("{id: known-csam, action: BLOCK, when: 'true'}", "used twice"),
    ],
)
def test_a_bad_rule_is_named_with_its_line(tmp_path: Path, rule: str, named: str) -> None:
    text = problems(write(tmp_path, f"{FLOOR}\n  - {rule}"))
    assert named in text
    assert "policy.yaml:10:" in text


def test_all_mistakes_are_told_in_one_go(tmp_path: Path) -> None:
    rules = f"{FLOOR}\n  - {{id: a, action: BLOCK, when: 'nope'}}\n  - {{id: b, action: NO, when: 'true'}}"
    text = problems(write(tmp_path, rules, stage="{deadline: 90s, max_deadline: 60s, on_incomplete: ALLOW}"))
    assert text.count("policy.yaml:") >= 4
    assert "BLOCK, REVIEW" in text
    lines = [int(problem.removeprefix(str(tmp_path / "policy.yaml:")).split(":")[0]) for problem in text.splitlines()]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    "floor",
    [
        "- {id: known-csam, action: REVIEW, terminal: true, report: true, when: 'contents.exists(c, c.known_csam)'}",
        "- {id: known-csam, action: BLOCK, report: true, when: 'contents.exists(c, c.known_csam)'}",
        "- {id: known-csam, action: BLOCK, terminal: true, when: 'contents.exists(c, c.known_csam)'}",
        "- {id: known-csam, action: BLOCK, terminal: true, report: true, when: 'false'}",
        "- {id: other, action: BLOCK, when: 'true'}",
    ],
)
def test_child_safety_cannot_be_weakened(tmp_path: Path, floor: str) -> None:
    assert "is required" in problems(write(tmp_path, floor))


@pytest.mark.parametrize("role", ["UPLOAD", "GENERATED"])
def test_no_picture_goes_unmatched(tmp_path: Path, role: str) -> None:
    stage = f"{{deadline: 2s, max_deadline: 60s, on_incomplete: BLOCK, checks: {{{role}: [image]}}}}"
    assert "'hash' is required" in problems(write(tmp_path, stage=stage))


@pytest.mark.parametrize("value", ["1.5", "-0.1", "much"])
def test_a_threshold_is_from_0_to_1(tmp_path: Path, value: str) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text().replace("sexual: 0.5", f"sexual: {value}"))
    assert "from 0 to 1" in problems(path)


def test_a_missing_file_says_which_variable_names_it(tmp_path: Path) -> None:
    assert "SLUICE_POLICY" in problems(tmp_path / "none.yaml")


def test_a_band_of_minors_cannot_be_laxer(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(
        path.read_text().replace(
            "default: {sexual: 0.5, sexual/minors: 0.5}",
            "default: {sexual: 0.5, sexual/minors: 0.5}\n  TEEN: {sexual: 0.9}",
        )
    )
    assert "laxer for minors" in problems(path)


def test_a_category_that_is_made_up_at_run_time_is_no_silent_zero(tmp_path: Path) -> None:
    rule = "{id: a, action: BLOCK, when: '[\"sexaul\"].exists(k, score(k) >= 0.5)'}"
    assert "fails on a probe" in problems(write(tmp_path, f"{FLOOR}\n  - {rule}"))


def test_a_check_that_nobody_knows(tmp_path: Path) -> None:
    stage = "{deadline: 2s, max_deadline: 60s, on_incomplete: BLOCK, checks: {PROMPT: [text, txet]}}"
    text = problems(write(tmp_path, stage=stage))
    assert "policy.yaml:3: stages.PROMPT.checks.PROMPT[1]: unknown check 'txet'" in text
    policy = load(write(tmp_path, stage=stage, more="own_checks: {txet: [hate]}\n"))
    assert policy.own_checks == {"txet": ("hate",)}
    assert "txet" in policy.required_checks()


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ("{mine: [hats]}", "unknown category 'hats'"),
        ("{text: [hate]}", "check 'text' ships"),
        ("[mine]", "a mapping"),
    ],
)
def test_own_checks_are_looked_at_too(tmp_path: Path, own: str, named: str) -> None:
    assert named in problems(write(tmp_path, more=f"own_checks: {own}\n"))


def test_an_id_that_is_used_twice_is_told_even_of_a_rule_that_is_wrong(tmp_path: Path) -> None:
    text = problems(write(tmp_path, f"{FLOOR}\n  - {{id: known-csam, action: NO, when: 'nope'}}"))
    assert "policy.yaml:10: rules[2].id: rule id 'known-csam' is used twice" in text
    assert "'NO' should be one of" in text
    assert "unknown variable 'nope'" in text


def test_rules_know_their_lines(tmp_path: Path) -> None:
    assert [rule.line for rule in load(write(tmp_path)).rules] == [8, 9]
