"""Thresholds in a file: per stage, age band and tenant, named ones too, and every mistake with its line."""

from pathlib import Path

import pytest

from sluice.policy.load import load
from tests.unit.test_policy_load import FLOOR, problems, write

ASKS = '\n  - {id: real, action: BLOCK, when: \'score("sexual") >= threshold("sexual/real-person")\'}'
DEFAULTS = "default: {sexual: 0.5, sexual/minors: 0.5}"


def file(folder: Path, *tables: str, tenants: str = "", rules: str = "") -> Path:
    """A policy with these lines under `thresholds`, the first of them on line 6."""
    path = write(folder, FLOOR + rules, more=f"tenants: {tenants}\n" if tenants else "")
    path.write_text(path.read_text().replace(DEFAULTS, "\n  ".join(tables)))
    return path


def test_stage_band_and_tenant(tmp_path: Path) -> None:
    tables = (DEFAULTS, "TEEN: {sexual: 0.3}", "OUTPUT: {sexual: 0.4}", "OUTPUT/TEEN: {sexual: 0.25}")
    policy = load(file(tmp_path, *tables, tenants="{acme: {thresholds: {default: {sexual: 0.35}}}}"))
    assert policy.threshold("sexual", "UNKNOWN", "PROMPT") == 0.5
    assert policy.threshold("sexual", "UNKNOWN", "OUTPUT") == 0.4
    assert policy.threshold("sexual", "TEEN", "OUTPUT") == 0.25
    assert policy.threshold("sexual", "UNDER_13", "OUTPUT", "acme") == 0.35
    assert policy.threshold("sexual/minors", "UNDER_13", "OUTPUT", "acme") == 0.5


def test_a_name_of_the_files_own(tmp_path: Path) -> None:
    tables = (
        "default: {sexual: 0.5, sexual/minors: 0.5, sexual/real-person: 0.2}",
        "TEEN: {sexual/real-person: 0.1}",
    )
    policy = load(file(tmp_path, *tables, rules=ASKS))
    assert policy.threshold("sexual/real-person", "TEEN") == 0.1


def test_a_name_that_nobody_asks_for_is_a_slip(tmp_path: Path) -> None:
    path = file(tmp_path, "default: {sexual: 0.5, sexual/minors: 0.5, sexaul: 0.2}")
    assert problems(path) == (
        f"{path}:6: thresholds.default.sexaul: 'sexaul' names no category and no rule asks for it"
    )


def test_a_rule_that_is_wrong_asks_all_the_same(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "default: {sexual: 0.5, sexual/minors: 0.5, mine: 0.2}",
        rules="\n  - {id: a, action: BLOCK, when: 'nope > threshold(\"mine\")'}",
    )
    (problem,) = problems(path).splitlines()
    assert "unknown variable 'nope'" in problem


def test_a_rule_asks_for_a_name_that_has_no_default(tmp_path: Path) -> None:
    text = problems(file(tmp_path, DEFAULTS, "TEEN: {sexual/real-person: 0.1}", rules=ASKS))
    assert "no default threshold for 'sexual/real-person'" in text
    assert "policy.yaml:7: thresholds.TEEN.sexual/real-person: 'sexual/real-person' has no default threshold" in text


@pytest.mark.parametrize("name", ["Sexual", "1st", "a b", "-x"])
def test_what_is_no_name(tmp_path: Path, name: str) -> None:
    assert "is no name" in problems(file(tmp_path, f"default: {{sexual: 0.5, sexual/minors: 0.5, {name}: 0.2}}"))


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("TEEN: {sexual: 0.6}", "TEEN at PROMPT) than the 0.5 without an age band"),
        ("UNDER_13: {sexual: 0.6}", "UNDER_13 at PROMPT) than the 0.5 without"),
        ("OUTPUT/TEEN: {sexual: 0.6}", "TEEN at OUTPUT) than the 0.5 without"),
    ],
)
def test_no_minor_has_it_laxer(tmp_path: Path, table: str, where: str) -> None:
    (problem,) = problems(file(tmp_path, DEFAULTS, table)).splitlines()
    assert f"{tmp_path / 'policy.yaml'}:7: thresholds." in problem
    assert f"0.6 is laxer for minors ({where}" in problem


def test_a_stage_that_is_stricter_for_all_is_held_against_what_minors_have(tmp_path: Path) -> None:
    path = file(tmp_path, DEFAULTS, "TEEN: {sexual: 0.3}", "OUTPUT: {sexual: 0.2}")
    (problem,) = problems(path).splitlines()
    assert problem == (
        f"{path}:7: thresholds.TEEN.sexual: 0.3 is laxer for minors (TEEN at OUTPUT) than the 0.2 without an age band"
    )
    assert load(
        file(tmp_path, DEFAULTS, "TEEN: {sexual: 0.3}", "OUTPUT: {sexual: 0.2}", "OUTPUT/TEEN: {sexual: 0.2}")
    )


def test_adults_may_have_it_laxer(tmp_path: Path) -> None:
    tenants = "{acme: {thresholds: {ADULT: {sexual: 0.9}}}}"
    policy = load(file(tmp_path, DEFAULTS, "ADULT: {sexual: 0.7}", tenants=tenants))
    assert policy.threshold("sexual", "ADULT", "PROMPT", "acme") == 0.9
    assert policy.threshold("sexual", "TEEN", "PROMPT", "acme") == 0.5


@pytest.mark.parametrize(
    ("own", "path", "where"),
    [
        # Laxer than the tenant's own.
        ("{default: {sexual: 0.2}, TEEN: {sexual: 0.25}}", "TEEN.sexual", "TEEN at PROMPT"),
        # Laxer than the file's.
        ("{default: {sexual: 0.9}, TEEN: {sexual: 0.4}}", "TEEN.sexual", "TEEN at PROMPT"),
        # Laxer by what the tenant says of all.
        ("{default: {sexual: 0.9}}", "default.sexual", "UNDER_13 at PROMPT"),
        # Stricter for all, and so laxer for those whose value is the file's.
        ("{default: {sexual: 0.2}}", "default.sexual", "TEEN at PROMPT"),
    ],
)
def test_no_tenant_has_it_laxer_for_minors(tmp_path: Path, own: str, path: str, where: str) -> None:
    text = problems(file(tmp_path, DEFAULTS, "TEEN: {sexual: 0.3}", tenants=f"{{acme: {{thresholds: {own}}}}}"))
    assert f"policy.yaml:8: tenants.acme.thresholds.{path}: " in text
    assert f"laxer for minors ({where}, tenant 'acme')" in text


@pytest.mark.parametrize("key", ["default", "OUTPUT", "TEEN", "PROMPT/UNDER_13"])
def test_child_safety_has_a_most_for_every_tenant(tmp_path: Path, key: str) -> None:
    text = problems(file(tmp_path, DEFAULTS, tenants=f"{{acme: {{thresholds: {{{key}: {{sexual/minors: 0.51}}}}}}}}"))
    assert f"tenants.acme.thresholds.{key}.sexual/minors: child safety: is weaker than 0.5" in text


@pytest.mark.parametrize(
    ("tenants", "named"),
    [
        ("{acme: {}}", "tenants.acme: 'thresholds' is missing"),
        ("{acme: {threshold: {}}}", "unknown key 'threshold'"),
        ("{acme: {thresholds: {TEN: {sexual: 0.1}}}}", "unknown key 'TEN'"),
        ("{acme: {thresholds: {TEEN: {hate: 0.1}}}}", "'hate' has no default threshold in this file"),
        ("{acme: {thresholds: {TEEN: {sexual: 2}}}}", "from 0 to 1"),
        ("{'': {thresholds: {}}}", "a tenant without a name"),
        ("[acme]", "tenants: should be a mapping"),
    ],
)
def test_a_tenants_mistakes(tmp_path: Path, tenants: str, named: str) -> None:
    text = problems(file(tmp_path, DEFAULTS, tenants=tenants))
    assert named in text
    assert "policy.yaml:7: " in text
