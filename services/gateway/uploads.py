"""POST /v1/uploads: a picture, stored, so that requests can name it (claim check)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from gateway.auth import caller
from gateway.body import read_body
from gateway.errors import ApiError, bad_request
from gateway.parts import Parts
from gateway.scopes import Caller, Scope
from gateway.shape import BODY, EVERY, answer_of, answers
from sluice.contract.names import short_name
from sluice.deadline import Deadline
from sluice.v1.contents_pb2 import Unprocessable
from sluice.v1.ingest_pb2 import PrepareResponse
from sluice.v1.request_pb2 import ROLE_UPLOAD

_SECONDS: Final = 60.0
_EXAMPLE: Final = {
    "reference": {
        "uri": "s3://bucket/originals/00/" + "0" * 64,
        "sha256": "0" * 64,
        "size_bytes": 70,
        "media_type": "image/png",
    }
}
_SCHEMA: Final = {
    "type": "object",
    "required": ["reference"],
    "properties": {"reference": {"$ref": "#/components/schemas/Reference"}},
}
UNREADABLE: Final = bad_request("unprocessable_content", "The picture cannot be read (truncated).", "body")
UPLOADED: Final[Mapping[str, Any]] = {
    "operation_id": "createUpload",
    "summary": "Store a picture, to name it in requests.",
    "response_model": None,
    "status_code": 201,
    "responses": {
        201: answer_of("Uploaded", "What a request's `reference` takes.", _EXAMPLE),
        **answers(*EVERY, *BODY, UNREADABLE),
    },
    "openapi_extra": {
        "requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}
    },
}


def upload_schemas() -> dict[str, Any]:
    """Every schema that is named here and nowhere else, by name."""
    return {"Uploaded": _SCHEMA}


def uploads_router(parts: Parts) -> APIRouter:
    """The route."""
    routes = APIRouter()
    may_ask = caller(parts.gate, Scope.MODERATE)

    @routes.post("/v1/uploads", **UPLOADED)
    async def upload(request: Request, _who: Annotated[Caller, Depends(may_ask)]) -> JSONResponse:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not kind.startswith("image/"):
            status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
            raise ApiError(status, "unsupported_media_type", "Send the bytes of a picture, as image/png.")
        data = await read_body(request, parts.settings.max_body)
        if not data:
            raise bad_request("empty", "The body is empty.")
        answer = await parts.road.prepare(data, ROLE_UPLOAD, "", Deadline.after(_SECONDS))
        return JSONResponse({"reference": _reference(answer)}, HTTPStatus.CREATED)

    return routes


def _reference(answer: PrepareResponse) -> dict[str, object]:
    reference = answer.reference
    if answer.content.unprocessable or not reference.uri:
        reason = (short_name(Unprocessable, answer.content.unprocessable) or "unreadable").lower()
        raise bad_request("unprocessable_content", f"The picture cannot be read ({reason}).", "body")
    return {
        "uri": reference.uri,
        "sha256": reference.sha256.hex(),
        "size_bytes": reference.size_bytes,
        "media_type": reference.media_type,
    }
