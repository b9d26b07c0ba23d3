"""The published schema is the code's, and it says yes and no where the loader does."""

import json
import re
from typing import Any

import pytest
import yaml

from sluice.policy.schema import schema, text
from tests.unit.test_policy_load import DEFAULT

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "integer": (int,),
}
KNOWN = {"$schema", "title", "description", "type", "properties", "required", "additionalProperties", "items", "enum"}
KNOWN |= {"pattern", "minimum", "maximum", "minLength", "minItems", "propertyNames", "$ref", "$defs"}


def wrong(value: Any, rules: dict[str, Any], at: str = "") -> list[str]:
    """Where a value does not fit: the part of JSON Schema that ours is written in."""
    assert rules.keys() <= KNOWN, "the test must learn this keyword"
    if "$ref" in rules:
        rules = schema()["$defs"][rules["$ref"].removeprefix("#/$defs/")]
    types = [rules["type"]] if isinstance(rules.get("type"), str) else rules.get("type", [])
    if types and not any(fits(value, name) for name in types):
        return [f"{at}: type"]
    found = [f"{at}: enum"] if "enum" in rules and value not in rules["enum"] else []
    if isinstance(value, dict):
        found += [f"{at}.{key}: missing" for key in rules.get("required", []) if key not in value]
        for key, one in value.items():
            found += wrong(key, rules.get("propertyNames", {}), f"{at}.{key}")
            of = rules.get("properties", {}).get(key, rules.get("additionalProperties", {}))
            found += [f"{at}.{key}: unknown"] if of is False else wrong(one, of, f"{at}.{key}")
    elif isinstance(value, list):
        found += [f"{at}: too few"] if len(value) < rules.get("minItems", 0) else []
        found += [one for n, item in enumerate(value) for one in wrong(item, rules.get("items", {}), f"{at}[{n}]")]
    elif isinstance(value, str):
        found += [f"{at}: pattern"] if not re.search(rules.get("pattern", ""), value) else []
        found += [f"{at}: too short"] if len(value) < rules.get("minLength", 0) else []
    elif isinstance(value, int | float):
        found += [f"{at}: bounds"] if not rules.get("minimum", value) <= value <= rules.get("maximum", value) else []
    return found


def fits(value: Any, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean") == isinstance(value, bool)


def test_the_file_is_what_the_code_says() -> None:
    path = DEFAULT.parent / "policy.schema.json"
    assert path.read_text() == text(), "run: sluice policy schema > policies/policy.schema.json"
    assert json.loads(path.read_text()) == schema()


def test_the_default_policy_fits_and_names_the_schema() -> None:
    assert wrong(yaml.safe_load(DEFAULT.read_text()), schema()) == []
    assert DEFAULT.read_text().startswith("# yaml-language-server: $schema=policy.schema.json\n")


@pytest.mark.parametrize(
    "name", ["benchmarks/orchestrator/trivial.yaml", "benchmarks/forty.yaml", "tests/chaos/policy.yaml"]
)
def test_the_other_policies_fit(name: str) -> None:
    assert wrong(yaml.safe_load((DEFAULT.parents[1] / name).read_text()), schema()) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("action: BLOCK", "action: DENY", ".rules[0].action: enum"),
        ("terminal: true", 'terminal: "yes"', ".rules[0].terminal: type"),
        ("id: known-csam, ", "", ".rules[0].id: missing"),
        ("report: true", "reprot: true", ".rules[0].reprot: unknown"),
        ("deadline: 5s", "deadline: 5", ".stages.PROMPT.deadline: type"),
        ("deadline: 5s", "deadline: 5 s", ".stages.PROMPT.deadline: pattern"),
        ("max_deadline: 60s", "min_deadline: 1", ".stages.PROMPT.min_deadline: type"),
        ("max_deadline: 60s", "min_deadline: 1s", ".stages.PROMPT.max_deadline: missing"),
        ("on_incomplete: BLOCK", "on_incomplete: ALLOW", ".stages.PROMPT.on_incomplete: enum"),
        ("PROMPT: [text]", "PROMPT: []", ".stages.PROMPT.checks.PROMPT: too few"),
        ("    csam: 0.5", "    csam: 1.5", ".thresholds.default.csam: bounds"),
        ("    csam: 0.5", "    csam/own: 1.5", ".thresholds.default.csam/own: bounds"),
        ("    csam: 0.5", "    CSAM: 0.5", ".thresholds.default.CSAM: pattern"),
        ("  TEEN:", "  TODDLER:", ".thresholds.TODDLER: unknown"),
        ("window: 1m", "window: 1", ".breaker.window: type"),
        ("least: 50", "least: 5.5", ".breaker.least: type"),
        ("times: 10", "times: 1", ".breaker.times: bounds"),
        ("hold: 5m", "reset: 5m", ".breaker.reset: unknown"),
        ("thresholds:", "tenants: {acme: {}}\nthresholds:", ".tenants.acme.thresholds: missing"),
        (
            "thresholds:",
            "tenants: {acme: {thresholds: {OUTPUT/TEN: {}}}}\nthresholds:",
            ".tenants.acme.thresholds.OUTPUT/TEN: unknown",
        ),
    ],
)
def test_what_does_not_fit(old: str, new: str, where: str) -> None:
    data = DEFAULT.read_text()
    assert old in data
    assert where in wrong(yaml.safe_load(data.replace(old, new, 1)), schema())
