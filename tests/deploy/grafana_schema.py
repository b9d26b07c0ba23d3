"""Reads dashboards with Grafana's own types and says what those do not know: python grafana_schema.py TYPES FILE...

Run by tests in a process of its own: TYPES is a folder that holds the package grafana-foundation-sdk, which is made
from Grafana's schemas. What it reads and writes again must come back whole: a field that gets lost is not Grafana's.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def lost(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    """Where `theirs`, which came back, lacks or changes something of `ours`."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            if name in theirs:
                yield from lost(value, theirs[name], f"{path}.{name}")
            else:
                yield f"{path}.{name} is not known"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from lost(one, other, f"{path}[{number}]")
    elif ours != theirs:
        yield f"{path} is {theirs!r}, not {ours!r}"


def main(types: str, files: list[str]) -> int:
    """Returns the process's exit status: 1 where something is lost."""
    sys.path.insert(0, types)
    importlib.import_module("grafana_foundation_sdk.cog.plugins").register_default_plugins()
    models = importlib.import_module("grafana_foundation_sdk.models.dashboard")
    encoder = importlib.import_module("grafana_foundation_sdk.cog.encoder").JSONEncoder()
    found: list[str] = []
    for file in files:
        ours = json.loads(Path(file).read_text(encoding="utf-8"))
        theirs = json.loads(encoder.encode(models.Dashboard.from_json(ours)))
        found += lost(ours, theirs, Path(file).stem)
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
