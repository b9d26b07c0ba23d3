"""Child-safety rules that a file cannot leave out, narrow, soften or put out of reach."""

from pathlib import Path

import pytest

from sluice.policy.load import load
from tests.unit.test_policy_load import DEFAULT, problems

TEXT = DEFAULT.read_text()


def changed(folder: Path, old: str, new: str) -> Path:
    assert old in TEXT
    path = folder / "policy.yaml"
    path.write_text(TEXT.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [
        ("id: csam-score, cites: [I8], action: BLOCK", "id: csam-score, action: REVIEW", "new CSAM"),
        ('score("csam") >= threshold("csam")', 'tenant != "x" && score("csam") >= threshold("csam")', "new CSAM"),
        ("id: sexual-minors, cites: [I12], action: BLOCK", "id: sexual-minors, action: ALLOW", "with minors"),
        ('score("sexual/minors") >= threshold(', 'score("sexual/minors") > threshold(', "with minors"),
        ('score("sexual") >= 0.2 &&', 'score("sexual") >= 0.3 &&', "picture of a child"),
        ('c.person in ["CHILD", "AGE_UNKNOWN"]', 'c.person in ["CHILD"]', "picture of a child"),
        ('u.person in ["CHILD", "AGE_UNKNOWN"]', 'u.person == "CHILD"', "edits of pictures of children"),
        ("action: BLOCK, terminal: true", "action: BLOCK, terminal: false", "known CSAM"),
    ],
)
def test_a_weakened_rule_is_refused(tmp_path: Path, old: str, new: str, about: str) -> None:
    path = changed(tmp_path, old, new)
    (problem,) = problems(path).splitlines()
    assert problem.startswith(
        f"{path}:{TEXT[: TEXT.index('  # Child safety')].count(chr(10)) + 2}: rules: child safety: "
    )
    assert about in problem


@pytest.mark.parametrize("rule", ["known-csam", "csam-score", "sexual-minors", "sexual-child", "no-child-edits"])
def test_a_rule_that_is_gone_is_refused(tmp_path: Path, rule: str) -> None:
    (line,) = [line for line in TEXT.splitlines(keepends=True) if f"id: {rule}," in line]
    assert "child safety: a rule with when" in problems(changed(tmp_path, line, ""))


@pytest.mark.parametrize("category", ["csam", "sexual/minors"])
def test_a_threshold_about_children_has_a_most(tmp_path: Path, category: str) -> None:
    path = changed(tmp_path, f"    {category}: 0.5", f"    {category}: 0.51")
    (problem,) = problems(path).splitlines()
    assert f"the most for '{category}'" in problem
    line = 1 + (tmp_path / "policy.yaml").read_text().splitlines().index(f"    {category}: 0.51")
    assert problem.startswith(f"{path}:{line}: ")


def test_stricter_is_welcome(tmp_path: Path) -> None:
    assert load(changed(tmp_path, 'score("sexual") >= 0.2 &&', 'score( "sexual" )  >= 0.1 &&')).rules
    assert load(changed(tmp_path, "    sexual/minors: 0.5", "    sexual/minors: 0.2")).rules


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Blanks within a word, and quotes of the other kind that open or close too late: no such word, so never true.
        ('contents.exists(c, c.kind == "image" &&', 'contents .exists(c, c.kind == "ima ge" &&'),
        ('uploads.exists(u, u.person in ["CHILD", "AGE_UNKNOWN"])', 'uploads .exists(u, u.person in ["CHI LD"])'),
        ('operation == "EDIT" && uploads.exists', 'operation == "ED IT" && uploads .exists'),
        ('score("csam") >= threshold("csam")', 'score("csam") >= threshold("csam") // && false'),
        ('operation == "EDIT" && uploads.exists', 'operation == "EDIT" && true && uploads.exists'),
        ("c.known_csam", "c.known_csam && size(contents) > 99"),
    ],
)
def test_a_condition_is_compared_word_by_word(tmp_path: Path, old: str, new: str) -> None:
    assert "is required" in problems(changed(tmp_path, old, new))


def test_quotes_that_swallow_a_comma_are_no_two_words(tmp_path: Path) -> None:
    floor = """when: 'operation == "EDIT" && uploads.exists(u, u.person in ["CHILD", "AGE_UNKNOWN"])'"""
    swallowed = r"""when: "operation == 'EDIT' && uploads .exists(u, u.person in [\"CHILD', 'AGE_UNKNOWN\"])" """
    assert "edits of pictures of children" in problems(changed(tmp_path, floor, swallowed))
    other = """when: "operation == 'EDIT' && uploads.exists(u, u.person in ['CHILD', 'AGE_UNKNOWN'])" """
    assert load(changed(tmp_path, floor, other)).rules


@pytest.mark.parametrize(
    "when", ['score("sexual/minors") >= 0.1', 'contents.exists(c, c.known_csam && c.role == "UPLOAD")']
)
def test_no_breaker_softens_a_block_about_children(tmp_path: Path, when: str) -> None:
    own = f"rules:\n  - {{id: own, action: BLOCK, when: '{when}'}}"
    assert load(changed(tmp_path, "rules:", own)).rules[0].child_safety
    said = own.replace("BLOCK,", "BLOCK, child_safety: false,")
    assert "stays one" in problems(changed(tmp_path, "rules:", said))
    looked_at = own.replace("BLOCK", "REVIEW")
    assert not load(changed(tmp_path, "rules:", looked_at)).rules[0].child_safety
