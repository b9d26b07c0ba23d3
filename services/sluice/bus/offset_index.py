"""Where the newest records of a topic lie, by request id, in little memory."""

from collections.abc import Sequence

_GENERATIONS = 8


class OffsetIndex:
    """At least the `most` newest ids of each partition, and at most an eighth more.

    An id costs about 150 bytes. Written by one thread, read by any.
    """

    def __init__(self, most: int) -> None:
        # Whole generations are let go: taking single entries off the front of a dict gets slower with each of them.
        self._per_generation = -(-most // _GENERATIONS)
        # By partition, newest generation first; replaced as a whole, so that a reader never sees it change.
        self._partitions: dict[int, Sequence[dict[bytes, int]]] = {}

    def add(self, partition: int, request_id: str, offset: int) -> None:
        """The id's record lies at this offset. An id in another form than a UUID's is not kept."""
        key = _key(request_id)
        if key is None:
            return
        generations = self._partitions.get(partition, ())
        if not generations or len(generations[0]) >= self._per_generation:
            generations = ({}, *generations[:_GENERATIONS])
            self._partitions[partition] = generations
        generations[0][key] = offset

    def find(self, partition: int, request_id: str) -> int | None:
        """The newest offset of this id, or None."""
        key = _key(request_id)
        if key is None:
            return None
        for generation in self._partitions.get(partition, ()):
            if key in generation:
                return generation[key]
        return None


def _key(request_id: str) -> bytes | None:
    """A quarter of the memory that the text would take."""
    try:
        return bytes.fromhex(request_id.replace("-", ""))
    except ValueError:
        return None
