"""The alert rules of deploy/prometheus, and the same in a hurry, for tests that cannot wait a quarter of an hour."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

RULES: Final = Path(__file__).parents[1] / "deploy" / "prometheus"
RANGES: Final = 60
"""Ranges and offsets are so many times shorter in a hurry: five minutes are five seconds."""
WAITS: Final = 300
"""`for:` is so many times shorter: an hour is twelve seconds. A second at least."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RANGE: Final = re.compile(r"(\[|\boffset )([0-9]+)([smhd])\b")


def rule_files() -> list[Path]:
    """Every file of rules."""
    return sorted(RULES.glob("*.rules.yaml"))


def rules(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rules of a file, records and alerts."""
    for group in yaml.safe_load(path.read_text())["groups"]:
        yield from group["rules"]


def alerts() -> dict[str, Mapping[str, Any]]:
    """Every alert by its name."""
    return {rule["alert"]: rule for path in rule_files() for rule in rules(path) if "alert" in rule}


def hurried(text: str) -> str:
    """A file of rules whose spans of time are divided. Nothing else is changed: expressions, thresholds, labels."""
    form = yaml.safe_load(text)
    for group in form["groups"]:
        for rule in group["rules"]:
            rule["expr"] = _RANGE.sub(_shorter, rule["expr"])
            if "for" in rule:
                rule["for"] = f"{max(1, _seconds(rule['for'][:-1], rule['for'][-1]) // WAITS)}s"
    return yaml.safe_dump(form, sort_keys=False, width=10_000)


def _shorter(found: re.Match[str]) -> str:
    return f"{found[1]}{_seconds(found[2], found[3]) // RANGES}s"


def _seconds(number: str, unit: str) -> int:
    return int(number) * _UNITS[unit]
