"""Pictures made before the clock starts, and how requests carry them.

By reference, they lie in the object store, as a generator leaves what it has drawn; inline, in a file of ours, so
that their number is bounded by the disk and not by memory.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Protocol, TypeVar

from sluice.load.material import Pictures
from sluice.objects import ObjectStore, original_key
from sluice.v1.request_pb2 import Content, ObjectReference, Role

T = TypeVar("T")

_AT_ONCE = 64
_THREADS = min(4, os.cpu_count() or 1)

Told = Callable[[int], None]
"""Hears how many more are done."""
Stopped = Callable[[], bool]
"""Whether to make no more of them."""


class Held(Protocol):
    """Pictures by number, as contents of requests. A number beyond the last begins anew from the first."""

    def content(self, number: int, role: Role.ValueType) -> Content:
        """One of them."""
        ...


class NoPictures:
    """For mixes that want none."""

    def content(self, number: int, role: Role.ValueType) -> Content:
        """Raises LookupError."""
        raise LookupError(f"picture {number} for role {role}: there are none")


class Referenced:
    """In the object store."""

    def __init__(self, references: Sequence[ObjectReference]) -> None:
        self._references = references

    @classmethod
    def make(
        cls, pictures: Pictures, first: int, count: int, store: ObjectStore, told: Told, stopped: Stopped
    ) -> "Referenced":
        """Makes and stores `count` of them, from number `first` on. RetryableError where the store does not take one.

        They lie where ingest keeps originals, so it finds each and need not write it again: that write was the
        generator's. They stay there, as any original does, until the store's own expiry.
        """

        def put(number: int) -> ObjectReference:
            data = pictures.jpeg(number)
            sha256 = hashlib.sha256(data).digest()
            return store.put_now(original_key(sha256), data, "image/jpeg", sha256)

        return cls(list(_each(put, first, count, told, stopped)))

    def content(self, number: int, role: Role.ValueType) -> Content:
        return Content(role=role, reference=self._references[number % len(self._references)])


class Inline:
    """In an unnamed file, read as they are sent: from the page cache, in tens of microseconds."""

    def __init__(self, fd: int, spans: Sequence[tuple[int, int]]) -> None:
        self._fd = fd
        self._spans = spans

    @classmethod
    @contextmanager
    def make(cls, pictures: Pictures, first: int, count: int, told: Told, stopped: Stopped) -> "Iterator[Inline]":
        """Makes `count` of them, from number `first` on; the file goes in the end."""
        spans: list[tuple[int, int]] = []
        with TemporaryFile() as file:
            at = 0
            for data in _each(pictures.jpeg, first, count, told, stopped):
                file.write(data)
                spans.append((at, len(data)))
                at += len(data)
            file.flush()
            yield cls(file.fileno(), spans)

    def content(self, number: int, role: Role.ValueType) -> Content:
        at, length = self._spans[number % len(self._spans)]
        return Content(role=role, image=os.pread(self._fd, length, at))


def _each(make: Callable[[int], T], first: int, count: int, told: Told, stopped: Stopped) -> Iterator[T]:
    """`make` of every number, in order, several at once and few enough to bound the memory."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for begin in range(first, first + count, _AT_ONCE):
            if stopped():
                return
            numbers = range(begin, min(begin + _AT_ONCE, first + count))
            yield from pool.map(make, numbers)
            told(len(numbers))
