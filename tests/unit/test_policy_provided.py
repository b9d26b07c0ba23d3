"""A rule about a category that nothing scores is told: it never fires."""

from pathlib import Path

from sluice.policy.load import load
from sluice.policy.provided import provided, required_in_vain, silent, unheeded
from tests.unit.model_files import write_card
from tests.unit.test_policy_load import DEFAULT

CHECKOUT = DEFAULT.parents[1]


def test_of_the_default_policy_only_csam_has_no_model() -> None:
    policy = load(DEFAULT)
    found = list(silent(policy, provided(CHECKOUT / "models", policy)))
    (rule,) = [rule for rule in policy.rules if rule.id == "csam-score"]
    assert found == [(rule.line, "rule 'csam-score' is about 'csam', which nothing provides")]
    assert "id: csam-score" in DEFAULT.read_text().splitlines()[rule.line - 1]


def test_every_category_that_ships_is_heeded_and_another_is_told() -> None:
    policy = load(DEFAULT)
    scored = provided(CHECKOUT / "models", policy)
    assert list(unheeded(policy, scored)) == []
    said = list(unheeded(policy, {*scored, "self-harm/instructions"}))
    assert said == ["'self-harm/instructions' is scored, and no rule asks for it"]


def test_an_own_check_provides_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(DEFAULT.read_text() + "own_checks: {scanner: [csam]}\n")
    policy = load(path)
    assert list(silent(policy, provided(CHECKOUT / "models", policy))) == []


def test_without_models_all_are_silent_and_what_is_required_is_required_in_vain(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(DEFAULT.read_text() + "require: [hate]\n")
    policy = load(path)
    assert provided(tmp_path, policy) == set()
    assert list(required_in_vain(policy, set())) == ["require: 'hate' is required, and nothing provides it"]
    assert list(required_in_vain(policy, {"hate"})) == []
    assert {said.split("'")[3] for _, said in silent(policy, ())} >= {"hate", "sexual", "csam"}


def test_a_card_that_cannot_be_read_provides_nothing(tmp_path: Path) -> None:
    write_card(tmp_path, "bad", title=None)
    assert provided(tmp_path, load(DEFAULT)) == set()
