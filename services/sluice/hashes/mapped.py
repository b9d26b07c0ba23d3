"""The bytes of a file, mapped; small files are copied."""

import contextlib
import mmap
import os
import threading
import weakref
from pathlib import Path

from sluice.hashes.layout import HashFileError

COPIED = 4 << 20
"""Files up to this size are read into memory: 4 MiB take a millisecond, and nothing that happens to the file
afterwards matters."""

_STEP = 1 << 26
"""Bytes in one read: the system reads no more than two gigabytes at once."""


def mapped(path: Path, copied: bool = False) -> memoryview:
    """The whole file, read-only, for as long as anybody holds on to it.

    `copied`: read a large file into memory too, in large pages where the system has them. That takes its size in
    memory of this process alone, and half a second a gigabyte; a search is then a fifth faster on systems that map
    files in small pages only, and takes the same time where they have large ones for files (measured: Linux 6.18 with
    ext4).

    A mapped file must not be cut short while it is in use: the system ends a process that reads what is gone
    (SIGBUS). Replace it by renaming, as `build` does; then the old content stays until its last reader lets go.
    Raises OSError, and HashFileError for what is no file or is empty.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not path.is_file() or not size:
            raise HashFileError("too short for a file of hashes")
        if size > COPIED and not copied:
            whole = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
            _in_large_pages(whole)
            # Whoever lets go of a removed file last waits until the system has freed it, 0.8 s for 1.8 GB: that must
            # be nobody who holds the interpreter's lock.
            weakref.finalize(whole, _let_go, os.dup(file.fileno())).atexit = False
            return memoryview(whole)
        # Not a bytes object: a mapping begins at a page, and sections are aligned from there.
        copy = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if size > COPIED:
            _in_large_pages(copy)
        done = 0
        while count := file.readinto(memoryview(copy)[done : done + _STEP]):
            done += count
        if done != size:
            raise HashFileError("the file was cut short while it was read")
        return memoryview(copy).toreadonly()


def _let_go(file: int) -> None:
    try:
        threading.Thread(target=os.close, args=(file,), name="let-go", daemon=True).start()
    except RuntimeError:
        # No thread can be started: the wait is the lesser evil, for the file's disk space would never come back.
        os.close(file)


def _in_large_pages(memory: mmap.mmap) -> None:
    """A search reads all over the file, and would look up most of its small pages anew each time. A wish: systems
    without large pages, or without them for files, leave it unfulfilled."""
    with contextlib.suppress(OSError, AttributeError):
        memory.madvise(mmap.MADV_HUGEPAGE)
