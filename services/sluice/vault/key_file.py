"""Wrapping keys in a file, for development and for who mounts a secret: one line each, the last one wraps.

    2026-11 4f0c...64 hex digits
    2027-01 91ab...

Older lines stay for as long as anything is wrapped by them (`sluice vault rewrap`).
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sluice.errors import ConfigError
from sluice.vault.envelope import KEY_BYTES
from sluice.vault.errors import MissingKeyError, TamperedError
from sluice.vault.keys import Wrapped

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NONCE_BYTES = 12


class FileKeys:
    """AES-256-GCM under the file's keys. Has no repr that tells them."""

    def __init__(self, keys: Mapping[str, bytes], current: str, where: str) -> None:
        self._keys = dict(keys)
        self._current = current
        self._where = where

    def __repr__(self) -> str:
        return f"<{len(self._keys)} wrapping keys in a file>"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises ConfigError for a file that is missing or says something else; it never repeats a line."""
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except (OSError, ValueError) as error:
            raise ConfigError(
                [f"{path}: {type(error).__name__}; `sluice vault new-key {path}` makes one for development"]
            ) from error
        keys: dict[str, bytes] = {}
        for number, line in enumerate(lines, 1):
            name, _, text = line.strip().partition(" ")
            if not name:
                continue
            if not _ID.fullmatch(name) or not re.fullmatch(r"[0-9a-f]{64}", text) or name in keys:
                raise ConfigError([f"{path}, line {number}: should be a new name, a space, and 64 hex digits"])
            keys[name] = bytes.fromhex(text)
        if not keys:
            raise ConfigError([f"{path} holds no key; `sluice vault new-key {path}` adds one"])
        return cls(keys, list(keys)[-1], str(path))

    @property
    def key_id(self) -> str:
        """The name on the last line."""
        return self._current

    def wrap(self, key: bytes, about: str) -> Wrapped:
        """Never fails."""
        nonce = os.urandom(_NONCE_BYTES)
        data = AESGCM(self._keys[self._current]).encrypt(nonce, key, _associated(self._current, about))
        return Wrapped(self._current, nonce + data)

    def unwrap(self, wrapped: Wrapped, about: str) -> bytes:
        """By a key that was added since as well. Raises MissingKeyError or TamperedError."""
        key = self._keys.get(wrapped.key_id) or self._added(wrapped.key_id)
        if key is None:
            raise MissingKeyError(
                f"{self._where} has no key {wrapped.key_id!r}, which wraps {about}: put its line back. Nothing is "
                "lost while that key exists"
            )
        nonce, data = wrapped.data[:_NONCE_BYTES], wrapped.data[_NONCE_BYTES:]
        try:
            found = AESGCM(key).decrypt(nonce, data, _associated(wrapped.key_id, about))
        except (InvalidTag, ValueError):
            raise TamperedError(f"the key of {about} is not what {wrapped.key_id!r} has wrapped") from None
        if len(found) != KEY_BYTES:
            raise TamperedError(f"the key of {about} has a wrong length")
        return found

    def close(self) -> None:
        """Nothing to let go of."""

    def _added(self, name: str) -> bytes | None:
        """Others wrap by a new key, and rewrap, while this one runs."""
        try:
            found = FileKeys.read(Path(self._where))._keys.get(name)  # noqa: SLF001 - its own class
        except ConfigError:
            return None
        if found is not None:
            self._keys[name] = found
        return found


def add_key(path: Path, name: str) -> None:
    """Adds a new key to a file, which then wraps; makes the file, readable by its owner alone.

    The old lines stay. All or nothing, on the disk when it returns. Raises ConfigError for a name that is taken or
    none, and for a file that cannot be read or written.
    """
    before = ""
    if path.exists():
        if name in FileKeys.read(path)._keys:  # noqa: SLF001 - its own class
            raise ConfigError([f"{path} has a key {name!r} already: give the new one another name"])
        before = path.read_text(encoding="ascii").rstrip("\n") + "\n"
    if not _ID.fullmatch(name):
        raise ConfigError([f"{name!r} should be 1 to 64 letters, digits, dots, dashes or underscores"])
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, f"{before}{name} {os.urandom(KEY_BYTES).hex()}\n".encode("ascii"))
            os.fsync(file)
        finally:
            os.close(file)
        beside.replace(path)
    except OSError as error:
        raise ConfigError([f"{path}: cannot be written: {error.strerror}"]) from error


def _associated(key_id: str, about: str) -> bytes:
    return f"sluice-vault-key/1|{key_id}|{about}".encode()
