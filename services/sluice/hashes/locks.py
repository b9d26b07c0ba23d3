"""One writer at a time: locks that end with the process that holds them."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sluice.hashes.change import StoreBusyError

WRITE = "write.lock"
"""Held while a change is appended and while a new base takes the old one's place: for milliseconds."""
MERGE = "merge.lock"
"""Held while a new base is built. Changes can be appended meanwhile."""

_LOOK_SECONDS = 0.02


@contextmanager
def locked(folder: Path, name: str, seconds: float) -> Iterator[None]:
    """Holds a lock of the store. Raises StoreBusyError where another process holds it for longer than `seconds`."""
    file = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    try:
        _take(file, folder / name, time.monotonic() + seconds)
        yield
    finally:
        os.close(file)


def _take(file: int, path: Path, end: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= end:
                raise StoreBusyError(f"another process holds {path}: try again when it is done") from error
            time.sleep(_LOOK_SECONDS)
        else:
            return
