"""GET /v1/assets/{id}: the signed picture of an allowed output. There is no way to any other picture."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from gateway.auth import caller
from gateway.errors import ApiError, not_found
from gateway.parts import Parts
from gateway.requests_answer import is_allowed
from gateway.requests_known import Known, canonical, look_up
from gateway.requests_shape import RequestId
from gateway.scopes import Caller, Scope
from gateway.shape import EVERY, answers
from sluice.host.room import Room
from sluice.objects import NotFoundError, ObjectStore
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.request_pb2 import ObjectReference

MOST_BYTES: Final = 64 << 20
"""Of a signed picture; what the signer signs is smaller."""
ROOM_BYTES: Final = 256 << 20
"""Of pictures that are handed out at once."""
PIECE_BYTES: Final = 64 << 10
"""So a client that takes a picture slowly is told from one that takes nothing (see `protocol`)."""
_SAFE: Final[Mapping[str, str]] = {
    # Whoever opens it in a browser gets a picture and nothing that runs.
    "content-security-policy": "default-src 'none'; sandbox",
    # To be asked for again each time: a key may have ended meanwhile. The tag makes that cheap.
    "cache-control": "private, no-cache",
    "vary": "authorization",
}


def no_asset() -> ApiError:
    """404: nothing was signed, or it is another tenant's request."""
    return not_found("There is no signed picture of this request.")


FETCHED: Final[Mapping[str, Any]] = {
    "operation_id": "getAsset",
    "summary": "The signed picture of an allowed output.",
    "response_class": Response,
    "responses": {
        200: {
            "description": "Its bytes. `etag` is their SHA-256.",
            "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
        },
        304: {"description": "The client has it: `if-none-match` named its tag."},
        **answers(*EVERY, no_asset()),
    },
}


def assets_router(parts: Parts) -> APIRouter:
    """The route."""
    routes = APIRouter()
    may_read = caller(parts.gate, Scope.READ)
    room = Room(64, ROOM_BYTES)

    @routes.get("/v1/assets/{request_id}", **FETCHED)
    async def fetch(request: Request, request_id: RequestId, who: Annotated[Caller, Depends(may_read)]) -> Response:
        asset = signed_asset(await look_up(parts, canonical(request_id), who.tenant))
        tag = f'"{asset.signed.sha256.hex()}"'
        headers = {**_SAFE, "etag": tag}
        if has_tag(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return _Picture(asset.signed, parts.store, room, headers)

    return routes


class _Picture(Response):
    """Bytes out of the store, sent piece by piece. They have a place in `room` until the last is on its way."""

    def __init__(self, signed: ObjectReference, store: ObjectStore, room: Room, headers: Mapping[str, str]) -> None:
        length = {"content-length": str(signed.size_bytes)}
        super().__init__(headers={**headers, **length}, media_type=signed.media_type)
        self._signed = signed
        self._store = store
        self._room = room

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - of ASGI
        with self._room.held(self._signed.size_bytes):
            try:
                data = await self._store.get(self._signed, MOST_BYTES)
            except NotFoundError:
                raise not_found("The signed picture is not kept any more.", code="asset_expired") from None
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for at in range(0, len(data), PIECE_BYTES):
                piece = data[at : at + PIECE_BYTES]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def signed_asset(known: Known) -> SignedAsset:
    """What was signed. ApiError 404 for all that is not an allowed output which was."""
    if known.decided is None or known.signed is None or not is_allowed(known.decided.decision):
        raise no_asset()
    return known.signed.asset


def has_tag(header: str, tag: str) -> bool:
    """Whether `If-None-Match` names the tag: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2."""
    named = [each.strip().removeprefix("W/") for each in header.split(",")]
    return "*" in named or tag in named
