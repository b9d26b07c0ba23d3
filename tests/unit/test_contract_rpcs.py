"""The services of the contract, as its files have them."""

import re
from pathlib import Path

from sluice.contract.rpcs import rpc_services

PROTOS = Path(__file__).parents[2] / "protos"


def test_they_are_those_of_the_files() -> None:
    found: dict[str, set[str]] = {}
    for path in PROTOS.rglob("*.proto"):
        text = path.read_text()
        package = re.findall(r"^package ([\w.]+);", text, re.MULTILINE)[0]
        for name, body in re.findall(r"^service (\w+) \{(.*?)^\}", text, re.MULTILINE | re.DOTALL):
            found[f"{package}.{name}"] = set(re.findall(r"^\s*rpc (\w+)\(", body, re.MULTILINE))
    assert {name: set(methods) for name, methods in rpc_services().items()} == found
    assert "Moderate" in found["sluice.v1.Orchestrator"]
