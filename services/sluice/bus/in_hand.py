"""How much a group member has in hand, and which topics it must not read further for now. Pure.

What is in hand is bounded per topic, by count and by bytes: at the limit the topic is paused, until half of it is
done. A less urgent topic is paused, too, while a more urgent one fills half of its own room or more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_OVERHEAD = 512
"""Bytes that a record takes beside its key, value and headers, by estimate."""


@dataclass(slots=True)
class _Topic:
    count: int = 0
    bytes: int = 0
    full: bool = False
    yields: bool = False


class InHand:
    """The records in hand, by topic. `topics`: the most urgent first."""

    def __init__(self, topics: Sequence[str], most: int, most_bytes: int) -> None:
        """`most`: records of one topic, `most_bytes`: of them together; a larger record passes where it is alone."""
        self._topics = {topic: _Topic() for topic in topics}
        self._most = most
        self._most_bytes = most_bytes

    def take(self, topic: str, size: int) -> None:
        """Takes a record of `size` bytes in hand."""
        held = self._topics[topic]
        held.count += 1
        held.bytes += size + _OVERHEAD

    def grow(self, topic: str, size: int) -> None:
        """A record in hand has become `size` bytes larger: by what it caused."""
        self._topics[topic].bytes += size

    def give(self, topic: str, size: int) -> None:
        """Lets a record go. `size`: as taken, and grown."""
        held = self._topics[topic]
        held.count -= 1
        held.bytes -= size + _OVERHEAD

    def count(self, topic: str) -> int:
        """Records in hand."""
        return self._topics[topic].count

    def bytes(self, topic: str) -> int:
        """Bytes in hand."""
        return self._topics[topic].bytes

    def full(self, topic: str) -> bool:
        """Whether the topic's own room is used up."""
        return self._filled(self._topics[topic]) >= 1.0

    def paused(self) -> frozenset[str]:
        """The topics that must not be read now. What is paused stays so until there is half of its room again."""
        urgent = 0.0
        for held in self._topics.values():
            filled = self._filled(held)
            held.full = filled >= 1.0 or (held.full and filled > 0.5)
            held.yields = urgent >= 0.5 or (held.yields and urgent > 0.25)
            urgent = max(urgent, filled)
        return frozenset(topic for topic, held in self._topics.items() if held.full or held.yields)

    def _filled(self, held: _Topic) -> float:
        return max(held.count / self._most, held.bytes / self._most_bytes)
