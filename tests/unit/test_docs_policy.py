"""docs/policy.md tells the policy language and the default policy as the code has them."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sluice.categories import CATEGORIES
from sluice.cli.policy import app
from sluice.errors import ConfigError
from sluice.policy import load as loader
from sluice.policy.condition import MACROS
from sluice.policy.examples import read_examples
from sluice.policy.facts import FUNCTIONS, VARIABLES, content_value
from sluice.policy.load import load
from sluice.policy.model import MOST_DEADLINE_MS, Policy
from sluice.policy.thresholds import KEYS
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Person

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policy.md").read_text()
DEFAULT = ROOT / "policies" / "default.yaml"
FLOOR = "when: 'contents.exists(c, c.known_csam)'"


@pytest.fixture(scope="module")
def default() -> Policy:
    return load(DEFAULT)


def block(language: str) -> str:
    (text,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(text)


def code() -> set[str]:
    """Everything that the page sets as code, with the words inside it."""
    spans = re.findall(r"`([^`\n]+)`", PAGE)
    return {word for span in spans for word in (span, *re.findall(r"\w+", span))}


def test_its_example_is_a_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(block("yaml"))
    policy = load(path)
    assert len(policy.rules) == 8
    path.write_text(block("yaml").replace("has(g.signals.drawn) && ", ""))
    with pytest.raises(ConfigError, match="fails on a probe"):
        load(path)


def test_every_key_name_and_category_is_told() -> None:
    known = {*loader._TOP, *loader._STAGE, *loader._RULE, *loader.ROLES, *KEYS, *loader._STAGES}
    words = {*known, *loader._SEVERITIES, *MACROS, *VARIABLES, *FUNCTIONS, *CATEGORIES}
    assert words - code() == set()


def test_every_field_of_a_content_is_told() -> None:
    result = ContentResult(status=STATUS_OK)
    result.matches.add(kind="csam")
    value = content_value("c0", "UPLOAD", "image", [result])
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) >= value.keys()
    assert value["matches"][0].keys() <= code()
    assert {f'"{name.removeprefix("PERSON_")}"' for name, number in Person.items() if number} <= set(
        re.findall(r'"\w+"', PAGE)
    )


def test_the_most_that_a_request_waits() -> None:
    assert f"longer than {MOST_DEADLINE_MS // 1000} s" in PAGE


def test_every_rule_of_the_default_policy_is_told(default: Policy) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| ([A-Z]+) \| ([\w, ]+) \|", PAGE, re.MULTILINE)
    assert rows == [(rule.id, rule.action.name, ", ".join(rule.cites)) for rule in default.rules]


def test_every_cited_statement_is_told(default: Policy) -> None:
    told = re.findall(r"^\| ([A-Z]\d+) \|", PAGE, re.MULTILINE)
    cited = {statement for rule in default.rules for statement in rule.cites}
    assert len(told) == len(set(told))
    assert set(told) == cited


def test_what_teens_have_lower_is_told(default: Policy) -> None:
    (sentence,) = re.findall(r"TEEN has lower thresholds for (.*?) \(", PAGE, re.DOTALL)
    assert set(re.findall(r"`([^`]+)`", sentence)) == set(default.thresholds["TEEN"])


def test_the_floor_is_as_the_page_says(tmp_path: Path) -> None:
    assert FLOOR in PAGE
    path = tmp_path / "policy.yaml"
    path.write_text(block("yaml").replace(FLOOR, "when: 'false'"))
    with pytest.raises(ConfigError, match="is required"):
        load(path)


def test_its_commands_do_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for line in block("sh").splitlines():
        command, *words = line.partition("#")[0].split()
        assert command == ".venv/bin/sluice"
        assert words.pop(0) == "policy"
        assert CliRunner().invoke(app, words).exit_code == 0, line


def test_the_table_of_the_cards_has_every_row_and_names_rules_and_files_that_are_there(default: Policy) -> None:
    table = PAGE[PAGE.index("## The cards, row by row") : PAGE.index("The statements that rules cite")]
    rows = re.findall(r"^\| (`[IVO]\d.*?) \| (.*?) \|(.*?)\|$", table, re.MULTILINE)
    ids = [word for first, _, _ in rows for word in re.findall(r"`(\w+)`", first)]
    expected = [f"I{n}" for n in range(1, 24)] + [f"V{n}" for n in range(1, 6)] + [f"O{n}" for n in range(1, 5)]
    assert sorted(ids) == sorted(expected)
    rules = {rule.id: rule for rule in default.rules}
    told = {rule for _, said, _ in rows for rule in re.findall(r"`([\w-]+)`", said)} & rules.keys()
    assert told == rules.keys()
    examples = read_examples(DEFAULT.parent / "tests", default)
    for first, said, files in rows:
        named = set(re.findall(r"`([\w-]+\.yaml)`", files))
        cited = set(re.findall(r"`(\w+)`", first))
        assert bool(named) == (not said.startswith(("not a rule", "not yet"))), first
        for name in named:
            assert any(Path(one.file).name == name and cited & set(one.cites) for one in examples), (first, name)
