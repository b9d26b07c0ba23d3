"""Configuration: read once from the environment, complete or refused.

A `Reader` collects every problem, so that one start names all the variables that need mending.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sluice.errors import ConfigError

_HIGHEST_PORT: Final = 65535


def split_address(address: str) -> tuple[str, int]:
    """Host, without the brackets of IPv6, and port of what `Reader.address` has read."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


class Reader:
    """Reads variables and remembers what is wrong with them. Call `finish()` before using any value."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """The variable as it stands; required where there is no default."""
        value = self._env.get(name, "")
        if value:
            return value
        if default is None:
            self._problems.append(f"{name} is not set")
            return ""
        return default

    def number(self, name: str, default: int, least: int = 1, most: int = 2**31 - 1) -> int:
        """A whole number within bounds."""
        raw = self._env.get(name, "")
        if not raw:
            return default
        if raw.removeprefix("-").isdecimal() and least <= int(raw) <= most:
            return int(raw)
        self._problems.append(f"{name}={raw!r} should be a whole number from {least} to {most}")
        return default

    def fraction(self, name: str, default: float) -> float:
        """A number from 0 to 1."""
        raw = self._env.get(name, "")
        if not raw:
            return default
        if re.fullmatch(r"[01]|[01]?\.[0-9]{1,9}", raw) and float(raw) <= 1.0:
            return float(raw)
        self._problems.append(f"{name}={raw!r} should be a number from 0 to 1, as 0.05")
        return default

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of a few words."""
        raw = self._env.get(name, "") or default
        if raw in choices:
            return raw
        self._problems.append(f"{name}={raw!r} should be one of {', '.join(choices)}")
        return default

    def flag(self, name: str, default: bool = False) -> bool:
        """1 or 0."""
        return self.choice(name, "1" if default else "0", ("0", "1")) == "1"

    def path(self, name: str, default: Path) -> Path:
        """A file or folder; relative ones are of the working directory."""
        return Path(self._env.get(name, "") or default).absolute()

    def file(self, name: str) -> str:
        """A file that can be read, as it is named; empty where the variable is not set."""
        raw = self._env.get(name, "")
        if raw:
            self._read(name, raw)
        return raw

    def secret(self, name: str, file_name: str) -> str:
        """What the variable `name` holds, or the file that the variable `file_name` names; empty: neither is set.

        Of the file the line's end is left out. Nothing of either is ever in a problem's text.
        """
        direct, path = self._env.get(name, ""), self._env.get(file_name, "")
        if direct and path:
            self._problems.append(f"{name} and {file_name} are both set: one of them is enough")
        if direct or not path:
            return direct
        held = self._read(file_name, path)
        if held is None:
            return ""
        try:
            found = held.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            self._problems.append(f"{file_name}: {path} is not text in UTF-8")
            return ""
        if not found or "\n" in found or "\0" in found:
            what = "more than a line of text" if found else "nothing in it"
            self._problems.append(f"{file_name}: {path} has {what}; it should hold the secret alone")
            return ""
        return found

    def _read(self, name: str, path: str) -> bytes | None:
        """The beginning of a file; None, and a problem, where it cannot be read."""
        try:
            with Path(path).open("rb") as file:
                return file.read(_MOST_SECRET)
        except OSError as error:
            self._problems.append(f"{name}: {path}: {error.strerror}")
            return None

    def address(self, name: str, default: str = "") -> str:
        """host:port, an IPv6 host in brackets; empty where there is none."""
        raw = self._env.get(name, "") or default
        host, _, port = raw.rpartition(":")
        if raw and not (host and port.isascii() and port.isdecimal() and int(port) <= _HIGHEST_PORT):
            self._problems.append(f"{name}={raw!r} should be host:port, as 127.0.0.1:9464; port 0: any free one")
            return default
        return raw

    def words(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list separated by commas."""
        raw = self._env.get(name, "")
        return tuple(word.strip() for word in raw.split(",") if word.strip()) if raw else default

    def problem(self, text: str) -> None:
        """Adds a problem that a caller found itself."""
        self._problems.append(text)

    def finish(self) -> None:
        """Raises ConfigError if anything was wrong."""
        if self._problems:
            raise ConfigError(self._problems)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach the broker: librdkafka properties common to every client. Passwords are among them."""

    properties: Mapping[str, str] = field(repr=False)
    heard: Callable[[object], None] | None = field(default=None, repr=False, compare=False)
    """Told, on any thread, of what the client says by itself, as a KafkaError: that a broker refuses our credentials
    is said nowhere else."""

    @property
    def bootstrap(self) -> str:
        """The bootstrap servers, for messages to people."""
        return self.properties["bootstrap.servers"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What every service of the kit is told."""

    home: Path
    kafka: KafkaSettings
    object_store: str
    models: Path
    policy: Path
    grpc_address: str
    ops_address: str
    """Of the operators' HTTP door, or empty for none."""
    instance: str
    log_level: str
    drain_seconds: int
    inline_limit: int
    max_inflight: int
    max_inflight_bytes: int
    """Of records of one topic in hand, and of what they cause, together."""
    max_waiting_calls: int
    """gRPC calls that a door holds at once."""
    max_waiting_call_bytes: int
    """Of what they carry, together."""
    trace_sample: float
    """Of requests that bring no trace context, the part that is traced."""
    metrics_seconds: int
    """Between two times that metrics are sent to a collector; 0: they are not."""


KAFKA_VARIABLES: Mapping[str, str] = {
    "KAFKA_BOOTSTRAP_SERVERS": "bootstrap.servers",
    "KAFKA_SECURITY_PROTOCOL": "security.protocol",
    "KAFKA_SASL_MECHANISM": "sasl.mechanism",
    "KAFKA_SASL_USERNAME": "sasl.username",
    "KAFKA_SASL_PASSWORD": "sasl.password",
    "KAFKA_SSL_CA_LOCATION": "ssl.ca.location",
    "KAFKA_SSL_CERTIFICATE_LOCATION": "ssl.certificate.location",
    "KAFKA_SSL_KEY_LOCATION": "ssl.key.location",
    "KAFKA_SSL_KEY_PASSWORD": "ssl.key.password",
}
"""Environment variable -> librdkafka property."""

KAFKA_SECRETS: Mapping[str, str] = {
    "KAFKA_SASL_PASSWORD_FILE": "KAFKA_SASL_PASSWORD",
    "KAFKA_SSL_KEY_PASSWORD_FILE": "KAFKA_SSL_KEY_PASSWORD",
}
"""Environment variable that names a file -> the one that it stands for."""

_KAFKA_FILES: Final = ("KAFKA_SSL_CERTIFICATE_LOCATION", "KAFKA_SSL_KEY_LOCATION")
_KAFKA_PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MOST_SECRET: Final = 64 << 10
"""Bytes of a file with a password."""


def sluice_home(env: Mapping[str, str]) -> Path:
    """Where local state lives: SLUICE_HOME, by default `.sluice` in the working directory."""
    return Path(env.get("SLUICE_HOME", "") or ".sluice").absolute()


def checkout() -> Path | None:
    """The root of the checkout this package runs from, or None when it was installed from a wheel."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "policies").is_dir() and (root / "protos").is_dir() else None


def default_models(home: Path) -> Path:
    """The model repository: the checkout's, else `models/` in SLUICE_HOME."""
    root = checkout()
    return (root or home) / "models"


def default_policy(home: Path) -> Path:
    """The policy file: the checkout's default, else `policy.yaml` in SLUICE_HOME."""
    root = checkout()
    return root / "policies" / "default.yaml" if root else home / "policy.yaml"


def read_kafka(reader: Reader) -> KafkaSettings:
    """The broker's address and the usual security settings; passwords from the environment or from files."""
    reader.text("KAFKA_BOOTSTRAP_SERVERS")
    found = {prop: reader.text(name, "") for name, prop in KAFKA_VARIABLES.items()}
    protocol = found["security.protocol"]
    if protocol and protocol.upper() not in _KAFKA_PROTOCOLS:
        reader.problem(f"KAFKA_SECURITY_PROTOCOL={protocol!r} should be one of {', '.join(_KAFKA_PROTOCOLS)}")
    for name in _KAFKA_FILES:
        reader.file(name)
    # Besides a file it may be a folder, or the word by which the client looks in the usual places.
    authorities = found["ssl.ca.location"]
    if authorities and authorities != "probe" and not Path(authorities).exists():
        reader.problem(f"KAFKA_SSL_CA_LOCATION: there is no {authorities}")
    for name, direct in KAFKA_SECRETS.items():
        found[KAFKA_VARIABLES[direct]] = reader.secret(direct, name)
    return KafkaSettings({prop: value for prop, value in found.items() if value})


def read_settings(reader: Reader, env: Mapping[str, str]) -> Settings:
    """The kit's settings. The caller calls `reader.finish()` once it has read its own."""
    home = sluice_home(env)
    return Settings(
        home=home,
        kafka=read_kafka(reader),
        object_store=reader.text("SLUICE_OBJECT_STORE", f"file://{home / 'objects'}"),
        models=reader.path("SLUICE_MODELS", default_models(home)),
        policy=reader.path("SLUICE_POLICY", default_policy(home)),
        grpc_address=reader.text("SLUICE_GRPC_ADDRESS", "127.0.0.1:0"),
        ops_address=reader.address("SLUICE_OPS_ADDRESS"),
        instance=reader.text("SLUICE_INSTANCE", "0"),
        log_level=reader.choice("SLUICE_LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        drain_seconds=reader.number("SLUICE_DRAIN_SECONDS", 10, most=600),
        inline_limit=reader.number("SLUICE_INLINE_LIMIT", 1 << 20, most=8 << 20),
        max_inflight=reader.number("SLUICE_MAX_INFLIGHT", 256, most=65536),
        max_inflight_bytes=reader.number("SLUICE_MAX_INFLIGHT_BYTES", 64 << 20, least=1 << 20, most=1 << 40),
        max_waiting_calls=reader.number("SLUICE_MAX_WAITING_CALLS", 1000, most=1_000_000),
        max_waiting_call_bytes=reader.number("SLUICE_MAX_WAITING_CALL_BYTES", 256 << 20, least=1 << 20, most=1 << 40),
        trace_sample=reader.fraction("SLUICE_TRACE_SAMPLE", 1.0),
        metrics_seconds=reader.number("SLUICE_METRICS_SECONDS", 60, least=0, most=3600),
    )
