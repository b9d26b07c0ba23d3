"""Several wrapping keys, in files or with key services: the last one wraps, each unwraps its own."""

from collections.abc import Sequence

from sluice.vault.errors import MissingKeyError
from sluice.vault.keys import KeyWrapper, Wrapped


class SeveralKeys:
    """For the time of a rotation, or of a move from a file to a key service."""

    def __init__(self, wrappers: Sequence[KeyWrapper]) -> None:
        """At least one."""
        self._wrappers = tuple(wrappers)

    @property
    def key_id(self) -> str:
        """Of the last one."""
        return self._wrappers[-1].key_id

    def wrap(self, key: bytes, about: str) -> Wrapped:
        """By the last one."""
        return self._wrappers[-1].wrap(key, about)

    def unwrap(self, wrapped: Wrapped, about: str) -> bytes:
        """By the one that has the key. Raises MissingKeyError where none has it."""
        for wrapper in reversed(self._wrappers):
            try:
                return wrapper.unwrap(wrapped, about)
            except MissingKeyError:
                continue
        raise MissingKeyError(
            f"none of the keys in SLUICE_VAULT_KEY is {wrapped.key_id!r}, which wraps {about}: name it again, before "
            "the others. Nothing is lost while that key exists"
        )

    def close(self) -> None:
        """All of them."""
        for wrapper in self._wrappers:
            wrapper.close()
