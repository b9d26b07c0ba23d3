"""The audit log's head, kept where nobody who writes to the vault's store can: it tells when the log was cut off."""

import fcntl
import os
from pathlib import Path
from typing import Protocol

from sluice.errors import RetryableError
from sluice.vault.entry import Head, parse_head
from sluice.vault.errors import UnsoundLogError


class Anchor(Protocol):
    """One head, which only ever moves on."""

    def head(self) -> Head:
        """The last one that was kept; that of an empty log where there is none. Raises UnsoundLogError where it
        cannot be read as one, or RetryableError."""

    def advance(self, head: Head) -> None:
        """Keeps a head, durably, unless it has a later one. Raises RetryableError."""


class FileAnchor:
    """In a file, which should lie on another machine's disk, or another account's, than the vault's store."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def head(self) -> Head:
        """See `Anchor`."""
        try:
            text = self._path.read_text(encoding="ascii")
        except FileNotFoundError:
            return Head()
        except (OSError, ValueError) as error:
            raise RetryableError(f"the audit log's anchor cannot be read: {type(error).__name__}") from error
        try:
            return parse_head(text)
        except ValueError:
            raise UnsoundLogError(f"{self._path} is no anchor of an audit log") from None

    def advance(self, head: Head) -> None:
        """See `Anchor`. Writers take turns by a lock beside it."""
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.with_name(f"{self._path.name}.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self.head().seq >= head.seq:
                    return
                with beside.open("w", encoding="ascii") as file:
                    file.write(f"{head}\n")
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(self._path)
        except OSError as error:
            raise RetryableError(f"the audit log's anchor cannot be written: {error.strerror}") from error
