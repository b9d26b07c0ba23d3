"""Bringing the topics of a cluster to what the table says; safe to run any number of times."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from sluice.bus.clients import admin_client
from sluice.bus.problems import words
from sluice.bus.topics import CHOSEN_BY_CLIENTS, TOPICS, TopicSpec
from sluice.errors import ConfigError, RetryableError
from sluice.settings import KafkaSettings

OURS_TO_SET: Final = frozenset({"message.timestamp.type", "retention.ms", "segment.ms"})
"""Settings that are put right where they differ: the clock of deadlines, and how long content is kept."""

CALL_SECONDS: Final = 15.0
"""How long each call to the broker may take."""

_POLL_SECONDS = 0.05


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
    differences: tuple[Difference, ...] = ()


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


def create(kafka: KafkaSettings, partitions: int, replication: int, seconds: float = CALL_SECONDS) -> TopicReport:
    """Creates what is missing and puts right what is ours to set; existing topics keep their partitions.

    Raises ConfigError where existing topics cannot work together, RetryableError where the broker does not do it.
    """
    admin = _Admin(kafka, seconds)
    with admin.translated():
        existing = admin.describe()
        count = choose_partitions({name: state.partitions for name, state in existing.items()}, partitions)
        missing = [spec for spec in TOPICS if spec.topic not in existing]
        differences = [
            difference
            for spec in TOPICS
            if spec.topic in existing
            for difference in compare(spec, existing[spec.topic], replication)
        ]
        admin.create(missing, count, replication)
        admin.correct([difference for difference in differences if difference.corrected])
        admin.wait_visible(missing)
        choose_partitions({name: state.partitions for name, state in admin.describe().items()}, count)
    return TopicReport(
        partitions=count,
        created=tuple(spec.topic for spec in missing),
        existing=tuple(existing),
        differences=tuple(differences),
    )


def describe(kafka: KafkaSettings, seconds: float = CALL_SECONDS) -> Mapping[str, TopicState]:
    """Those of our topics that the cluster has. Raises RetryableError where no broker answers."""
    admin = _Admin(kafka, seconds)
    with admin.translated():
        return admin.describe()


class _Admin:
    """The few calls to a cluster that this takes."""

    def __init__(self, kafka: KafkaSettings, seconds: float) -> None:
        self._client = admin_client(kafka)
        self._bootstrap = kafka.bootstrap
        self._seconds = seconds

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turns the client's errors into ours."""
        try:
            yield
        except KafkaException as error:
            # Lets the client say what it has to say of its login.
            self._client.poll(0)
            raise RetryableError(f"topics at {self._bootstrap}: {words(error.args[0])}") from error

    def describe(self) -> dict[str, TopicState]:
        """Our topics as the cluster has them."""
        topics = self._client.list_topics(timeout=self._seconds).topics
        counts = {spec.topic: len(topics[spec.topic].partitions) for spec in TOPICS if spec.topic in topics}
        if not counts:
            return {}
        # The client insists on plain strings.
        asked = [ConfigResource(ResourceType.TOPIC, str(name)) for name in counts]
        answers = self._client.describe_configs(asked, request_timeout=self._seconds)
        found = {resource.name: future.result() for resource, future in answers.items()}
        return {
            name: TopicState(count, {entry.name: str(entry.value) for entry in found[name].values()})
            for name, count in counts.items()
        }

    def create(self, specs: Sequence[TopicSpec], partitions: int, replication: int) -> None:
        """Makes topics; returns when the controller has confirmed all."""
        if not specs:
            return
        new = [
            NewTopic(str(spec.topic), partitions, replication, config=dict(spec.settings(replication)))
            for spec in specs
        ]
        answers = self._client.create_topics(new, operation_timeout=self._seconds, request_timeout=self._seconds)
        for future in answers.values():
            try:
                future.result()
            except KafkaException as error:
                # Somebody made it since we looked.
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise

    def correct(self, differences: Sequence[Difference]) -> None:
        """Sets what differs, and nothing else, to what is wanted."""
        if not differences:
            return
        changes: dict[str, list[ConfigEntry]] = {}
        for each in differences:
            entry = ConfigEntry(each.setting, each.wanted, incremental_operation=AlterConfigOpType.SET)
            changes.setdefault(str(each.topic), []).append(entry)
        resources = [
            ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
            for topic, entries in changes.items()
        ]
        answers = self._client.incremental_alter_configs(resources, request_timeout=self._seconds)
        for future in answers.values():
            future.result()

    def wait_visible(self, specs: Sequence[TopicSpec]) -> None:
        """A topic can be used once its partitions have leaders, a moment after its creation was confirmed."""
        give_up = time.monotonic() + self._seconds
        while specs:
            topics = self._client.list_topics(timeout=self._seconds).topics
            led = [
                spec.topic in topics and all(part.leader >= 0 for part in topics[spec.topic].partitions.values())
                for spec in specs
            ]
            if all(led):
                return
            if time.monotonic() > give_up:
                raise RetryableError(f"new topics at {self._bootstrap} have no leaders after {self._seconds:.0f} s")
            time.sleep(_POLL_SECONDS)
