"""Topics on a real cluster: made once, put right, and refused where they cannot work together."""

import time
from collections.abc import Iterator, Mapping

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from sluice.bus.create_topics import create, describe
from sluice.bus.topics import TOPICS, Topic
from sluice.errors import ConfigError, RetryableError
from sluice.local.kafka import Broker
from sluice.settings import KafkaSettings
from tests.integration.quick_start import quick_broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of this file's own."""
    broker = quick_broker(tmp_path_factory.mktemp("topics") / "kafka")
    yield broker
    broker.stop()


@pytest.fixture
def admin(broker: Broker) -> Iterator[AdminClient]:
    """An admin client for a cluster that has none of our topics, before and after."""
    client = AdminClient({**broker.kafka.properties, "log_level": 0})
    yield client
    ours = [str(topic) for topic in describe(broker.kafka)]
    for future in client.delete_topics(ours).values() if ours else ():
        future.result()
    wait_for(client, {})


def make(admin: AdminClient, partitions: Mapping[str, int]) -> None:
    """Makes topics as somebody else would."""
    for future in admin.create_topics([NewTopic(name, count, 1) for name, count in partitions.items()]).values():
        future.result()
    wait_for(admin, partitions)


def wait_for(admin: AdminClient, partitions: Mapping[str, int]) -> None:
    """What the controller has confirmed, brokers tell a moment later."""
    give_up = time.monotonic() + 60
    found: Mapping[str, int] | None = None
    while found != partitions and time.monotonic() < give_up:
        topics = admin.list_topics(timeout=10).topics.items()
        found = {name: len(topic.partitions) for name, topic in topics if not name.startswith("__")}
    assert found == partitions


def settings_once(broker: Broker, wanted: Mapping[str, str]) -> Mapping[str, str]:
    """Those of the verdicts' topic, once they are so: the broker answers before it has taken a change up."""
    give_up = time.monotonic() + 60
    while not wanted.items() <= (found := describe(broker.kafka)[Topic.VERDICTS].settings).items():
        assert time.monotonic() < give_up, found
        time.sleep(0.1)
    return found


def test_topics_are_made_once_as_the_table_says(broker: Broker, admin: AdminClient) -> None:
    first = create(broker.kafka, partitions=3, replication=1)
    assert first.partitions == 3
    assert set(first.created) == set(Topic)
    found = describe(broker.kafka)
    assert {name: state.partitions for name, state in found.items()} == dict.fromkeys(Topic, 3)
    for spec in TOPICS:
        assert spec.settings(1).items() <= found[spec.topic].settings.items()

    second = create(broker.kafka, partitions=3, replication=1)
    assert (second.created, second.differences) == ((), ())
    assert set(second.existing) == set(Topic)


def test_existing_topics_keep_their_partitions_and_new_ones_follow(broker: Broker, admin: AdminClient) -> None:
    make(admin, {"moderation.contents": 2})
    report = create(broker.kafka, partitions=4, replication=1)
    assert report.partitions == 2
    assert {state.partitions for state in describe(broker.kafka).values()} == {2}


def test_clock_and_retention_are_put_right(broker: Broker, admin: AdminClient) -> None:
    create(broker.kafka, partitions=1, replication=1)
    changes = {"message.timestamp.type": "CreateTime", "retention.ms": "1234", "max.message.bytes": "4321"}
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in changes.items()
    ]
    wrong = ConfigResource(ResourceType.TOPIC, "moderation.verdicts", incremental_configs=entries)
    admin.incremental_alter_configs([wrong])[wrong].result()
    settings_once(broker, {"max.message.bytes": "4321"})
    report = create(broker.kafka, partitions=1, replication=1)
    assert {(each.setting, each.corrected) for each in report.differences} == {
        ("message.timestamp.type", True),
        ("retention.ms", True),
        ("max.message.bytes", False),
    }
    spec = next(spec for spec in TOPICS if spec.topic is Topic.VERDICTS)
    wanted = {"message.timestamp.type": "LogAppendTime", "retention.ms": str(spec.retention_ms)}
    settings = settings_once(broker, wanted)
    assert wanted.items() <= settings.items()
    assert settings["max.message.bytes"] == "4321"


def test_topics_that_disagree_are_refused_and_nothing_is_made(broker: Broker, admin: AdminClient) -> None:
    make(admin, {"moderation.contents": 2, "moderation.verdicts": 3})
    with pytest.raises(ConfigError, match=r"moderation\.contents has 2 partitions and others have 3"):
        create(broker.kafka, partitions=3, replication=1)
    assert describe(broker.kafka).keys() == {"moderation.contents", "moderation.verdicts"}


def test_what_the_broker_refuses_is_an_error(broker: Broker, admin: AdminClient) -> None:
    with pytest.raises(RetryableError, match=r"(?i)replication factor"):
        create(broker.kafka, partitions=1, replication=3)


def test_a_broker_that_is_not_there_is_an_error() -> None:
    nobody = KafkaSettings({"bootstrap.servers": "127.0.0.1:1", "socket.connection.setup.timeout.ms": "1000"})
    with pytest.raises(RetryableError, match=r"topics at 127\.0\.0\.1:1: "):
        create(nobody, partitions=1, replication=1, seconds=2.0)
