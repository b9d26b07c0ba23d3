"""A stretch of a topic: what was appended between two moments, as the log stood when it was asked for.

Its end is fixed before the first record is read, so a busy topic is read to an end too, and how much there is can be
told beforehand.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, TopicPartition

from sluice.bus.ends import log_ends
from sluice.bus.problems import is_end_of_partition
from sluice.bus.record import Record
from sluice.bus.refusals import check_granted
from sluice.bus.scan import CALL_SECONDS, partition_numbers, topic_reader
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of one partition, `begin` up to and without `end`. Some of them hold markers of transactions."""

    partition: int
    begin: int
    end: int


def find_spans(kafka: KafkaSettings, topic: str, since_ms: int = 0, until_ms: int | None = None) -> Sequence[Span]:
    """What was committed by now and appended from `since_ms` on and before `until_ms`; of partitions that have any.

    Times are the broker's, milliseconds since the epoch. RetryableError where it does not answer or has no topic.
    """
    with topic_reader(kafka, topic) as reader:
        spans: list[Span] = []
        numbers = partition_numbers(reader, kafka, topic)
        begins = _offsets(reader, topic, numbers, since_ms) if since_ms else {}
        ends = {} if until_ms is None else _offsets(reader, topic, numbers, until_ms)
        for number in numbers:
            low, high = log_ends(reader, topic, number, CALL_SECONDS)
            # -1: nothing was appended then or later.
            begin, end = begins.get(number, low), ends.get(number, -1)
            span = Span(number, high if begin < 0 else max(low, begin), high if end < 0 else min(high, end))
            if span.begin < span.end:
                spans.append(span)
        return spans


def read_spans(
    kafka: KafkaSettings, topic: str, spans: Sequence[Span], told: Callable[[int], None] = lambda _: None
) -> Iterator[Record]:
    """Every committed record of the spans; those of a partition in order. `told`: how many offsets more are done.

    RetryableError where the broker does not answer.
    """
    at = {span.partition: span.begin for span in spans}
    ends = {span.partition: span.end for span in spans}
    with topic_reader(kafka, topic) as reader:
        reader.assign([TopicPartition(topic, span.partition, span.begin) for span in spans])
        quiet_since = time.monotonic()
        while at:
            messages = reader.consume(_BATCH, 0.1)
            if messages:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > CALL_SECONDS:
                raise RetryableError(f"no answer from {kafka.bootstrap} within {CALL_SECONDS:.0f} s")
            before = sum(at.values())
            finished = 0
            for message in messages:
                number, problem = message.partition() or 0, message.error()
                if problem is not None and not is_end_of_partition(problem):
                    check_granted(problem, topic)
                    continue
                if number not in at:
                    continue
                offset = message.offset() or 0
                if problem is None and offset < ends[number]:
                    at[number] = offset + 1
                    yield Record.of(message)
                if problem is not None or offset + 1 >= ends[number]:
                    finished += ends[number]
                    del at[number]
                    reader.pause([TopicPartition(topic, number)])
            told(sum(at.values()) + finished - before)


def _offsets(reader: Consumer, topic: str, numbers: Sequence[int], at_ms: int) -> dict[int, int]:
    """By partition: the offset of the first record that was appended then or later; negative where there is none."""
    asked = [TopicPartition(topic, number, at_ms) for number in numbers]
    return {place.partition: place.offset for place in reader.offsets_for_times(asked, timeout=CALL_SECONDS)}
