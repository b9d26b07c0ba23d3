"""The bytes of a file, mapped; small files are copied."""

import mmap
import os
from pathlib import Path

from sluice.hashes.layout import HashFileError

COPIED = 4 << 20
"""Files up to this size are read into memory: 4 MiB take a millisecond, and nothing that happens to the file
afterwards matters."""


def mapped(path: Path) -> memoryview:
    """The whole file, read-only, for as long as anybody holds on to it.

    A mapped file must not be cut short while it is in use: the system ends a process that reads what is gone
    (SIGBUS). Replace it by renaming, as `build` does; then the old content stays until its last reader lets go.
    Raises OSError, and HashFileError for what is no file or is empty.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not path.is_file() or not size:
            raise HashFileError("too short for a file of hashes")
        if size > COPIED:
            return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))
        # Not a bytes object: a mapping begins at a page, and sections are aligned from there.
        copy = mmap.mmap(-1, size)
        if file.readinto(copy) != size:
            raise HashFileError("the file was cut short while it was read")
        return memoryview(copy).toreadonly()
