"""One look at every place where a transaction of ours, or of a stranger's, can hang."""

import time
from collections.abc import Mapping, Sequence
from typing import Final, Self

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec

from sluice.bus.clients import admin_client, log_reader
from sluice.bus.hanging import GroupOffset, LogEnd, Place, State
from sluice.bus.hanging_owners import GROUPS
from sluice.bus.problems import is_timeout, words
from sluice.bus.topics import TOPICS
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings

CALL_SECONDS: Final = 15.0
"""How long each call to the broker may take."""

_STABLE_SECONDS = 0.5
"""How long offsets may take to be stable: the client asks again until then. A busy group needs milliseconds."""

_PAUSE_SECONDS = 0.2
_SETTLING: Final = frozenset(
    {
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
    }
)
"""A broker that starts, or leadership that moves: over in seconds."""


class Looker:
    """Looks at our topics and at the offsets of our transactional groups. Changes nothing and joins no group.

    Offsets are asked for by consumers, not by the admin client: its `list_consumer_group_offsets` ends the process
    with a segmentation fault while a coordinator loads (https://github.com/confluentinc/librdkafka/issues/5040, seen
    with 2.16.0 on every broker that was just made).
    """

    def __init__(self, kafka: KafkaSettings, seconds: float = CALL_SECONDS) -> None:
        self._admin = admin_client(kafka)
        self._stable = {group: log_reader(kafka, group=group) for group in GROUPS}
        self._any = {group: log_reader(kafka, read_committed=False, group=group) for group in GROUPS}
        self._unstable: dict[str, list[LogEnd]] = {group: [] for group in GROUPS}
        self._bootstrap = kafka.bootstrap
        self._seconds = seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for reader in (*self._stable.values(), *self._any.values()):
            reader.close()

    def look(self) -> Mapping[Place, State]:
        """Every place as it is now. RetryableError where the broker does not answer for all of them.

        Not seeing a partition is not the same as seeing that it moves, so there are no partial looks.
        """
        give_up = time.monotonic() + self._seconds
        while True:
            try:
                return self._look()
            except KafkaException as error:
                problem = error.args[0]
                if problem.code() not in _SETTLING or time.monotonic() > give_up:
                    # Lets the client say what it has to say of its login.
                    self._admin.poll(0)
                    raise RetryableError(f"looking at {self._bootstrap}: {words(problem)}") from error
                time.sleep(_PAUSE_SECONDS)

    def _look(self) -> Mapping[Place, State]:
        topics = self._admin.list_topics(timeout=self._seconds).topics
        places = [
            LogEnd(spec.topic, number)
            for spec in TOPICS
            if spec.topic in topics
            for number in sorted(topics[spec.topic].partitions)
        ]
        if not places:
            raise RetryableError(f"{self._bootstrap} has none of our topics: `sluice topics create` makes them")
        # Ends first: what is appended in between can then not pass for records behind the stable offset.
        ends = self._ends(places, IsolationLevel.READ_UNCOMMITTED)
        stable = self._ends(places, IsolationLevel.READ_COMMITTED)
        found: dict[Place, State] = {
            place: State(offset, held=offset < ends[place], behind=max(0, ends[place] - offset))
            for place, offset in stable.items()
        }
        for group in GROUPS:
            found |= self._offsets(group, places)
        return found

    def _ends(self, places: Sequence[LogEnd], isolation: IsolationLevel) -> dict[LogEnd, int]:
        # The client's stubs leave this one out.
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = {TopicPartition(str(place.topic), place.partition): latest for place in places}
        answers = self._admin.list_offsets(asked, isolation_level=isolation, request_timeout=self._seconds)
        return {LogEnd(tp.topic, tp.partition): int(future.result().offset) for tp, future in answers.items()}

    def _offsets(self, group: str, places: Sequence[LogEnd]) -> dict[Place, State]:
        """The offsets that are not stable, as they stand."""
        before = self._unstable[group]
        rest = [place for place in places if place not in before]
        unstable = [place for place in before if not self._are_stable(group, [place])]
        if not self._are_stable(group, rest):
            # A coordinator that does not answer at all is no sign of anything.
            _committed(self._any[group], rest, self._seconds)
            unstable += self._narrow(group, rest)
        self._unstable[group] = unstable
        if not unstable:
            return {}
        return {
            GroupOffset(group, tp.topic, tp.partition): State(max(-1, tp.offset), held=True, note=tp.metadata or "")
            for tp in _committed(self._any[group], unstable, self._seconds)
        }

    def _narrow(self, group: str, places: Sequence[LogEnd]) -> list[LogEnd]:
        """Which of these, that are not all stable, are in the way. The client does not say, so: by halves."""
        if len(places) == 1:
            return list(places)
        half = len(places) // 2
        found = [] if self._are_stable(group, places[:half]) else self._narrow(group, places[:half])
        if not found or not self._are_stable(group, places[half:]):
            found += self._narrow(group, places[half:])
        return found

    def _are_stable(self, group: str, places: Sequence[LogEnd]) -> bool:
        if not places:
            return True
        try:
            _committed(self._stable[group], places, _STABLE_SECONDS)
        except KafkaException as error:
            if is_timeout(error.args[0]):
                return False
            raise
        return True


def _committed(reader: Consumer, places: Sequence[LogEnd], seconds: float) -> list[TopicPartition]:
    found = reader.committed([TopicPartition(str(place.topic), place.partition) for place in places], seconds)
    for tp in found:
        if tp.error is not None:
            raise KafkaException(tp.error)
    return found
