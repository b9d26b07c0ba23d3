"""The topics of one run: all made anew, or only what the sides write."""

import time
from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from sluice.bus.clients import log_reader
from sluice.bus.create_topics import create
from sluice.bus.topics import TOPICS, Topic
from sluice.settings import KafkaSettings

PARTITIONS = 4
COPIES = "benchmark.copies"
JOINED = "benchmark.joined"
"""What the copy loop and quixstreams write; the orchestrator writes decisions."""

_INPUTS = (Topic.CONTENTS, Topic.VERDICTS)
_SECONDS = 30.0


class Topics:
    """Makes and unmakes topics and consumer groups."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._admin = AdminClient({**kafka.properties, "log_level": 2})

    def renew(self) -> None:
        """Every topic empty."""
        self._delete([str(spec.topic) for spec in TOPICS])
        create(self._kafka, PARTITIONS, 1)
        self.renew_outputs()

    def renew_outputs(self) -> None:
        """Empty again, except for the backlog."""
        self._delete([COPIES, JOINED, *(str(spec.topic) for spec in TOPICS if spec.topic not in _INPUTS)])
        create(self._kafka, PARTITIONS, 1)
        # Append times of the broker, as on our own topics.
        settings = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(2 << 20)}
        new = [NewTopic(name, PARTITIONS, 1, config=settings) for name in (COPIES, JOINED)]
        for future in self._admin.create_topics(new).values():
            future.result(_SECONDS)
        self._wait(lambda names: {COPIES, JOINED} <= names)

    def forget_group(self, group: str) -> None:
        """Its offsets. A member that has ended stays in its group until its session is over."""
        give_up = time.monotonic() + _SECONDS
        while True:
            try:
                self._admin.delete_consumer_groups([group])[group].result(_SECONDS)
            except KafkaException as error:
                if error.args[0].code() in {KafkaError.GROUP_ID_NOT_FOUND, KafkaError.UNKNOWN_MEMBER_ID}:
                    return
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.5)
            else:
                return

    def ends(self, topic: str) -> Sequence[int]:
        """The end offset of each partition."""
        reader = log_reader(self._kafka)
        try:
            return [
                reader.get_watermark_offsets(TopicPartition(topic, number), _SECONDS)[1]
                for number in range(PARTITIONS)
            ]
        finally:
            reader.close()

    def _delete(self, names: Sequence[str]) -> None:
        existing = self._names()
        doomed = [name for name in names if name in existing]
        if not doomed:
            return
        for future in self._admin.delete_topics(doomed).values():
            future.result(_SECONDS)
        self._wait(lambda names: not names & set(doomed))

    def _names(self) -> set[str]:
        return set(self._admin.list_topics(timeout=_SECONDS).topics)

    def _wait(self, done: Callable[[set[str]], bool]) -> None:
        give_up = time.monotonic() + _SECONDS
        while not done(self._names()):
            if time.monotonic() > give_up:
                raise SystemExit("the broker did not change its topics in time")
            time.sleep(0.1)
