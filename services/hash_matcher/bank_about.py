"""`bank.yaml`: what a bank is, in six lines."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from sluice.hashes.banks import MOST_THRESHOLD, SLUG

REQUIRED: Mapping[str, str] = {"name": "str", "kind": "str", "test": "bool", "source": "str", "terms": "str"}
OPTIONAL: Mapping[str, str] = {"threshold": "int"}
"""Key -> YAML type."""


def read_about(path: Path, text: str, problems: list[str]) -> Mapping[str, str]:
    """The values as they are written. Adds to `problems` what is wrong, as `path:line: ...`.

    Reads YAML nodes and builds no objects: the file is a stranger's, and a node keeps its line.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        problems.append(f"{path}:{error.problem_mark.line + 1 if error.problem_mark else 1}: not YAML")
        return {}
    except yaml.YAMLError:
        problems.append(f"{path}:1: not YAML")
        return {}
    if not isinstance(root, yaml.MappingNode):
        problems.append(f"{path}:1: should be a mapping with {', '.join(REQUIRED)}")
        return {}
    values: dict[str, str] = {}
    for key, value in root.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        problem = f"{name} stands twice" if name in values else _problem(name, value)
        if problem:
            problems.append(f"{path}:{key.start_mark.line + 1}: {problem}")
        values[name] = value.value if isinstance(value, yaml.ScalarNode) else ""
    problems.extend(f"{path}:1: {name} is missing" for name in REQUIRED if name not in values)
    return values


def _problem(name: str, node: yaml.Node) -> str:
    wanted = {**REQUIRED, **OPTIONAL}.get(name)
    if wanted is None:
        return f"unknown key {name[:40]!r}"
    if not isinstance(node, yaml.ScalarNode) or node.tag != f"tag:yaml.org,2002:{wanted}" or not node.value:
        return f"{name} should be of type {wanted}"
    value = str(node.value)
    if name in ("name", "kind") and not SLUG.fullmatch(value):
        return f"{name} should be small letters, digits and hyphens, at most 63"
    if name == "test" and value not in ("true", "false"):
        return "test should be true or false"
    if name == "threshold" and not (value.isdecimal() and len(value) <= 3 and int(value) <= MOST_THRESHOLD):
        return f"threshold should be a number of bits from 0 to {MOST_THRESHOLD}"
    return ""
