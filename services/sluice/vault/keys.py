"""Data keys are wrapped by a key that the vault never sees whole: here is what it asks of whoever has that key."""

import json
import re
from dataclasses import dataclass
from typing import Protocol, Self

from sluice.vault.errors import TamperedError

_ID = re.compile(r"[!-~]{1,512}")
_MOST_HEX = 16384


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key, wrapped. `key_id`: by which key, as its keeper names it."""

    key_id: str
    data: bytes

    def encode(self) -> bytes:
        """As it lies on the shelf: one line of JSON."""
        form = {"data": self.data.hex(), "key_id": self.key_id, "version": 1}
        return json.dumps(form, sort_keys=True).encode()

    @classmethod
    def decode(cls, encoded: bytes, where: str) -> Self:
        """Raises TamperedError for anything that `encode` would not have written, byte for byte."""
        try:
            form = json.loads(encoded)
            found = cls(form["key_id"], bytes.fromhex(form["data"]))
            sound = bool(_ID.fullmatch(found.key_id)) and found.encode() == encoded
        except (ValueError, KeyError, TypeError, RecursionError):
            sound = False
        if not sound or len(encoded) > _MOST_HEX:
            raise TamperedError(f"{where} is not a wrapped key")
        return found


class KeyWrapper(Protocol):
    """A key that wraps data keys: in a file, or with a KMS, which then does it. Threads share one.

    `about` is bound to the wrapped key where the keeper can (an encryption context): it unwraps only with the same.
    """

    @property
    def key_id(self) -> str:
        """Of the key that wraps now: printable ASCII, at most 512 characters."""

    def wrap(self, key: bytes, about: str) -> Wrapped:
        """Wraps 32 bytes. Blocks. Raises RetryableError, or NotReadyError where a person has to mend something."""

    def unwrap(self, wrapped: Wrapped, about: str) -> bytes:
        """The 32 bytes, of this key or an older one. Blocks.

        Raises MissingKeyError where that key is not here, TamperedError where it is and this was not wrapped by it,
        RetryableError, or NotReadyError.
        """

    def close(self) -> None:
        """Lets go of connections."""
