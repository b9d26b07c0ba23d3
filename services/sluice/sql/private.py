"""A database's files, for their owner alone."""

import os
import stat
from pathlib import Path


def keep_private(path: Path) -> None:
    """Leaves the file, made where it is missing, and those that SQLite puts beside it to their owner alone.

    Call it before it is opened: SQLite gives the files beside it the same mode. Raises OSError.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        # By its name: a file of SQLite's that is opened and closed beside it loses its locks.
        for each in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))):
            _take_from_others(each)


def _take_from_others(path: Path) -> None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    # What is no file is somebody's mistake, and stays as it is.
    if stat.S_ISREG(found.st_mode) and found.st_mode & 0o077 and found.st_uid == os.geteuid():
        path.chmod(found.st_mode & 0o700)
