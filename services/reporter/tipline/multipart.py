"""The form that a file is uploaded in: `id` and `file` (RFC 7578). The file's bytes are not copied."""

import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

_MOST_NAME: Final = 200
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """A form with a report's id and one file."""

    head: bytes
    data: bytes
    tail: bytes
    content_type: str

    @property
    def size(self) -> int:
        """Bytes of the whole form."""
        return len(self.head) + len(self.data) + len(self.tail)

    async def parts(self) -> AsyncIterator[bytes]:
        """The form, in order."""
        yield self.head
        yield self.data
        yield self.tail


def upload_form(report_id: str, name: str, data: bytes) -> Form:
    """`name`: of the file, for the form alone; what is no letter, digit, point or hyphen becomes an underscore. The
    name that the file had belongs into its details."""
    boundary = f"sluice-{secrets.token_hex(20)}"
    safe = _UNSAFE.sub("_", name)[-_MOST_NAME:] or "file"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="id"\r\n\r\n{report_id}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    tail = f"\r\n--{boundary}--\r\n"
    return Form(head.encode(), data, tail.encode(), f"multipart/form-data; boundary={boundary}")
