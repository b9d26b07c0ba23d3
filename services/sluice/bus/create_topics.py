"""Bringing the topics of a cluster to what the table says; safe to run any number of times."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from sluice.bus.topics import CHOSEN_BY_CLIENTS, TOPICS, TopicSpec
from sluice.errors import ConfigError, RetryableError
from sluice.settings import KafkaSettings

OURS_TO_SET: Final = frozenset({"message.timestamp.type", "retention.ms", "segment.ms"})
"""Settings that are put right where they differ: the clock of deadlines, and how long content is kept."""

_CALL_SECONDS = 15.0
_VISIBLE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting of a topic that was not what the table says. `corrected`: it is now."""

    topic: str
    setting: str
    found: str
    wanted: str
    corrected: bool


@dataclass(frozen=True, slots=True)
class TopicReport:
    """What `create` found and did. `partitions`: the count that every topic after ingest has now."""

    partitions: int
    created: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as the cluster has it."""

    partitions: int
    settings: Mapping[str, str]


def choose_partitions(existing: Mapping[str, int], asked: int) -> int:
    """How many partitions new topics get: what the topics after ingest have already, else `asked`.

    A request stays on its partition number from contents to signed picture, so these topics must agree. Raises
    ConfigError where they do not, with what to do.
    """
    found = {name: count for name, count in existing.items() if name not in CHOSEN_BY_CLIENTS}
    counts = sorted(set(found.values()))
    if len(counts) <= 1:
        return counts[0] if counts else asked
    most = counts[-1]
    raise ConfigError(
        [
            f"topic {name} has {count} partitions and others have {most}; every topic after ingest needs the "
            f"same number: stop the generators, wait until nothing is undecided, then run "
            f"`kafka-topics.sh --alter --topic {name} --partitions {most}` and `sluice topics create`"
            for name, count in sorted(found.items())
            if count != most
        ]
    )


def compare(spec: TopicSpec, state: TopicState, replication: int) -> list[Difference]:
    """Where an existing topic differs from the table."""
    return [
        Difference(spec.topic, name, state.settings.get(name, ""), wanted, name in OURS_TO_SET)
        for name, wanted in spec.settings(replication).items()
        if state.settings.get(name, "") != wanted
    ]


def create(
    kafka: KafkaSettings, partitions: int, replication: int, specs: Sequence[TopicSpec] = TOPICS
) -> TopicReport:
    """Creates what is missing and puts right what is ours to set; existing topics keep their partitions.

    Raises ConfigError where existing topics cannot work together, RetryableError where the broker does not do it.
    """
    admin = AdminClient({**kafka.properties, "log_level": 2})
    try:
        existing = _describe(admin, kafka, specs)
        count = choose_partitions({name: state.partitions for name, state in existing.items()}, partitions)
        missing = [spec for spec in specs if spec.topic not in existing]
        _create(admin, missing, count, replication)
        differences = [
            difference
            for spec in specs
            if spec.topic in existing
            for difference in compare(spec, existing[spec.topic], replication)
        ]
        _correct(admin, differences)
        _wait_visible(admin, missing)
    except KafkaException as error:
        raise RetryableError(f"topics at {kafka.bootstrap}: {error.args[0].str()}") from error
    return TopicReport(
        partitions=count,
        created=tuple(spec.topic for spec in missing),
        existing=tuple(existing),
        differences=tuple(differences),
    )


def describe(kafka: KafkaSettings, specs: Sequence[TopicSpec] = TOPICS) -> Mapping[str, TopicState]:
    """Those of our topics that the cluster has. Raises RetryableError where no broker answers."""
    admin = AdminClient({**kafka.properties, "log_level": 2})
    try:
        return _describe(admin, kafka, specs)
    except KafkaException as error:
        raise RetryableError(f"topics at {kafka.bootstrap}: {error.args[0].str()}") from error


def _describe(admin: AdminClient, kafka: KafkaSettings, specs: Sequence[TopicSpec]) -> dict[str, TopicState]:
    try:
        cluster = admin.list_topics(timeout=_CALL_SECONDS)
    except KafkaException as error:
        raise RetryableError(f"no Kafka broker answers at {kafka.bootstrap}: {error.args[0].str()}") from error
    counts = {
        spec.topic: len(cluster.topics[spec.topic].partitions) for spec in specs if spec.topic in cluster.topics
    }
    if not counts:
        return {}
    # The client insists on plain strings.
    asked = [ConfigResource(ResourceType.TOPIC, str(name)) for name in counts]
    answers = admin.describe_configs(asked, request_timeout=_CALL_SECONDS)
    found = {resource.name: future.result() for resource, future in answers.items()}
    return {
        name: TopicState(count, {entry.name: str(entry.value) for entry in found[name].values()})
        for name, count in counts.items()
    }


def _create(admin: AdminClient, specs: Sequence[TopicSpec], partitions: int, replication: int) -> None:
    if not specs:
        return
    new = [
        NewTopic(str(spec.topic), partitions, replication, config=dict(spec.settings(replication))) for spec in specs
    ]
    for future in admin.create_topics(new, operation_timeout=_CALL_SECONDS, request_timeout=_CALL_SECONDS).values():
        future.result()


def _correct(admin: AdminClient, differences: Sequence[Difference]) -> None:
    ours = [difference for difference in differences if difference.corrected]
    if not ours:
        return
    entries: dict[str, list[ConfigEntry]] = {}
    for difference in ours:
        entry = ConfigEntry(difference.setting, difference.wanted, incremental_operation=AlterConfigOpType.SET)
        entries.setdefault(difference.topic, []).append(entry)
    resources = [
        ConfigResource(ResourceType.TOPIC, str(topic), incremental_configs=changes)
        for topic, changes in entries.items()
    ]
    for future in admin.incremental_alter_configs(resources, request_timeout=_CALL_SECONDS).values():
        future.result()


def _wait_visible(admin: AdminClient, specs: Sequence[TopicSpec]) -> None:
    """A topic can be used once its partitions have leaders, a moment after its creation was confirmed."""
    give_up = time.monotonic() + _VISIBLE_SECONDS
    while specs:
        topics = admin.list_topics(timeout=_CALL_SECONDS).topics
        led = [
            spec.topic in topics and all(part.leader >= 0 for part in topics[spec.topic].partitions.values())
            for spec in specs
        ]
        if all(led):
            return
        if time.monotonic() > give_up:
            raise RetryableError(f"topics created {_VISIBLE_SECONDS:.0f} s ago have no leaders yet")
        time.sleep(0.05)
