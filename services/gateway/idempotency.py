"""Request ids of a call: new ones, or those that its Idempotency-Key stands for.

The log keeps one decision per request id, and a digest of what was asked. So a key needs no store of its own: any
replica, at any time while the log is kept, gives the same answer for the same content, and refuses another one.
"""

import re
import uuid
from http import HTTPStatus
from typing import Final

from gateway.errors import ApiError
from sluice.ids import new_request_id

HEADER: Final = "idempotency-key"
NAMESPACE: Final = uuid.UUID("6c1f5c1e-3f0b-5b0e-9a55-0f8f2a6d7c11")
"""Of ids that were made of keys."""
_GOOD: Final = re.compile(r"[!-~]{1,255}")
PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same content gives the same decision; with other content, 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
"""The header in the OpenAPI document."""


def request_ids(tenant: str, key: str | None, count: int) -> list[str]:
    """`count` ids in the order of what they are for. `key`: of the header, None where there is none. ApiError 400 for
    one that is none."""
    if key is None:
        return [new_request_id() for _ in range(count)]
    if not _GOOD.fullmatch(key):
        raise ApiError(
            HTTPStatus.BAD_REQUEST,
            "invalid_idempotency_key",
            "An Idempotency-Key is 1 to 255 visible ASCII characters.",
            HEADER,
        )
    return [str(uuid.uuid5(NAMESPACE, f"{len(tenant)} {tenant} {key} {index}")) for index in range(count)]
