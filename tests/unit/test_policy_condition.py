"""Every word of a condition is looked up: what does not exist is named, with file and line."""

from pathlib import Path

import pytest

from sluice.policy.condition import categories_of
from sluice.policy.load import load
from tests.unit.test_policy_load import FLOOR, problems, write


def of(folder: Path, condition: str) -> str:
    rule = f"{{id: a, action: REVIEW, when: '{condition}'}}"
    return problems(write(folder, f"{FLOOR}\n  - {rule}"))


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ('contents.exists(c, c.id.matches("x"))', "unknown function 'matches'"),
        ('c.person == "CHILD"', "unknown variable 'c'"),
        ("contents.exists(c, has(c.scores.sexul) && c.scores.hate > 0.1)", "unknown category 'sexul'"),
        ('contents.exists(c, "sexul" in c.scores)', "unknown category 'sexul'"),
        ('contents.exists(c, has(c.scores.hate) && c.scores["hat"] > 0.1)', "unknown category 'hat'"),
        ('score("sexual") >= 1.5', "held against 1.5"),
        ('score("sexual") >= 50.0', "held against 50.0"),
        ('-0.5 < score("sexual")', "held against -0.5"),
        ("contents.exists(c, has(c.scores.hate) && c.scores.hate > 2.0)", "held against 2.0"),
        ('contents.exists(c, c.persn == "CHILD")', "unknown field 'persn'"),
        ('stage == "OUTPUT" && tenant == "studio" && uploads.exists(u, u.kid)', "unknown field 'kid'"),
        ('contents.exists(c, c.matches.exists(m, m.name == "x"))', "unknown field 'name'"),
        ("size(uploads) > 0 && uploads[0].age > 1", "unknown field 'age'"),
        ('stage == "PROMT"', "unknown word 'PROMT' for stage"),
        ('"EDITED" == operation', "unknown word 'EDITED' for operation"),
        ('age_band in ["TEEN", "TODDLER"]', "unknown word 'TODDLER' for age_band"),
        ('contents.exists(c, c.person in ["CHILD", "KID"])', "unknown word 'KID' for person"),
        ('contents.exists(c, c.role != "OUTPUT")', "unknown word 'OUTPUT' for role"),
        ('contents.exists(c, c.kind == "picture")', "unknown word 'picture' for kind"),
    ],
)
def test_what_does_not_exist_is_named_with_its_line(tmp_path: Path, condition: str, named: str) -> None:
    text = of(tmp_path, condition)
    assert named in text
    assert f"{tmp_path / 'policy.yaml'}:10: rules[2].when: " in text


@pytest.mark.parametrize(
    ("condition", "probe"),
    [
        ('score("sexual") >= 0.9 && size(stage) + "1" == 2', "child seen"),
        ('operation == "GENERATE" && stage == "OUTPUT" && tenant > 1', "OUTPUT, GENERATE"),
        ("uploads[0].known_csam", "nothing seen"),
        ("contents.exists(c, c.signals.photoreal > 0.9)", "nothing seen"),
        ("contents.exists(c, c.scores.hate > 0.9)", "nothing seen"),
        ('age_band == "TEEN" && size(age_band)', "fails on a probe"),
    ],
)
def test_what_only_fails_behind_a_condition_fails_on_a_probe(tmp_path: Path, condition: str, probe: str) -> None:
    text = of(tmp_path, condition)
    assert "fails on a probe" in text
    assert probe in text


@pytest.mark.parametrize(
    "condition",
    [
        'contents.exists(c, c.matches.exists(m, m.kind == "artist" && m.list == "own"))',
        "contents.exists(c, has(c.scores.hate) && c.scores.hate > 0.9)",
        'contents.exists(c, "violence/graphic" in c.scores && c.scores["violence/graphic"] > 0.5)',
        'tenant in ["anything", "at-all"] && stage == "PROMPT" && score("sexual") >= 1.0',
        'tenant == "stage == nothing"',
        "size(uploads) > 0 && uploads[0].known_csam",
        "generated.exists(g, has(g.signals.drawn) && g.signals.drawn > 3.5)",
    ],
)
def test_what_is_good_stays_so(tmp_path: Path, condition: str) -> None:
    rule = f"{{id: a, action: REVIEW, when: '{condition}'}}"
    assert [one.id for one in load(write(tmp_path, f"{FLOOR}\n  - {rule}")).rules][-1] == "a"


def test_all_problems_of_one_condition_are_told_at_once(tmp_path: Path) -> None:
    text = of(tmp_path, 'nope == 1 && scores("x") && score("sexul") > 1.5')
    for named in ("'nope'", "'scores'", "'sexul'", "1.5"):
        assert named in text


def test_the_categories_that_a_condition_names() -> None:
    when = (
        'score("hate") > threshold("csam") && contents.exists(c, "violence" in c.scores || c.scores["illicit"] > 0.1)'
    )
    assert categories_of(when) == {"hate", "csam", "violence", "illicit"}
