"""What a bank of known pictures is, and the file that describes those of a store.

banks.yaml:

partner-2026:                 # small letters, digits, hyphens
  kind: csam                  # csam, or a word of yours
  source: who gave it to us, and when
  terms: what it may be used for
  test: false                 # true: harmless material of our own
  threshold: 31               # optional: PDQ distance in bits
  ratio: 1.0                  # optional: share of its entries that count
  negative: false             # optional: true: pictures that are known to be matched wrongly
  fresh_for: 24h              # optional: how old the list may be
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from sluice.errors import ConfigError
from sluice.hashing import PDQ_THRESHOLD

CSAM = "csam"
"""The kind of a bank of known CSAM."""

MOST_THRESHOLD = 64
"""Largest threshold that a bank may ask for, in bits. Unrelated pictures start to meet from about 80."""

MOST_BANKS = 256
MOST_BYTES = 1 << 20
"""Of a file of banks."""

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""What names and kinds look like."""

REQUIRED: Mapping[str, str] = {"kind": "str", "source": "str", "terms": "str"}
OPTIONAL: Mapping[str, str] = {
    "test": "bool",
    "threshold": "int",
    "ratio": "float",
    "negative": "bool",
    "fresh_for": "str",
}
"""Key -> YAML type."""

_UNITS: Mapping[str, int] = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_RATIO = re.compile(r"[01](\.[0-9]{1,9})?")
_SPAN = re.compile(r"[1-9][0-9]{0,6}[smhd]")


@dataclass(frozen=True, slots=True)
class Bank:
    """A named list of known pictures, without its entries.

    `test`: harmless material of our own, and its matches say so to the end. `threshold`: largest distance of a PDQ
    match, in bits. `ratio`: share of its entries that count, 0..1. `negative`: its entries match nothing; they take
    back what others match wrongly. `fresh_for_ms`: how old the list may be; 0 where it does not matter.
    """

    name: str
    kind: str
    test: bool = False
    source: str = ""
    terms: str = ""
    threshold: int = PDQ_THRESHOLD
    ratio: float = 1.0
    negative: bool = False
    fresh_for_ms: int = 0

    def stale(self, fresh_ms: int | None, now_ms: int) -> bool:
        """Whether its list is older than it may be, or nobody knows how old. `fresh_ms`: when its source was compared
        with it; None where that is not known. A moment as far ahead says that a clock was wrong, and nothing else."""
        return bool(self.fresh_for_ms) and abs(now_ms - (fresh_ms or 0)) > self.fresh_for_ms

    def counts(self, entry: str) -> bool:
        """Whether an entry counts at this ratio. The same entries do always and everywhere, and those of a smaller
        ratio are among those of a larger one: the entry's name is hashed to a number in 0..1."""
        if self.ratio >= 1:
            return True
        drawn = int.from_bytes(hashlib.sha256(f"{self.name}/{entry}".encode()).digest()[:8], "big")
        return drawn < self.ratio * (1 << 64)


def load_banks_file(path: Path) -> Mapping[str, Bank]:
    """The banks of a store, by name. Raises ConfigError with every problem, as `file:line: what is wrong`."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError([f"{path}:1: {error.strerror}"]) from error
    return read_banks(path, data)


def read_banks(path: Path, data: bytes) -> Mapping[str, Bank]:
    """`load_banks_file` of what has been read. `path`: for messages."""
    problems: list[str] = []
    banks = _banks(path, data, problems)
    if problems:
        raise ConfigError(problems)
    return banks


def _banks(path: Path, data: bytes, problems: list[str]) -> Mapping[str, Bank]:
    if len(data) > MOST_BYTES:
        problems.append(f"{path}:1: larger than {MOST_BYTES} bytes")
        return {}
    # Nodes, not objects: the file is a stranger's, and a node keeps its line.
    try:
        root = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        problems.append(f"{path}:1: not UTF-8")
        return {}
    except yaml.MarkedYAMLError as error:
        problems.append(f"{path}:{error.problem_mark.line + 1 if error.problem_mark else 1}: not YAML")
        return {}
    except (yaml.YAMLError, RecursionError):
        problems.append(f"{path}:1: not YAML")
        return {}
    if not isinstance(root, yaml.MappingNode) or not root.value or len(root.value) > MOST_BANKS:
        problems.append(f"{path}:1: should be a mapping from names of banks, at most {MOST_BANKS}, to what they are")
        return {}
    found: dict[str, Bank] = {}
    for key, value in root.value:
        name, line = _text(key), key.start_mark.line + 1
        if not SLUG.fullmatch(name):
            problems.append(f"{path}:{line}: a bank's name should be small letters, digits and hyphens, at most 63")
        elif name in found:
            problems.append(f"{path}:{line}: {name} stands twice")
        elif not isinstance(value, yaml.MappingNode):
            problems.append(f"{path}:{line}: {name} should be a mapping with {', '.join(REQUIRED)}")
        else:
            before = len(problems)
            values = _values(path, value, problems)
            if len(problems) == before:
                found[name] = bank = _bank(name, values)
                problems.extend(f"{path}:{line}: {problem}" for problem in _refused(bank))
    return found


def _values(path: Path, node: yaml.MappingNode, problems: list[str]) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for key, value in node.value:
        name = _text(key)
        problem = f"{name} stands twice" if name in values else _problem(name, value)
        if problem:
            problems.append(f"{path}:{key.start_mark.line + 1}: {problem}")
        values[name] = _text(value)
    line = node.start_mark.line + 1
    problems.extend(f"{path}:{line}: {name} is missing" for name in REQUIRED if name not in values)
    return values


def _problem(name: str, node: yaml.Node) -> str:
    wanted = {**REQUIRED, **OPTIONAL}.get(name)
    value = _text(node)
    if wanted is None:
        return f"unknown key {name[:40]!r}"
    tag = node.tag.removeprefix("tag:yaml.org,2002:")
    if not value or not (tag == wanted or (wanted == "float" and tag == "int")):
        return f"{name} should be of type {wanted}"
    if name == "kind" and not SLUG.fullmatch(value):
        return "kind should be small letters, digits and hyphens, at most 63"
    if wanted == "bool" and value not in ("true", "false"):
        return f"{name} should be true or false"
    if name == "threshold" and not (value.isdecimal() and len(value) <= 3 and int(value) <= MOST_THRESHOLD):
        return f"threshold should be a number of bits from 0 to {MOST_THRESHOLD}"
    if name == "ratio" and not (_RATIO.fullmatch(value) and float(value) <= 1):
        return "ratio should be a number from 0 to 1, as 0.25"
    if name == "fresh_for" and not _SPAN.fullmatch(value):
        return "fresh_for should be a span of time, as 30m, 24h or 7d"
    return ""


def _bank(name: str, values: Mapping[str, str]) -> Bank:
    span = values.get("fresh_for", "")
    return Bank(
        name=name,
        kind=values["kind"],
        test=values.get("test") == "true",
        source=values["source"],
        terms=values["terms"],
        threshold=int(values.get("threshold", PDQ_THRESHOLD)),
        ratio=float(values.get("ratio", "1")),
        negative=values.get("negative") == "true",
        fresh_for_ms=int(span[:-1]) * _UNITS[span[-1]] if span else 0,
    )


def _refused(bank: Bank) -> list[str]:
    """What would make a bank of known CSAM miss something that it lists."""
    if bank.kind != CSAM:
        return []
    wrong = ["ratio is always 1 in a bank of known CSAM"] if bank.ratio < 1 else []
    if bank.negative:
        wrong.append("a negative bank is of another kind: what it holds is known not to be CSAM")
    return wrong


def _text(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
