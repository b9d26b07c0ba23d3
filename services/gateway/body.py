"""The body of a call, with bounds on its size and on the time that it takes."""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from starlette.requests import ClientDisconnect, Request

from gateway.call import call_of
from gateway.errors import ApiError, bad_request
from gateway.reading import Reading
from gateway.structure import check_structure

T = TypeVar("T")
BODY_SECONDS: Final = 60.0
"""For a whole body."""
QUIET_SECONDS: Final = 15.0
"""Without a byte of it."""
_PLAIN: Final = "identity"


async def read_body(request: Request, most: int) -> bytes:
    """All of it. ApiError: 413 for one that is larger than `most` bytes, 408 for one that does not come, 415 for one
    that is compressed. OverloadedError where there is no room for it."""
    if any(coded.strip().lower() != _PLAIN for coded in request.headers.getlist("content-encoding")):
        raise _compressed()
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said) > most:
        raise _too_large(most)
    held, call = bytearray(), call_of(request)
    parts = request.stream()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                async with asyncio.timeout(QUIET_SECONDS):
                    part = await anext(parts, None)
                if part is None:
                    return bytes(held)
                if len(held) + len(part) > most:
                    raise _too_large(most)
                call.grow(len(part))
                held += part
    except TimeoutError:
        raise ApiError(HTTPStatus.REQUEST_TIMEOUT, "timeout", "The body did not come in time.") from None
    except ClientDisconnect:
        raise ApiError(HTTPStatus.BAD_REQUEST, "disconnected", "The client went away.") from None


async def read_json(request: Request, most: int, reading: Reading, form: Callable[[object], T]) -> T:
    """What `form` makes of the JSON value that a body holds; it may run on a thread. ApiError: 415, 400, and those of
    `read_body` and `form`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send the body as application/json."
        )
    return await reading.run(await read_body(request, most), lambda data: form(parse_json(data)))


def parse_json(data: bytes) -> object:
    """Strict JSON in UTF-8: no member twice, no NaN, nothing nested for its own sake, no more of it than a request
    takes (see `structure`). ApiError 400."""
    check_structure(data)
    try:
        text = data.decode()
        found: object = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError):
        # The error's own words quote the text.
        raise bad_request("invalid_json", "The body is not JSON, or names a member twice.") from None
    return found


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Two readers would take two values for it.
        raise ValueError("a member twice")
    return found


def _no_constant(word: str) -> object:
    raise ValueError(word)


def _compressed() -> ApiError:
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    found = ApiError(status, "unsupported_encoding", "Send the body as it is, without a Content-Encoding.")
    found.more_headers["accept-encoding"] = _PLAIN
    return found


def _too_large(most: int) -> ApiError:
    return ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"A body has at most {most} bytes.")
