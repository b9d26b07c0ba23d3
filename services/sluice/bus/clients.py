"""Client configuration, in one place: every client of ours starts from here.

Each raises ConfigError for settings that the client library refuses, such as a key that is not the certificate's.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from sluice.errors import ConfigError
from sluice.settings import KafkaSettings

_Client = TypeVar("_Client")

_RECONNECT: Mapping[str, str | int] = {
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    # A client that was told of no leader, or of one that has moved on since, may not look again before this.
    "topic.metadata.refresh.interval.ms": 10_000,
    "log_level": 2,
    "allow.auto.create.topics": "false",
}

SESSION_TIMEOUT_MS = 6000
"""A worker that died hands its partitions on after this long (classic protocol; the broker's least is 6 s)."""

_HEARTBEAT_MS = 500
"""The others learn at their next heartbeat that somebody came or went; until then nobody has its partitions."""

READERS_GROUP = "sluice-log-reader"
"""The group that clients name which are in none: the client library looks its coordinator up all the same."""

TRANSACTION_TIMEOUT_MS = 10_000
"""How long a dead worker can hold up readers of committed records."""


def group_consumer(
    kafka: KafkaSettings,
    group: str,
    instance: str,
    read_committed: bool = True,
    begin: Literal["earliest", "latest"] = "earliest",
) -> Consumer:
    """A member of a consumer group that commits by itself only when told to.

    `begin`: where a group reads first that has committed nothing.

    Static membership: a worker that restarts within its session gets its partitions back without a rebalance.
    Range assignment: partition i of every topic goes to the same member.
    """
    return _made(
        Consumer,
        {
            **_common(kafka),
            "group.id": group,
            "group.instance.id": f"{group}-{instance}",
            "enable.auto.commit": False,
            "auto.offset.reset": begin,
            "isolation.level": "read_committed" if read_committed else "read_uncommitted",
            "partition.assignment.strategy": "range",
            "session.timeout.ms": SESSION_TIMEOUT_MS,
            "heartbeat.interval.ms": _HEARTBEAT_MS,
            "fetch.wait.max.ms": 100,
            # What was fetched and not asked for yet: at most the queue and one fetch.
            "queued.max.messages.kbytes": 65536,
            "fetch.max.bytes": 16 << 20,
            "enable.partition.eof": True,
        },
    )


def log_reader(
    kafka: KafkaSettings,
    read_committed: bool = True,
    group: str = READERS_GROUP,
    properties: Mapping[str, str | int] | None = None,
) -> Consumer:
    """A consumer of assigned partitions: a member of no group, it commits nothing, and says where a log ends.

    `group`: whose committed offsets it can be asked for. `properties`: beside its own, or instead of them.
    """
    return _made(
        Consumer,
        {
            **_common(kafka),
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed" if read_committed else "read_uncommitted",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 100,
            "queued.max.messages.kbytes": 65536,
            **(properties or {}),
        },
    )


def plain_producer(kafka: KafkaSettings, properties: Mapping[str, str | int] | None = None) -> Producer:
    """An idempotent producer: what it delivers is in the log once and in order."""
    return _made(
        Producer,
        {
            **_common(kafka),
            "enable.idempotence": True,
            "linger.ms": 2,
            "compression.type": "lz4",
            "message.max.bytes": 16 << 20,
            "queue.buffering.max.kbytes": 65536,
            # Strangers' Java clients place a key by murmur2; whoever lets the client choose must agree with them.
            "partitioner": "murmur2_random",
            **(properties or {}),
        },
    )


def transactional_producer(kafka: KafkaSettings, transactional_id: str) -> Producer:
    """A producer whose records and offsets are seen together or not at all.

    `transaction.timeout.ms` bounds how long a dead worker can hold up readers of committed records;
    `retry.backoff.ms=5` is worth a factor of four to six in transactions per second (docs/performance.md).
    Connections that carry nothing are closed soon: a coordinator that went away while offsets were being sent is
    looked for again only when a connection changes, so the call would wait for ever (librdkafka issues 5456, 5511).
    """
    return plain_producer(
        kafka,
        {
            "transactional.id": transactional_id,
            "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            "retry.backoff.ms": 5,
            "retry.backoff.max.ms": 100,
            "connections.max.idle.ms": 3000,
            # A commit sends at once whatever waits, so this delays nothing; a short linger keeps the client's
            # thread awake, at 20 to 30 microseconds of CPU a record (docs/performance.md).
            "linger.ms": 50,
        },
    )


def admin_client(kafka: KafkaSettings, properties: Mapping[str, str | int] | None = None) -> AdminClient:
    """A client that asks about the cluster, or changes it."""
    return _made(AdminClient, {**kafka.properties, **_heard(kafka), "log_level": 2, **(properties or {})})


def _common(kafka: KafkaSettings) -> dict[str, Any]:
    return {**kafka.properties, **_heard(kafka), **_RECONNECT}


def _heard(kafka: KafkaSettings) -> dict[str, Any]:
    return {} if kafka.heard is None else {"error_cb": kafka.heard}


def _made(make: Callable[[dict[str, Any]], _Client], properties: dict[str, Any]) -> _Client:
    try:
        return make(properties)
    except KafkaException as error:
        # The library's own words name the setting and the cause, never a password.
        raise ConfigError([f"KAFKA_*: {error.args[0].str()}"]) from error
