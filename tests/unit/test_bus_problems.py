"""Error events of the client, told apart."""

import pytest
from confluent_kafka import KafkaError

from sluice.bus.problems import is_end_of_partition, is_fatal, is_timeout


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


def test_no_answer_in_time_is_not_any_other_trouble() -> None:
    assert is_timeout(KafkaError(KafkaError._TIMED_OUT))
    assert not is_timeout(KafkaError(KafkaError._TRANSPORT))
    assert not is_timeout(KafkaError(KafkaError.REQUEST_TIMED_OUT))
