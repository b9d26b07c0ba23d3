"""docs/api.md names what the contract has: methods, fields, reasons, and the keys of the JSON."""

import ast
import importlib
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from google.protobuf.descriptor import ServiceDescriptor

from sluice.cli.ask import _KEYS
from sluice.contract.json_form import Json, decision_json, failure_json
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.contents_pb2 import Unprocessable
from sluice.v1.dead_letter_pb2 import DeadLetterReason
from sluice.v1.decision_pb2 import Decision, Input, Reason
from sluice.v1.request_pb2 import Request, Role

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text()


def section(heading: str) -> str:
    """The text under a heading of the second level."""
    _, found, rest = PAGE.partition(f"\n## {heading}\n")
    assert found, heading
    return rest.partition("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """The first cell of every row whose first cell is code."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def contract() -> list[ModuleType]:
    files = sorted((ROOT / "protos" / "sluice" / "v1").glob("*.proto"))
    return [importlib.import_module(f"sluice.v1.{path.stem}_pb2") for path in files]


def services() -> list[ServiceDescriptor]:
    return [service for module in contract() for service in module.DESCRIPTOR.services_by_name.values()]


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_every_service_and_method_is_in_the_table(service: ServiceDescriptor) -> None:
    (row,) = re.findall(rf"^\| `{service.full_name}` \|.*$", section("Services"), re.MULTILINE)
    assert all(f"`{method.name}`" in row for method in service.methods)


def test_every_reason_is_told_and_no_other() -> None:
    told = first_cells(section("What cannot be read"))
    known = [name.removeprefix("UNPROCESSABLE_") for name, number in Unprocessable.items() if number]
    assert told == known


def test_dead_letters_of_requests_are_named() -> None:
    for name in ("MALFORMED", "INVALID_REQUEST_ID", "CONFLICT"):
        assert f"DEAD_LETTER_REASON_{name}" in DeadLetterReason.keys()  # noqa: SIM118 - no container
        assert name in PAGE


def test_every_field_and_role_of_a_request_is_told() -> None:
    told = first_cells(section("The request"))
    fields = [field.name for field in Request.DESCRIPTOR.fields]
    assert told[: len(fields)] == fields
    assert told[len(fields) :] == ["ROLE_PROMPT", "ROLE_TRANSCRIPT", "ROLE_UPLOAD", "ROLE_GENERATED"]
    assert set(told[len(fields) :]) == {name for name, number in Role.items() if number}


def test_the_values_that_examples_use_exist() -> None:
    enums = [enum for module in contract() for enum in module.DESCRIPTOR.enum_types_by_name.values()]
    known = {name for enum in enums for name in enum.values_by_name}
    words = set(re.findall(r"\b(?:STAGE|ROLE|OPERATION|ACTION|LANE)_[A-Z]+\b", PAGE))
    assert words
    assert words <= known


def example_json() -> dict[str, Json]:
    (text,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    found: dict[str, Json] = json.loads(text)
    return found


def test_the_json_has_the_keys_that_are_printed() -> None:
    printed = decision_json(Decision(reasons=[Reason(category="illicit")]))
    example = example_json()
    assert list(example) == list(printed)
    assert [list(reason) for reason in example["reasons"]] == [list(reason) for reason in printed["reasons"]]  # type: ignore[union-attr, arg-type]


def test_the_other_keys_are_named() -> None:
    text = section("JSON")
    asset = decision_json(Decision(), asset=SignedAsset())["asset"]
    assert isinstance(asset, dict)
    explained = decision_json(Decision(inputs=[Input()]), explain=True).keys() - decision_json(Decision()).keys()
    for key in [*asset, *explained, *_KEYS]:
        assert f"`{key}`" in text, key
    assert all(f'"{key}"' in text for key in failure_json("", ""))


@pytest.mark.parametrize("script", re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
def test_what_the_scripts_import_exists(script: str) -> None:
    """They run against a stack in tests/integration/test_docs_scripts.py."""
    imports = [node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.ImportFrom)]
    assert imports
    for node in imports:
        module = importlib.import_module(node.module or "")
        assert all(hasattr(module, alias.name) for alias in node.names)
