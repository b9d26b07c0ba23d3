"""Partitions that are not read on although their logs go on. Pure, but for the one function that asks.

librdkafka can lose sight of a partition whose leader has moved: nothing more of it is fetched, and nothing says so. A
process that ends is started again and reads on; one that only looks alive is worse.
"""

from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, KafkaException

from sluice.bus.ends import log_ends

Key = tuple[str, int]
"""Topic and partition number."""

LOOK_SECONDS = 15.0
_LOOKS = 3
"""So many in a row, with nothing moved between them."""
_ASK_SECONDS = 1.0


class Stalls:
    """Judges looks at how far each partition was read and where it ends."""

    def __init__(self, seconds: float = LOOK_SECONDS) -> None:
        """`seconds`: between two looks."""
        self._seconds = seconds
        self._since: dict[Key, tuple[int, int]] = {}
        self._looked = 0.0

    def due(self, now: float) -> bool:
        """Whether it is time for a look. `now`: seconds of a monotonic clock."""
        return now - self._looked >= self._seconds

    def see(self, now: float, positions: Mapping[Key, int], ends: Mapping[Key, int]) -> list[Key]:
        """The partitions that stand still short of their ends. `positions`: the next offset to read."""
        # Whoever was frozen has not had the time to read.
        if now - self._looked > 2 * self._seconds + _ASK_SECONDS:
            self._since = {}
        self._looked = now
        behind = {key: at for key, at in positions.items() if at < ends.get(key, at)}
        self._since = {
            key: (at, self._since[key][1] + 1 if self._since.get(key, (None, 0))[0] == at else 1)
            for key, at in behind.items()
        }
        return sorted(key for key, (_, looks) in self._since.items() if looks >= _LOOKS)


def find_ends(consumer: Consumer, keys: Iterable[Key]) -> Mapping[Key, int]:
    """Where the logs end for a reader of this isolation; nothing where a broker does not answer."""
    try:
        return {key: log_ends(consumer, *key, _ASK_SECONDS)[1] for key in keys}
    except KafkaException:
        return {}
