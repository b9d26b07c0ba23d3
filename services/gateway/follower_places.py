"""Where the log has what about a request: places by request id, of the newest requests, in little memory."""

import struct
import threading
from dataclasses import dataclass
from typing import Final

from sluice.bus.topics import Topic

MOST_VERDICTS: Final = 32
"""Of a request that are kept: a check writes one, and another when a worker died in between."""
_GENERATIONS: Final = 8
_NONE: Final = -1
_HEAD: Final = struct.Struct("<qiqq")


@dataclass(frozen=True, slots=True)
class Places:
    """Offsets of a request's records, all on one partition number. `at_ms`: when the newest of them was appended."""

    partition: int
    at_ms: int
    decision: int | None = None
    signed: int | None = None
    verdicts: tuple[int, ...] = ()


class PlacesIndex:
    """The `most` newest requests, and up to an eighth more; none whose last record is older than `keep_ms`.

    A request costs about 250 bytes. Safe on any thread.
    """

    def __init__(self, most: int, keep_ms: int) -> None:
        self._keep_ms = keep_ms
        # Whole generations are let go: taking single entries off the front of a dict gets slower with each of them.
        self._per_generation = -(-most // _GENERATIONS)
        self._generations: list[dict[bytes, bytes]] = [{}]
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(map(len, self._generations))

    def add(self, topic: str, partition: int, request_id: str, offset: int, at_ms: int) -> None:
        """A record of this request lies there. `at_ms`: its append time. What has no UUID is not kept."""
        key = _key(request_id)
        if key is None:
            return
        with self._lock:
            generation = next((one for one in self._generations if key in one), self._generations[0])
            found = _unpacked(generation[key]) if key in generation else Places(partition, at_ms)
            generation[key] = _packed(_with(found, topic, offset, at_ms))
            if len(self._generations[0]) >= self._per_generation:
                self._generations = [{}, *self._generations[:_GENERATIONS]]

    def find(self, request_id: str, now_ms: int) -> Places | None:
        """What is known of this request now."""
        key = _key(request_id)
        if key is None:
            return None
        with self._lock:
            packed = next((one[key] for one in self._generations if key in one), None)
        found = None if packed is None else _unpacked(packed)
        return found if found is not None and now_ms - found.at_ms <= self._keep_ms else None


def _with(found: Places, topic: str, offset: int, at_ms: int) -> Places:
    decision, signed, verdicts = found.decision, found.signed, found.verdicts
    if topic == Topic.DECISIONS:
        decision = offset
    elif topic == Topic.SIGNED:
        signed = offset
    elif offset not in verdicts and len(verdicts) < MOST_VERDICTS:
        verdicts = tuple(sorted((*verdicts, offset)))
    return Places(found.partition, max(found.at_ms, at_ms), decision, signed, verdicts)


def _packed(found: Places) -> bytes:
    head = _HEAD.pack(found.at_ms, found.partition, _or_none(found.decision), _or_none(found.signed))
    return head + struct.pack(f"<{len(found.verdicts)}q", *found.verdicts)


def _unpacked(packed: bytes) -> Places:
    at_ms, partition, decision, signed = _HEAD.unpack_from(packed)
    verdicts = struct.unpack_from(f"<{(len(packed) - _HEAD.size) // 8}q", packed, _HEAD.size)
    return Places(partition, at_ms, _maybe(decision), _maybe(signed), verdicts)


def _or_none(offset: int | None) -> int:
    return _NONE if offset is None else offset


def _maybe(offset: int) -> int | None:
    return None if offset == _NONE else offset


def _key(request_id: str) -> bytes | None:
    try:
        key = bytes.fromhex(request_id.replace("-", ""))
    except ValueError:
        return None
    return key if len(key) == 16 else None
