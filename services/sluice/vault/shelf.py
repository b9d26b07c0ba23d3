"""What the vault needs of a store: objects that are written once, listed, read and removed."""

from contextlib import suppress
from typing import Protocol

from sluice.objects import ForbiddenUriError


class Shelf(Protocol):
    """`sluice.objects.ObjectStore` is one. All of it blocks, and raises RetryableError, after which the effect may be
    there all the same.

    The vault never overwrites: of several that create the same key at once one succeeds, and that is all the order
    that it has. A bucket therefore has to honour conditional writes (If-None-Match), as those of S3, Google and Azure
    do.
    """

    def create_now(self, key: str, data: bytes) -> bool:
        """Writes an object, durably; False where there is one by this key already."""

    def read_now(self, key: str, limit: int) -> bytes:
        """The bytes of an object. Raises NotFoundError, or TooLargeError above `limit` bytes."""

    def keys_now(self, folder: str, after: str = "") -> list[str]:
        """Keys below a folder, in order; those behind `after`, where it is given."""

    def delete_now(self, key: str) -> None:
        """Removes an object; there need not be one."""


def remove(shelf: Shelf, key: str) -> None:
    """Removes an object that was listed. One that somebody else put there, under a name that the vault writes none by
    and the store does not take, stays, and is in the way of nothing. Raises RetryableError."""
    with suppress(ForbiddenUriError):
        shelf.delete_now(key)
