"""What a consumer group does with its records, in numbers: how many, how long, how many in hand and behind."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from sluice.host.hops import DEAD_LETTER, DONE, NOTHING
from sluice.telemetry.metrics import Adds, Metrics
from sluice.v1.dead_letter_pb2 import DeadLetterReason

RETRIED: Final = "retried"
_OUTCOMES: Final = (DONE, NOTHING, DEAD_LETTER, RETRIED)
_REASON: Final = "DEAD_LETTER_REASON_"


class Reads(Protocol):
    """The part of a group member that this looks at, from any thread."""

    def in_hand(self, topic: str) -> int:
        """Records of a topic that are read and not let go."""

    def lag(self, topic: str) -> int:
        """Records of a topic behind the end, over the partitions that it holds."""


class RecordCounts:
    """Counts for one worker. Every counter is there from the start, at 0."""

    def __init__(self, metrics: Metrics, topics: Sequence[str]) -> None:
        self._metrics = metrics
        # Plain strings: an enumeration's members are shown otherwise.
        self._topics = [str(topic) for topic in topics]
        about = "Records, by how they ended; retried: each further try."
        self._ended = {
            (topic, outcome): metrics.counter("records", about, {"topic": topic, "outcome": outcome})
            for topic in self._topics
            for outcome in _OUTCOMES
        }
        about = "From taking a record in hand until what it caused was handed over."
        self._seconds = {
            topic: metrics.histogram("record_seconds", about, {"topic": topic}) for topic in self._topics
        }
        self._buried = buried_counters(metrics, self._topics, reason_names())

    def ended(self, topic: str, outcome: str, seconds: float) -> None:
        """A record is done with. `outcome`: DONE, NOTHING or DEAD_LETTER."""
        self._ended[topic, outcome].inc()
        # Clocks are set now and then.
        self._seconds[topic].observe(max(0.0, seconds))

    def retried(self, topic: str) -> None:
        """A record will be tried again."""
        self._ended[topic, RETRIED].inc()

    def buried(self, topic: str, reason: str) -> None:
        """A record became a dead letter. `reason`: a name of `reason_names`."""
        self._buried[topic, reason].inc()

    def watch(self, reader: Reads, group: str) -> None:
        """What is in hand, and how far it is behind, is asked of `reader` from now on."""
        about = "Records that are read and not done; with transactions, not published."
        for topic in self._topics:
            self._metrics.gauge_of("records_in_hand", about, _of(reader.in_hand, topic), {"topic": topic})
            watch_lag(self._metrics, reader.lag, topic, group)


def watch_lag(metrics: Metrics, lag: Callable[[str], int], topic: str, group: str) -> None:
    """Tells how far a group's member is behind the end of its partitions of a topic."""
    about = "Offsets up to the end that are not done, over the partitions that this process holds."
    metrics.gauge_of("consumer_lag", about, _of(lag, topic), {"topic": topic, "group": group})


def buried_counters(metrics: Metrics, topics: Sequence[str], reasons: Sequence[str]) -> dict[tuple[str, str], Adds]:
    """A counter of dead letters for each topic that they come from, and reason."""
    about = "Dead letters, by the topic of the record and why."
    return {
        (topic, reason): metrics.counter("dead_letters", about, {"topic": topic, "reason": reason})
        for topic in topics
        for reason in reasons
    }


def reason_names() -> list[str]:
    """Why something is a dead letter, as operators know it."""
    return [name.removeprefix(_REASON) for name, number in DeadLetterReason.items() if number]


def reason_name(number: int) -> str:
    """The name of one of them."""
    return DeadLetterReason.Name(DeadLetterReason.ValueType(number)).removeprefix(_REASON)


def _of(read: Callable[[str], int], topic: str) -> Callable[[], float]:
    return lambda: float(read(topic))
