"""A data key on the shelf, wrapped: numbered, the highest number counts. A rewrap adds one and removes the others."""

import os

from sluice.errors import RetryableError
from sluice.objects import NotFoundError, TooLargeError
from sluice.vault.envelope import KEY_BYTES
from sluice.vault.errors import TamperedError
from sluice.vault.keys import KeyWrapper, Wrapped
from sluice.vault.shelf import Shelf, remove

_MOST = 16384
_TRIES = 16


class KeySeries:
    """One data key. `folder`: where its wrappings lie; `about`: what they are bound to."""

    def __init__(self, shelf: Shelf, wrapper: KeyWrapper, folder: str, about: str) -> None:
        self._shelf = shelf
        self._wrapper = wrapper
        self._folder = folder
        self._about = about

    def get(self) -> bytes | None:
        """The key; None where there is none on the shelf.

        Raises MissingKeyError, TamperedError, NotReadyError or RetryableError.
        """
        found = self._newest()
        return None if found is None else self._wrapper.unwrap(found[1], self._about)

    def made(self) -> bytes:
        """The key, a new one where there is none. Of several that make one, all get the same. Raises as `get`."""
        if self._newest() is None:
            wrapped = self._wrapper.wrap(os.urandom(KEY_BYTES), self._about)
            self._shelf.create_now(_key(self._folder, 1), wrapped.encode())
        # Not the one that was made: another may have been first, and it may have been rewrapped since.
        found = self.get()
        if found is None:
            raise TamperedError(f"the key of {self._about} went away as soon as it was there")
        return found

    def rewrap(self) -> bool:
        """Wraps the key by the wrapper's current one; False where that wraps it already, or there is none.

        The old wrapping is removed once the new one was read back and unwrapped. Raises as `get`.
        """
        found = self._newest()
        if found is None:
            return False
        number, before = found
        if before.key_id == self._wrapper.key_id:
            self._remove_below(number)
            return False
        key = self._wrapper.unwrap(before, self._about)
        self._shelf.create_now(_key(self._folder, number + 1), self._wrapper.wrap(key, self._about).encode())
        newest = self._newest()
        if newest is None or self._wrapper.unwrap(newest[1], self._about) != key:
            raise TamperedError(f"the key of {self._about} is another one after it was wrapped anew")
        self._remove_below(newest[0])
        return True

    def wrapped_by(self) -> str:
        """Id of the key that wraps it; empty where there is none. Raises TamperedError or RetryableError."""
        found = self._newest()
        return "" if found is None else found[1].key_id

    def _newest(self) -> tuple[int, Wrapped] | None:
        for _ in range(_TRIES):
            keys = self._shelf.keys_now(self._folder)
            if not keys:
                return None
            number = keys[-1].rpartition("/")[2]
            if not number.isdecimal() or keys[-1] != _key(self._folder, int(number)):
                raise TamperedError(f"{self._folder} holds what is no key")
            try:
                return int(number), Wrapped.decode(self._shelf.read_now(keys[-1], _MOST), self._folder)
            except NotFoundError:
                continue  # somebody rewraps
            except TooLargeError:
                raise TamperedError(f"{self._folder} holds what is no key") from None
        raise RetryableError(f"{self._folder}: it changes all the time")

    def _remove_below(self, number: int) -> None:
        for key in self._shelf.keys_now(self._folder):
            if key < _key(self._folder, number):
                remove(self._shelf, key)


def _key(folder: str, number: int) -> str:
    return f"{folder}/{number:06d}"
