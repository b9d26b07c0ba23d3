"""Request ids of a call: new ones, or those that its Idempotency-Key stands for.

The log keeps one decision per request id, and a digest of what was asked. So a key needs no store of its own: any
replica, at any time while the log is kept, gives the same answer for the same content, and refuses another one. Ids
are made of keys with a secret of the installation's.
"""

import hmac
import re
import uuid
from typing import Final

from starlette.datastructures import Headers

from gateway.errors import ApiError, bad_request
from sluice.ids import new_request_id

HEADER: Final = "idempotency-key"
_GOOD: Final = re.compile(r"[!-~]{1,255}")
PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same content gives the same decision; with other content, 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
"""The header in the OpenAPI document."""


def key_of(headers: Headers) -> str | None:
    """What the header says; None where there is none. ApiError 400 where there are two."""
    found = headers.getlist(HEADER)
    if len(found) > 1:
        raise _no_key("There is more than one Idempotency-Key.")
    return found[0] if found else None


class RequestIds:
    """`secret`: 32 bytes that every replica has and no caller: nobody makes up the id that another tenant's key
    stands for, to take it or to see whether it is taken."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, tenant: str, key: str | None, count: int) -> list[str]:
        """`count` ids in the order of what they are for. `key`: of the header, None where there is none. ApiError 400
        for one that is none."""
        if key is None:
            return [new_request_id() for _ in range(count)]
        if not _GOOD.fullmatch(key):
            raise _no_key("An Idempotency-Key is 1 to 255 visible ASCII characters.")
        return [self._id(f"{len(tenant)} {tenant} {key} {index}") for index in range(count)]

    def _id(self, name: str) -> str:
        # Version 5: made of a name. Of HMAC-SHA-256, its first 128 bits.
        return str(uuid.UUID(bytes=hmac.digest(self._secret, name.encode(), "sha256")[:16], version=5))


def _no_key(message: str) -> ApiError:
    return bad_request("invalid_idempotency_key", message, HEADER)
