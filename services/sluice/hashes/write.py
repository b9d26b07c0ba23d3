"""Writing a file of hashes so that nobody ever sees half of one."""

import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from sluice.hashes.layout import Layout, Section, encode, lay_out

_STEP = 1 << 21
"""Bytes digested and written at a time, from one multiple of it in the file to the next: what fits into a core's
cache is read from memory once, and what is written as a whole large page is kept, and later mapped, as one. So no
page is ever written in parts, not where sections meet or come in turns either: that is a twentieth of a search's time
(measured)."""

_SYNC = 1 << 26
"""Bytes after which what was written goes to the disk, not at the end alone: whoever adds an entry to a store beside
a merge waits for all that waits for the disk then (half a second behind 1.8 GB; measured)."""


class _Page:
    """A large page that is filled bit by bit: kept until all that belongs into it is there."""

    def __init__(self, layout: Layout, start: int) -> None:
        self.bytes = bytearray(min(_STEP, layout.length - start))
        ends = ((one.offset, one.offset + one.length) for one in layout.sections.values())
        inside = ((max(first, start), min(last, start + _STEP)) for first, last in ends)
        self.missing = sum(max(0, last - first) for first, last in inside)


class HashFileWriter:
    """A file in the making, under another name in the same folder, until `finish` puts it in its place.

    Readers have the old file mapped: it is replaced by renaming, never changed, for a mapped file that is cut short
    ends its readers (SIGBUS). On the way out of a `with` block without `finish`, nothing is left.
    """

    def __init__(self, path: Path, sections: Sequence[Section]) -> None:
        """Takes the room for the whole file at once. Raises OSError where there is none."""
        self._path = path
        self._layout = lay_out(sections)
        self._written = dict.fromkeys(self._layout.sections, 0)
        self._digests = {name: hashlib.sha256() for name in self._layout.sections}
        self._pages: dict[int, _Page] = {}
        self._unsynced = 0
        self._temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        self._file = os.open(self._temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            os.posix_fallocate(self._file, 0, self._layout.length)
        except OSError:
            self._drop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file >= 0:
            self._drop()

    def append(self, name: str, values: npt.NDArray[Any]) -> None:
        """Adds values to a section. Raises ValueError for more than were announced."""
        section = self._layout.sections[name]
        view = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        if self._written[name] + len(view) > section.length:
            raise ValueError(f"section {name} is longer than announced")
        while view:
            offset = section.offset + self._written[name]
            part = view[: _STEP - offset % _STEP]
            self._digests[name].update(part)
            self._written[name] += len(part)
            view = view[len(part) :]
            if len(part) == _STEP:
                self._write(part, offset)
            else:
                self._keep(part, offset)

    def finish(self) -> bytes:
        """Writes the header and puts the file in its place, on the disk for good. Returns the header's SHA-256.

        Raises ValueError where a section is shorter than announced.
        """
        short = [name for name, one in self._layout.sections.items() if self._written[name] != one.length]
        if short:
            raise ValueError(f"sections shorter than announced: {', '.join(short)}")
        sections = {
            name: replace(section, sha256=self._digests[name].digest())
            for name, section in self._layout.sections.items()
        }
        header = encode(Layout(sections, self._layout.length, b""))
        self._pages.setdefault(0, _Page(self._layout, 0)).bytes[: len(header)] = header
        for start, page in self._pages.items():
            self._write(memoryview(page.bytes), start)
        os.fsync(self._file)
        os.close(self._file)
        self._file = -1
        self._temporary.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return header[32:64]

    def _keep(self, part: memoryview, offset: int) -> None:
        start = offset // _STEP * _STEP
        page = self._pages.get(start) or _Page(self._layout, start)
        self._pages[start] = page
        page.bytes[offset - start : offset - start + len(part)] = part
        page.missing -= len(part)
        # The first waits for the header.
        if not page.missing and start:
            self._write(memoryview(self._pages.pop(start).bytes), start)

    def _write(self, part: memoryview, offset: int) -> None:
        self._unsynced += len(part)
        if self._unsynced > _SYNC:
            os.fdatasync(self._file)
            self._unsynced = len(part)
        while part:
            done = os.pwrite(self._file, part, offset)
            part, offset = part[done:], offset + done

    def _drop(self) -> None:
        os.close(self._file)
        self._file = -1
        self._temporary.unlink(missing_ok=True)
