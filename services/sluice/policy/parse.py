"""A YAML file whose every value knows its line, so that a mistake is named with file and line.

`Node` wraps what the YAML parser composed; readers ask it for what they expect and it notes what is not so.
"""

import math
import operator
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from sluice.errors import ConfigError

MOST_BYTES = 1 << 20
"""Of one file. Thousands of rules are smaller, and what is larger takes a minute and more to read."""
LONGEST = 128
"""Characters of what people give a name."""
_MERGE = "tag:yaml.org,2002:merge"
_DURATION = re.compile(r"([0-9]+)(ms|s|m|h)")
_NUMERAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


@dataclass(slots=True)
class Problems:
    """What is wrong with one file, gathered before anything is said."""

    file: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, node: yaml.Node, text: str) -> None:
        """Notes a problem at a node's line. What a terminal would act on is shown as it is escaped."""
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
        self.found.append((node.start_mark.line + 1, shown))

    def finish(self) -> None:
        """Raises ConfigError with all of them, in the order of the file."""
        if self.found:
            in_order = sorted(dict.fromkeys(self.found), key=operator.itemgetter(0))
            raise ConfigError([f"{self.file}:{line}: {text}" for line, text in in_order])


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file and where it stands; `path` is its name for messages."""

    raw: yaml.Node
    path: str
    problems: Problems

    @property
    def line(self) -> int:
        """Where it stands; the first line is 1."""
        return int(self.raw.start_mark.line) + 1

    def problem(self, text: str) -> None:
        """Notes a problem here."""
        self.problems.add(self.raw, f"{self.path}: {text}" if self.path else text)

    def mapping(self, known: frozenset[str] | None = None) -> dict[str, "Node"]:
        """The entries of a mapping. With `known`, other keys are problems; a key twice always is, and one that YAML
        itself would make something of: `<<`, a list, a mapping.
        """
        if not isinstance(self.raw, yaml.MappingNode):
            self.problem("should be a mapping")
            return {}
        found: dict[str, Node] = {}
        for key, value in self.raw.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                what = "merging with << is not understood: write it out" if key.tag == _MERGE else "is no key"
                self.problems.add(key, f"{self.path}: {what}" if self.path else what)
                continue
            name = str(key.value)
            if name in found:
                self.problems.add(key, f"{self.path}: {name!r} is here twice")
            if known is not None and name not in known:
                self.problems.add(key, f"{self.path}: unknown key {name!r}; known are {', '.join(sorted(known))}")
                continue
            found[name] = Node(value, f"{self.path}.{name}" if self.path else name, self.problems)
        return found

    def items(self) -> list["Node"]:
        """The entries of a list."""
        if not isinstance(self.raw, yaml.SequenceNode):
            self.problem("should be a list")
            return []
        return [Node(item, f"{self.path}[{at}]", self.problems) for at, item in enumerate(self.raw.value)]

    def text(self) -> str:
        """A word."""
        if not isinstance(self.raw, yaml.ScalarNode) or not self.raw.value:
            self.problem("should be a word")
            return ""
        return str(self.raw.value)

    def printed(self) -> str:
        """A word that goes on a line of a log or a page: printable, at most `LONGEST` characters."""
        word = self.text()
        if not word.isprintable() or len(word) > LONGEST:
            self.problem(f"should be printable, and {LONGEST} characters at most")
        return word

    def words(self) -> tuple[str, ...]:
        """A list of words."""
        return tuple(item.text() for item in self.items())

    def choice(self, choices: frozenset[str], default: str) -> str:
        """One of a few words."""
        word = self.text()
        if word in choices:
            return word
        self.problem(f"{word!r} should be one of {', '.join(sorted(choices))}")
        return default

    def flag(self) -> bool:
        """true or false."""
        word = self.text()
        if word not in ("true", "false"):
            self.problem("should be true or false")
        return word == "true"

    def number(self) -> float:
        """A finite number."""
        value = _number(self.text())
        if not math.isfinite(value):
            self.problem("should be a number")
            return 0.0
        return value

    def fraction(self) -> float:
        """A number from 0 to 1; NaN where it is none, which is neither above nor below another."""
        value = _number(self.text())
        if not 0.0 <= value <= 1.0:
            self.problem("should be a number from 0 to 1")
            return math.nan
        return value

    def whole(self) -> int:
        """A whole number that is not negative."""
        word = self.text()
        if not re.fullmatch(r"[0-9]{1,9}", word):
            self.problem("should be a whole number")
            return 0
        return int(word)

    def duration_ms(self, most: int, least: int = 1) -> int:
        """A duration ("500ms", "10s", "2m", "1h") in milliseconds; `most`, `least`: milliseconds too."""
        found = _DURATION.fullmatch(self.text())
        value = int(found[1]) * _UNIT_MS[found[2]] if found else 0
        if not least <= value <= most:
            bounds = f"at most {most // 1000}s" if least == 1 else f"from {least // 1000}s to {most // 1000}s"
            self.problem(f'should be a duration like "500ms" or "10s", {bounds}')
        return value


def _number(word: str) -> float:
    """What YAML 1.2 reads as a number; NaN for all else, such as digits of other scripts and 0_1."""
    return float(word) if _NUMERAL.fullmatch(word) else math.nan


def read(path: Path, data: bytes | None = None) -> tuple[Node, bytes]:
    """The file's root and its bytes; `data`: they were read already. ConfigError where they are not YAML."""
    try:
        found = _bytes(path) if data is None else data
        if len(found) > MOST_BYTES:
            raise ConfigError([f"{path}:1: larger than {MOST_BYTES} bytes"])
        root = yaml.compose(found.decode(), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError(
            [f"{path}: {error.strerror or 'cannot be read'}; SLUICE_POLICY names the policy file"]
        ) from error
    except UnicodeDecodeError as error:
        line = found[: error.start].count(b"\n") + 1
        raise ConfigError([f"{path}:{line}: not UTF-8"]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError([f"{path}:{line}: not YAML: {error.problem}"]) from error
    except yaml.reader.ReaderError as error:
        line = found.decode()[: error.position].count("\n") + 1
        raise ConfigError([f"{path}:{line}: not YAML: {error.reason}"]) from error
    except RecursionError as error:
        raise ConfigError([f"{path}:1: not YAML that can be read: too deep"]) from error
    if root is None:
        raise ConfigError([f"{path}:1: empty"])
    return Node(root, "", Problems(str(path))), found


def _bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MOST_BYTES + 1)
