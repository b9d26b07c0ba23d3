"""What a principal is refused, asked of a broker: every topic, group and transactional id."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from confluent_kafka import OFFSET_BEGINNING, ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConsumerGroupDescription

from sluice.bus.access import PRINCIPALS, Operation, Principal, Resource
from sluice.bus.clients import log_reader, plain_producer, transactional_producer
from sluice.bus.problems import is_end_of_partition
from sluice.bus.topics import Topic
from sluice.settings import KafkaSettings

IDS = ("sluice-ingest-", "sluice-orchestrator-", "sluice-c2pa-signer-", "sluice-reviews-")
FOREIGN = ("generator", "downstream", "accounts")
"""What the groups of programs of yours begin with."""
GROUPS = [
    *sorted({r.name for one in PRINCIPALS for r in one.rights if r.resource is Resource.GROUP and not r.prefixed}),
    *(f"{begins}-matrix" for begins in FOREIGN),
]


def refused_writes(kafka: KafkaSettings) -> set[str]:
    """The topics that the broker does not let it write; any other answer than a refusal fails."""
    refused: set[str] = set()
    other: list[str] = []
    # A principal that may write nothing at all is refused an idempotent producer: it would answer for every topic.
    producer = plain_producer(kafka, {"enable.idempotence": "false", "message.timeout.ms": 30_000})

    def delivered(topic: str) -> Callable[[KafkaError | None, object], None]:
        def note(error: KafkaError | None, _: object) -> None:
            if error is not None and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                refused.add(topic)
            elif error is not None:
                other.append(f"{topic}: {error.name()}")

        return note

    for topic in Topic:
        producer.produce(topic.value, b"", partition=0, on_delivery=delivered(topic.value))
    assert producer.flush(40) == 0
    assert not other
    return refused


def refused_reads(kafka: KafkaSettings) -> set[str]:
    """The topics that it may not read; of every other one the broker must have handed over a record or its end."""
    reader = log_reader(kafka)
    refused: set[str] = set()
    handed: set[str] = set()
    try:
        for topic in Topic:
            # Of a topic that is not even described nothing is ever fetched, and the client says nothing of it.
            error = reader.list_topics(topic.value, timeout=20).topics[topic].error
            if error is not None and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                refused.add(topic.value)
        reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING) for topic in set(map(str, Topic)) - refused])
        for _ in range(400):
            if refused | handed == set(Topic):
                return refused
            for message in reader.consume(500, 0.1):
                error, name = message.error(), message.topic() or ""
                if error is not None and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                    refused.add(name)
                elif error is None or is_end_of_partition(error):
                    handed.add(name)
    finally:
        reader.close()
    raise AssertionError(f"no answer about {set(map(str, Topic)) - refused - handed}")


def refused_groups(admin: AdminClient) -> tuple[set[str], set[str]]:
    """The groups that it may not look up, and those that it may not commit for."""
    answers = admin.describe_consumer_groups(GROUPS, request_timeout=20)
    unseen = {group for group, answer in answers.items() if not passed(answer)}
    unjoined: set[str] = set()
    for group in GROUPS:
        place = TopicPartition(Topic.SIGNED.value, 0, 0)
        wish = ConsumerGroupTopicPartitions(group, [place])
        (answer,) = admin.alter_consumer_group_offsets([wish], request_timeout=20).values()
        if not passed(answer):
            unjoined.add(group)
    return unseen, unjoined


def passed(answer: "Future[ConsumerGroupDescription] | Future[ConsumerGroupTopicPartitions]") -> bool:
    """Whether the group was not what the broker refused. Of offsets it says so beside each."""
    try:
        found = answer.result()
    except KafkaException as error:
        return bool(error.args[0].code() != KafkaError.GROUP_AUTHORIZATION_FAILED)
    errors = [place.error for place in getattr(found, "topic_partitions", ())]
    return not any(error and error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED for error in errors)


@contextmanager
def suppressed(code: int) -> Iterator[list[KafkaError]]:
    """Keeps an error of this code, and lets every other pass."""
    failed: list[KafkaError] = []
    try:
        yield failed
    except KafkaException as error:
        if error.args[0].code() != code:
            raise
        failed.append(error.args[0])


def refused_ids(kafka: KafkaSettings) -> set[str]:
    """The transactional ids that it may not have."""
    refused: set[str] = set()
    for begins in IDS:
        with suppressed(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED) as failed:
            transactional_producer(kafka, f"{begins}matrix").init_transactions(20)
        if failed:
            refused.add(begins)
    return refused


def may(one: Principal, operation: Operation, resource: Resource, names: Sequence[str]) -> set[str]:
    """Of these names, those that the table lets it do this to."""
    rights = [right for right in one.rights if right.operation is operation and right.resource is resource]
    return {name for name in names if any(name.startswith(r.name) if r.prefixed else name == r.name for r in rights)}
