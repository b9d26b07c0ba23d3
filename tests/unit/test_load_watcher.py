"""Whoever watches a run says when he cannot: what he did not see from then on is not unanswered."""

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from sluice.errors import RetryableError
from sluice.load.clock import Clock
from sluice.load.road import Road
from sluice.load.watcher import Watcher
from tests.unit.load_runs import tally


class Reader:
    """A consumer that gives nothing until it breaks."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def poll(self, _seconds: float) -> None:
        raise self._error

    def close(self) -> None:
        """Has nothing to do."""


def watched(error: Exception) -> Watcher:
    """One whose reader has broken."""
    reader: Any = Reader(error)
    found = Watcher(reader, Road("requests"), tally([0.0]))
    found.start(Clock())
    found._thread.join()
    return found


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN)), "All broker connections are down"),
        (ZeroDivisionError("what a record held"), "ZeroDivisionError at test_load_watcher.py:"),
    ],
)
def test_a_thread_that_ended_is_no_silence_of_the_service(error: Exception, said: str) -> None:
    found = watched(error)
    with pytest.raises(RetryableError, match=said) as caught:
        found.check()
    assert "what a record held" not in str(caught.value)
    found.close()


def test_one_that_was_closed_has_not_failed() -> None:
    reader: Any = Reader(ZeroDivisionError())
    found = Watcher(reader, Road("requests"), tally([0.0]))
    found._stop.set()
    found.start(Clock())
    found.close()
    found.check()
