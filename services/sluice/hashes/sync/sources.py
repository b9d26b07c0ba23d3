"""Which exchanges a store's banks are filled from, and the file that says so.

sources.yaml, beside banks.yaml:

ncmec-industry:                       # small letters, digits, hyphens
  exchange: ncmec                     # ncmec, stopncii, threatexchange, tat
  bank: partner-2026                  # of banks.yaml; one source each
  environment: Industry               # ncmec: which of its databases
  user_from: NCMEC_USER               # names of environment variables; never the values
  password_from: NCMEC_PASSWORD
  url: https://mirror.example/ncmec   # optional: another server that speaks the exchange's protocol
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from sluice.errors import ConfigError
from sluice.hashes.banks import SLUG

SOURCES = "sources.yaml"
MOST_BYTES = 1 << 20
MOST_SOURCES = 256

EXCHANGES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ncmec": (("environment",), ("user", "password")),
    "stopncii": ((), ("subscription_key", "function_key")),
    "threatexchange": (("privacy_group",), ("token",)),
    "tat": ((), ("user", "password")),
}
"""Exchange -> keys that say which of its lists, and secrets; the key of a secret ends in `_from`."""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_WHICH: Mapping[str, re.Pattern[str]] = {
    "environment": re.compile(
        "(test_)?(Industry(_Exploitative)?|LawEnforcement|NGO|Exploitative|NGO_Generative_AI(_Exploitative)?)"
    ),
    "privacy_group": re.compile(r"[0-9]{1,20}"),
}
_HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Source:
    """A list of an exchange, and the bank that it fills.

    `which`: key -> value of what says which list it is. `secrets`: name of a secret -> environment variable. `url`:
    where the exchange is; empty for where its members know it.
    """

    name: str
    exchange: str
    bank: str
    which: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    url: str = ""

    @property
    def identity(self) -> str:
        """What tells this list, in this bank, from others: a checkpoint of another is none of this one's."""
        form = json.dumps([self.exchange, self.bank, dict(self.which), self.url], sort_keys=True)
        return hashlib.sha256(form.encode()).hexdigest()

    def credentials(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Its secrets by name. Raises ConfigError with each variable that is not set."""
        problems = [
            f"{variable} should be set: the {name.replace('_', ' ')} of source {self.name}"
            for name, variable in self.secrets.items()
            if not environment.get(variable)
        ]
        if problems:
            raise ConfigError(problems)
        return {name: environment[variable] for name, variable in self.secrets.items()}


def load_sources(folder: Path, banks: Collection[str]) -> Mapping[str, Source]:
    """The sources of a store, by name. `banks`: those that it describes.

    Raises ConfigError with every problem, as `file:line: what is wrong`. A value is never quoted: it may be a secret
    that somebody put in the wrong place.
    """
    path = folder / SOURCES
    problems: list[str] = []
    found = _read(path, banks, problems)
    if problems:
        raise ConfigError(problems)
    return found


def _read(path: Path, banks: Collection[str], problems: list[str]) -> dict[str, Source]:
    root = _root(path, problems)
    if root is None:
        return {}
    found: dict[str, Source] = {}
    filled: set[str] = set()
    for key, value in root.value:
        name, line = _text(key), key.start_mark.line + 1
        if not SLUG.fullmatch(name):
            problems.append(f"{path}:{line}: a source's name should be small letters, digits and hyphens, at most 63")
        elif name in found:
            problems.append(f"{path}:{line}: {name} stands twice")
        elif not isinstance(value, yaml.MappingNode):
            problems.append(
                f"{path}:{line}: {name} should be a mapping with exchange, bank and what the exchange asks"
            )
        else:
            wrong, source = _source(name, value, banks)
            problems.extend(f"{path}:{at}: {problem}" for at, problem in wrong)
            if source is not None and source.bank in filled:
                problems.append(f"{path}:{line}: another source fills {source.bank} already")
            elif source is not None:
                found[name] = source
                filled.add(source.bank)
    return found


def _root(path: Path, problems: list[str]) -> yaml.MappingNode | None:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            problems.append(f"{path}:1: larger than {MOST_BYTES} bytes")
            return None
        root = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except OSError as error:
        problems.append(f"{path}:1: {error.strerror}")
        return None
    except (UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        problems.append(f"{path}:{mark.line + 1 if mark else 1}: not YAML")
        return None
    if not isinstance(root, yaml.MappingNode) or not root.value or len(root.value) > MOST_SOURCES:
        problems.append(f"{path}:1: should be a mapping from names of sources, at most {MOST_SOURCES}")
        return None
    return root


def _source(name: str, node: yaml.MappingNode, banks: Collection[str]) -> tuple[list[tuple[int, str]], Source | None]:
    lines = {_text(key): key.start_mark.line + 1 for key, _ in node.value}
    values = {_text(key): _text(value) for key, value in node.value}
    first = node.start_mark.line + 1
    if len(values) != len(node.value):
        return [(first, f"a key of {name} stands twice")], None
    exchange = values.get("exchange", "")
    if exchange not in EXCHANGES:
        return [(lines.get("exchange", first), f"exchange should be one of {', '.join(EXCHANGES)}")], None
    which, secrets = EXCHANGES[exchange]
    froms = {f"{secret}_from": secret for secret in secrets}
    needed = ("exchange", "bank", *which, *froms)
    wrong = [(first, f"{key} is missing") for key in needed if key not in values]
    wrong += [(lines[key], f"unknown key {key[:40]!r}") for key in values if key not in (*needed, "url")]
    if values.get("bank", "") not in banks:
        wrong.append((lines.get("bank", first), "bank should be one that banks.yaml describes"))
    for key in which:
        if key in values and not _WHICH[key].fullmatch(values[key]):
            wrong.append((lines[key], f"{key} makes no sense"))
    for key in froms:
        if key in values and not _VARIABLE.fullmatch(values[key]):
            wrong.append((lines[key], f"{key} should name an environment variable: capitals, digits, underscores"))
    if "url" in values and not _good_url(values["url"]):
        wrong.append((lines["url"], "url should be https://HOST/..., without a user, a query or a slash at its end"))
    if wrong:
        return sorted(wrong), None
    return [], Source(
        name=name,
        exchange=exchange,
        bank=values["bank"],
        which={key: values[key] for key in which},
        secrets={secret: values[key] for key, secret in froms.items()},
        url=values.get("url", ""),
    )


def _good_url(text: str) -> bool:
    """Plain HTTP only to this machine: credentials go along."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = parts.scheme == "http" and host in _HERE
    bare = parts.username is None and not parts.query and not parts.fragment and not text.endswith("/")
    return bool(host) and bare and (parts.scheme == "https" or plain)


def _text(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else ""
