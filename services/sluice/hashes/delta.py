"""The delta: a file that changes are appended to, which many read while one writes.

A frame is a magic word, the length of the payload, a CRC-32 of these two, a SHA-256, and the payload. The SHA-256 is
of the one before it and the payload; the first one's predecessor is the delta's seed. So the last of them stands for
every change, and a frame of another delta, or in another place, is none.

What a writer that died left at the end is a frame without its end: it was never acknowledged, readers do not see it,
and the next writer cuts it off. Anything else that is no frame is damage.
"""

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sluice.hashes.change import Change, HashStoreError, decode_change, encode_change

ANEW = "build the store anew from its lists: `sluice hashes build` with those of all its banks at once"
"""What makes a sound store of a damaged one."""

MOST_PAYLOAD = 16 << 20
_MAGIC = b"SLXD"
_FIXED = struct.Struct("<4sI")
_CRC = struct.Struct("<I")
_DIGEST = 32
FRAME = _FIXED.size + _CRC.size + _DIGEST
"""Bytes of a frame beside its payload."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader of a delta stands: behind a whole frame. `chain`: the SHA-256 of that frame, or the seed."""

    offset: int
    chain: bytes


def seed(base: bytes, generation: int) -> bytes:
    """What a delta's first frame follows. `base`: the digest of the file under it; empty for none."""
    return hashlib.sha256(b"sluice delta\n%d\n" % generation + base).digest()


def frame(place: Place, change: Change) -> tuple[bytes, Place]:
    """The frame that stands there, and the place behind it. Raises ValueError for a change that is too large."""
    payload = encode_change(change)
    if len(payload) > MOST_PAYLOAD:
        raise ValueError(f"a change of more than {MOST_PAYLOAD} bytes")
    fixed = _FIXED.pack(_MAGIC, len(payload))
    chain = hashlib.sha256(place.chain + payload).digest()
    data = fixed + _CRC.pack(zlib.crc32(fixed)) + chain + payload
    return data, Place(place.offset + len(data), chain)


def raw_frames(file: int, place: Place) -> Iterator[tuple[bytes, Place]]:
    """The payload of every whole frame from there to the end as it is now, each with the place behind it.

    `file`: descriptor. Raises HashStoreError for damage, OSError.
    """
    size = os.fstat(file).st_size
    while (found := _frame(file, place, size)) is not None:
        yield found
        place = found[1]


def read_frames(file: int, place: Place) -> Iterator[tuple[Change, Place]]:
    """The same, decoded."""
    return ((decode_change(payload), behind) for payload, behind in raw_frames(file, place))


def _frame(file: int, place: Place, size: int) -> tuple[bytes, Place] | None:
    left = size - place.offset
    if left < FRAME:
        return None
    head = os.pread(file, FRAME, place.offset)
    magic, length = _FIXED.unpack_from(head.ljust(FRAME, b"\0"))
    fixed = head[: _FIXED.size]
    if len(head) < FRAME or magic != _MAGIC or _CRC.unpack_from(head, _FIXED.size)[0] != zlib.crc32(fixed):
        _refuse_unless_nought(file, place, size)
        return None
    if length > MOST_PAYLOAD:
        raise _damaged(place)
    if left < FRAME + length:
        return None
    payload = os.pread(file, length, place.offset + FRAME)
    chain = hashlib.sha256(place.chain + payload).digest()
    if chain != head[-_DIGEST:]:
        if left > FRAME + length:
            raise _damaged(place)
        # The last write: its pages may have come to the disk out of order.
        return None
    return payload, Place(place.offset + FRAME + length, chain)


def _refuse_unless_nought(file: int, place: Place, size: int) -> None:
    """Room that a write took before the power went holds nothing but nought; anything else is damage."""
    offset = place.offset
    while offset < size and (part := os.pread(file, 1 << 20, offset)):
        if any(part):
            raise _damaged(place)
        offset += len(part)


def _damaged(place: Place) -> HashStoreError:
    return HashStoreError(f"the delta is damaged at byte {place.offset}: {ANEW}")


def spoiled(file: int, place: Place) -> bool:
    """Whether a frame of full length stands there whose content is another than was written: the machine stopped
    while it was being written, or it was damaged since. A writer that was merely killed leaves none such."""
    size = os.fstat(file).st_size
    head = os.pread(file, FRAME, place.offset)
    if len(head) < FRAME or _CRC.unpack_from(head, _FIXED.size)[0] != zlib.crc32(head[: _FIXED.size]):
        return False
    magic, length = _FIXED.unpack_from(head)
    whole = magic == _MAGIC and size == place.offset + FRAME + length
    return whole and _frame(file, place, size) is None
