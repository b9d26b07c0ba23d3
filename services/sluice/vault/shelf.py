"""What the vault needs of a store: objects that are written once, listed, read and removed."""

from typing import Protocol


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
