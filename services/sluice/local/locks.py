"""Advisory locks on files: they end with their holder, whichever way it dies."""

import fcntl
import os
import time
from pathlib import Path
from typing import Self

_AGAIN_SECONDS = 0.02


class FileLock:
    """An exclusive lock that was taken. Children that inherit `fd` hold it too, until the last is gone."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @property
    def fd(self) -> int:
        """The open file, for `pass_fds` of a child that shall hold the lock as well."""
        return self._fd

    @classmethod
    def take(cls, path: Path, seconds: float = 0.5) -> Self | None:
        """The lock, or None where somebody else still holds it after `seconds`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        give_up = time.monotonic() + seconds
        while not _flock(fd, fcntl.LOCK_EX):
            if time.monotonic() >= give_up:
                os.close(fd)
                return None
            time.sleep(_AGAIN_SECONDS)
        return cls(fd)

    def release(self) -> None:
        """Lets go. A child that inherited the lock still holds it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def is_held(path: Path) -> bool:
    """Whether a process holds the lock now."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _flock(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


def _flock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
