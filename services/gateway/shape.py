"""What routes say of themselves in the OpenAPI document: the envelope of errors, and which of them there are."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from gateway.errors import ApiError, Kind

JSON: Final = "application/json"
ERROR: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "Why there is no result. It is never a pass.",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "additionalProperties": False,
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string", "enum": [kind.value for kind in Kind]},
                "param": {"type": ["string", "null"], "description": "What of the request is meant."},
                "code": {"type": "string", "description": "One word, for programs."},
            },
        }
    },
}
SCHEMAS: Final[Mapping[str, Any]] = {"Error": ERROR}
_SECONDS: Final = {"description": "Ask again after so many seconds.", "schema": {"type": "integer", "minimum": 1}}

WRONG: Final = ApiError(HTTPStatus.BAD_REQUEST, "invalid_type", "input should be a string.", "input")
NO_KEY: Final = ApiError(HTTPStatus.UNAUTHORIZED, "invalid_api_key", "Incorrect API key provided.")
NO_SCOPE: Final = ApiError(HTTPStatus.FORBIDDEN, "missing_scope", "This key does not have the scope 'moderate'.")
NOWHERE: Final = ApiError(HTTPStatus.NOT_FOUND, "not_found", "There is no such request.")
SLOW: Final = ApiError(HTTPStatus.REQUEST_TIMEOUT, "timeout", "The body did not come in time.")
CONFLICT: Final = ApiError(
    HTTPStatus.CONFLICT,
    "idempotency_conflict",
    "This Idempotency-Key or request id was used before, with other content.",
)
LARGE: Final = ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "A body has at most 29360128 bytes.")
KIND: Final = ApiError(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send the body as application/json."
)
OFTEN: Final = ApiError(
    HTTPStatus.TOO_MANY_REQUESTS,
    "rate_limit_exceeded",
    "Rate limit reached: 60 requests a minute, 60 at once.",
    retry_seconds=1,
)
FAILED: Final = ApiError(
    HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "The service failed. Nothing was allowed."
)
AWAY: Final = ApiError(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "incomplete",
    "A check that the policy requires did not answer (image). Not allowed.",
    retry_seconds=1,
)
EVERY: Final = (NO_KEY, NO_SCOPE, OFTEN, FAILED, AWAY)
"""What every route below /v1 may answer."""
BODY: Final = (WRONG, SLOW, LARGE, KIND)
"""What every route that takes a body may answer, too."""


def answers(*errors: ApiError) -> dict[int | str, dict[str, Any]]:
    """A route's answers that are no success, for FastAPI's `responses`: an example of each."""
    return {int(error.status): _answer(error) for error in errors}


def body_of(schema: str, examples: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON body, for FastAPI's `openapi_extra`. `schema`: its name. `examples`: values by name."""
    shown = {name: {"value": value} for name, value in examples.items()}
    content = {JSON: {"schema": reference(schema), "examples": shown}}
    return {"requestBody": {"required": True, "content": content}}


def answer_of(schema: str, about: str, example: object) -> dict[str, Any]:
    """A success with JSON."""
    return {"description": about, "content": {JSON: {"schema": reference(schema), "example": example}}}


def reference(schema: str) -> dict[str, str]:
    """Where a schema of ours is in the document."""
    return {"$ref": f"#/components/schemas/{schema}"}


def _answer(error: ApiError) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": error.status.phrase,
        "content": {JSON: {"schema": reference("Error"), "example": error.body()}},
    }
    if error.retry_seconds is not None:
        answer["headers"] = {"retry-after": _SECONDS}
    return answer
