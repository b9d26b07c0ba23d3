"""What a stack is made of, and what each of its services is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluice.settings import KAFKA_SECRETS, KAFKA_VARIABLES, KafkaSettings, Reader, read_kafka

DRAIN_SECONDS = 8
"""Less than the 10 s after which a stack kills what has not stopped."""
OTLP_VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""Where services send their spans: https://opentelemetry.io/docs/specs/otel/protocol/exporter/."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A stack to start. `home`: where its data, logs and state file go; `certificates`: the C2PA chain's folder.

    `services`: command line by name. `env`: the environment to start from. `kafka`: somebody else's broker, or
    None for one of our own.
    """

    home: Path
    certificates: Path
    services: Mapping[str, Sequence[str]]
    env: Mapping[str, str]
    kafka: KafkaSettings | None
    object_store: str
    partitions: int
    replication: int
    short_lived: bool = False
    """Start sooner, even where that makes a long life slower."""
    traces: bool = False
    """Collect spans in memory, for `sluice trace`, unless the environment says where else they go."""
    simulators: Path | None = None
    """The checkout whose simulators stand in for services of others; None for none of them."""

    @property
    def collects(self) -> bool:
        """Whether it has a collector of its own."""
        return self.traces and not self.env.get(OTLP_VARIABLE, "")

    def log(self, name: str) -> Path:
        """The log of one of its processes."""
        return self.home / "logs" / f"{name}.log"


def read_partitions(reader: Reader) -> tuple[int, int]:
    """How many partitions new topics get, and how many replicas: SLUICE_PARTITIONS, SLUICE_REPLICATION."""
    return (
        reader.number("SLUICE_PARTITIONS", 4, most=1024),
        reader.number("SLUICE_REPLICATION", 1, most=32767),
    )


def make_plan(
    home: Path,
    certificates: Path,
    services: Mapping[str, Sequence[str]],
    env: Mapping[str, str],
    short_lived: bool = False,
    traces: bool = False,
    simulators: Path | None = None,
) -> Plan:
    """The plan that an environment asks for. `simulators`: see `sluice.local.simulators.simulators_folder`. Raises
    ConfigError."""
    reader = Reader(env)
    partitions, replication = read_partitions(reader)
    own = not env.get("KAFKA_BOOTSTRAP_SERVERS", "")
    kafka = None if own else read_kafka(reader)
    store = reader.text("SLUICE_OBJECT_STORE", f"file://{home / 'objects'}")
    if bool(reader.text("SLUICE_TLS_DIR", "")) != bool(reader.text("SLUICE_CLIENT_TLS_DIR", "")):
        reader.problem("SLUICE_TLS_DIR and SLUICE_CLIENT_TLS_DIR: a stack here needs both of them, or neither")
    reader.finish()
    return Plan(
        home, certificates, services, env, kafka, store, partitions, replication, short_lived, traces, simulators
    )


def without_kafka(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without anybody's broker."""
    theirs = KAFKA_VARIABLES.keys() | KAFKA_SECRETS.keys()
    return {name: value for name, value in env.items() if name not in theirs}


def service_env(
    plan: Plan,
    bootstrap: str,
    address: str,
    ops: str = "",
    doors: Mapping[str, str] | None = None,
    collector: str = "",
) -> dict[str, str]:
    """What one service is told: the caller's environment, and where everything is.

    `address`: where its gRPC server listens; `ops`: where operators ask it over HTTP, empty for nowhere; `doors`:
    variables that name where else it listens and whom it asks; `collector`: host:port of the stack's own, empty where
    it has none.

    The test bank is loaded, and drains are shortened, unless the caller says otherwise.
    """
    base = dict(plan.env) if plan.kafka else without_kafka(plan.env)
    defaults = {
        "SLUICE_TEST_BANK": "1",
        "SLUICE_DRAIN_SECONDS": str(DRAIN_SECONDS),
        "SLUICE_C2PA_CERTS": str(plan.certificates),
    }
    told = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "SLUICE_HOME": str(plan.home),
        "SLUICE_OBJECT_STORE": plan.object_store,
        "SLUICE_GRPC_ADDRESS": address,
        "SLUICE_OPS_ADDRESS": ops,
        # One address cannot be everybody's, and the stack asks at the services' own doors.
        "SLUICE_HEALTH_ADDRESS": "",
        **(doors or {}),
        # A wish for another protocol was not meant for this one.
        **({OTLP_VARIABLE: f"http://{collector}", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"} if collector else {}),
        "PYTHONUNBUFFERED": "1",
    }
    return {**defaults, **{name: value for name, value in base.items() if value}, **told}
