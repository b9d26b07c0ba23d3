"""Ending a hanging transaction of ours, from outside the process that began it.

A marker ends whatever its producer id has open in a partition. The same transactional id gets the same producer id
again, so: begin a transaction under it, touch the partitions that are stuck, and ABORT. Never commit: that would
publish the records that hang, which nobody decided to publish.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from sluice.bus.clients import log_reader, transactional_producer
from sluice.bus.hanging import GroupOffset, LogEnd, Place, State
from sluice.bus.hanging_look import Looker
from sluice.bus.hanging_owners import Slot, writers
from sluice.bus.problems import words
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings

PROBE_HEADER = "sluice-probe"
"""Marks the record that touches a partition. It is aborted: only readers of uncommitted records ever see it."""

_START_SECONDS = 30.0
_CALL_SECONDS = 15.0
_MARKERS_SECONDS = 5.0
_POLL_SECONDS = 0.1
_TRIES = 3


def end_as(
    kafka: KafkaSettings, looker: Looker, slot: Slot, found: Mapping[Place, State], say: Callable[[str], None]
) -> None:
    """Aborts under the slot's id wherever its transaction may be behind what still stands as it was `found`.

    What came of it shows in the next look, not in what the broker answers: where the slot's own process was back
    first, its start has aborted what this had touched. RetryableError where a look fails.
    """
    for _ in range(_TRIES):
        stuck = _stuck(looker, slot, found)
        if not stuck:
            return
        say(f"{slot.transactional_id}: aborting what it may have left open at {', '.join(map(str, stuck))}")
        try:
            abort_as(kafka, slot.transactional_id, stuck)
        except RetryableError as error:
            say(str(error))
            time.sleep(_POLL_SECONDS)
            continue
        until = time.monotonic() + _MARKERS_SECONDS
        while time.monotonic() < until and _stuck(looker, slot, found):
            time.sleep(_POLL_SECONDS)
        return


def abort_as(kafka: KafkaSettings, transactional_id: str, places: Sequence[Place]) -> None:
    """Begins and aborts a transaction under this id that touches these places.

    The process that has the id is thrown out: it ends, and has to be started again. Markers are written after this
    returns, usually within milliseconds. Raises RetryableError where the broker did not do it, or where that process
    was back before the end and threw this one out.
    """
    producer = transactional_producer(kafka, transactional_id)
    begun = False
    try:
        producer.init_transactions(_START_SECONDS)
        producer.begin_transaction()
        begun = True
        _touch_logs(producer, [place for place in places if isinstance(place, LogEnd)])
        _touch_offsets(kafka, producer, [place for place in places if isinstance(place, GroupOffset)])
        begun = False
        producer.abort_transaction(_CALL_SECONDS)
    except KafkaException as error:
        if begun:
            _abandon(producer)
        raise RetryableError(f"{transactional_id}: {words(error.args[0])}") from error


def _stuck(looker: Looker, slot: Slot, found: Mapping[Place, State]) -> list[Place]:
    look = looker.look()
    return [
        place
        for place, before in found.items()
        if slot.group in writers(place) and place in look and look[place].held and look[place].stands_at(before)
    ]


def _touch_logs(producer: Producer, logs: Sequence[LogEnd]) -> None:
    failed: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    for log in logs:
        producer.produce(
            str(log.topic), b"", partition=log.partition, headers=[(PROBE_HEADER, b"repair")], on_delivery=delivered
        )
    left = producer.flush(_CALL_SECONDS)
    if failed:
        raise KafkaException(failed[0])
    if left:
        raise KafkaException(KafkaError(KafkaError.REQUEST_TIMED_OUT))


def _touch_offsets(kafka: KafkaSettings, producer: Producer, offsets: Sequence[GroupOffset]) -> None:
    """Makes the group's partition of the offsets topic part of the transaction. No offset moves: it is aborted."""
    for group in sorted({offset.group for offset in offsets}):
        client = log_reader(kafka, group=group)
        try:
            touched = [TopicPartition(str(o.topic), o.partition, 0) for o in offsets if o.group == group]
            producer.send_offsets_to_transaction(touched, client.consumer_group_metadata(), _CALL_SECONDS)
        finally:
            client.close()


def _abandon(producer: Producer) -> None:
    try:
        producer.abort_transaction(_CALL_SECONDS)
    except KafkaException:
        # The coordinator does it at the transaction's timeout, or the id's next owner when it starts.
        return
