"""Request ids, and the partition that each of them lives on; names of accounts and tenants."""

import re
import uuid
from typing import Final

_M = 0x5BD1E995
_R = 24
_SEED = 0x9747B28C
_WORD = 0xFFFFFFFF

LONGEST_SUBJECT: Final = 255
"""Characters of an account id or a tenant: what a report about it has room for."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

RELEASED = uuid.UUID("2c0a3f0e-6a77-5d5c-8a54-5b0a5d1f0c3e")
"""Namespace of released requests' ids: releasing twice is the same request, and so one decision."""


def parse_request_id(text: str) -> str | None:
    """The id in canonical form (lower case, hyphens), or None where `text` is not a UUID in text form."""
    if len(text) != 36:
        return None
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def subject_problem(name: str) -> str:
    """Why this names no account and no tenant; empty where it may. The empty name is nobody's."""
    if len(name) > LONGEST_SUBJECT:
        return f"has {len(name)} characters, at most {LONGEST_SUBJECT}"
    return "holds a control character" if _CONTROL.search(name) else ""


def new_request_id() -> str:
    """A fresh random id (UUID version 4)."""
    return str(uuid.uuid4())


def released_id(request_id: str) -> str:
    """The id under which a released request is decided."""
    return str(uuid.uuid5(RELEASED, request_id))


def murmur2(data: bytes) -> int:
    """The 32-bit MurmurHash2 that Kafka's Java client partitions by, unsigned."""
    length = len(data)
    h = _SEED ^ length
    whole = length - length % 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * _M & _WORD
        k ^= k >> _R
        h = (h * _M & _WORD) ^ (k * _M & _WORD)
    tail = data[whole:]
    if tail:
        h ^= int.from_bytes(tail, "little")
        h = h * _M & _WORD
    h ^= h >> 13
    h = h * _M & _WORD
    return h ^ h >> 15


def partition_for(request_id: str, partitions: int) -> int:
    """The partition number of a request, as the Java client's default partitioner computes it from the key."""
    return (murmur2(request_id.encode()) & 0x7FFFFFFF) % partitions
