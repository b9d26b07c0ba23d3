"""Error events of the client, told apart."""

import pytest
from confluent_kafka import KafkaError

from sluice.bus.problems import is_end_of_partition, is_fatal


@pytest.mark.parametrize(
    ("error", "end", "fatal"),
    [
        (KafkaError(KafkaError._PARTITION_EOF), True, False),
        (KafkaError(KafkaError._FATAL), False, True),
        (KafkaError(KafkaError._FENCED, "fenced", fatal=True), False, True),
        (KafkaError(KafkaError._TRANSPORT), False, False),
    ],
    ids=["end", "fatal-by-code", "fatal-by-flag", "trouble"],
)
def test_what_an_event_means(error: KafkaError, end: bool, fatal: bool) -> None:
    assert (is_end_of_partition(error), is_fatal(error)) == (end, fatal)
