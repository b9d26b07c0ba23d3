"""What the routes about requests say of themselves in the OpenAPI document."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Path

from gateway.errors import bad_request
from gateway.idempotency import PARAMETER
from gateway.requests_form import RequestIn
from gateway.requests_known import no_such_request
from gateway.shape import AWAY, BODY, CONFLICT, EVERY, answer_of, answers, body_of, reference

_ID: Final = {"type": "string", "format": "uuid"}
RequestId: TypeAlias = Annotated[str, Path(description="Of the request.", json_schema_extra={"format": "uuid"})]
_HEX: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TIME: Final = {"type": "string", "format": "date-time"}
_WHOLE: Final = {"type": "integer", "minimum": 0}
_ACTION: Final = {"type": "string", "enum": ["ALLOW", "REVIEW", "BLOCK"]}
_WORD_OR_NONE: Final = {"type": ["string", "null"]}
_NUMBER_OR_NONE: Final = {"type": ["number", "null"]}
_ALLOWED: Final = {"type": "boolean", "description": "True for a whole ALLOW alone."}


def _object(required: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What has these members at least: others may come."""
    return {"type": "object", "required": list(required), "properties": {**required, **(more or {})}}


def _or_none(schema: str) -> dict[str, Any]:
    return {"anyOf": [reference(schema), {"type": "null"}]}


_REASON: Final = _object(
    {
        "rule": {"type": "string"},
        "category": _WORD_OR_NONE,
        "score": _NUMBER_OR_NONE,
        "threshold": _NUMBER_OR_NONE,
        "check": _WORD_OR_NONE,
        "content": _WORD_OR_NONE,
        "action": {"type": ["string", "null"]},
        "detail": _WORD_OR_NONE,
    }
)
_ASSET: Final = _object(
    {
        "id": _ID,
        "url": {"type": "string", "description": "Where this door hands the signed picture out."},
        "sha256": _HEX,
        "media_type": {"type": "string"},
        "size_bytes": _WHOLE,
        "signed_at": _TIME,
        "manifest_label": {"type": "string"},
        "ingredients": {"type": "array", "items": {"type": "object"}},
    }
)
_DECISION: Final = _object(
    {
        "request_id": _ID,
        "status": {"const": "decided"},
        "allowed": _ALLOWED,
        "action": _ACTION,
        "complete": {"type": "boolean"},
        "reasons": {"type": "array", "items": reference("Reason")},
        "labels": {"type": "array", "items": {"type": "string"}},
        "policy_version": {"type": "string"},
        "policy_digest": _HEX,
        "content_digest": _HEX,
        "asset": _or_none("Asset"),
    },
    {"verdicts": {"type": "array", "items": {"type": "object"}}},
)
_TAKEN: Final = _object(
    {
        "request_id": _ID,
        "status": {"const": "pending"},
        "allowed": {"const": False},
        "content_digest": _HEX,
        "url": {"type": "string"},
        "events_url": {"type": "string"},
    }
)
_HOP: Final = _object(
    {
        "hop": {"type": "string", "description": "ingest, a check's name, decide, publish or sign."},
        "check": {"type": "boolean"},
        "started_at": _TIME,
        "ended_at": _TIME,
        "offset_ms": _WHOLE,
        "duration_ms": _WHOLE,
        "waited_ms": {**_WHOLE, "description": "Between what it follows from and its start."},
        "waited_in": {**_WORD_OR_NONE, "description": "The topic."},
        "queued_ms": {**_WHOLE, "description": "The part of its duration before work began."},
        "critical": {"type": "boolean", "description": "Without it the end would have come sooner."},
        "status": {**_WORD_OR_NONE, "description": "How it failed."},
    }
)
_KNOWN: Final = _object(
    {
        "request_id": _ID,
        "status": {"type": "string", "enum": ["pending", "decided", "failed"]},
        "allowed": _ALLOWED,
        "error": {"description": "failed: why no decision will come. It is not allowed.", "type": ["object", "null"]},
        "decision": _or_none("Decision"),
        "asset": _or_none("Asset"),
        "duration_ms": _WHOLE,
        "timeline": {"type": "array", "items": reference("Hop")},
    }
)


def request_schemas() -> dict[str, Any]:
    """Every schema that is named here, by name."""
    form = RequestIn.model_json_schema(ref_template="#/components/schemas/{model}")
    parts: dict[str, Any] = form.pop("$defs", {})
    answers_of_ours = {
        "Reason": _REASON,
        "Asset": _ASSET,
        "Decision": _DECISION,
        "RequestTaken": _TAKEN,
        "Hop": _HOP,
        "RequestKnown": _KNOWN,
    }
    return {"RequestIn": form, **parts, **answers_of_ours}


EXAMPLE_ID: Final = "0b8f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e11"
_DIGEST: Final = "0" * 64
_DECIDED: Final = {
    "request_id": EXAMPLE_ID,
    "status": "decided",
    "allowed": True,
    "action": "ALLOW",
    "complete": True,
    "reasons": [],
    "labels": [],
    "policy_version": "2026-11-01",
    "policy_digest": _DIGEST,
    "content_digest": _DIGEST,
    "asset": None,
}
_PENDING: Final = {
    "request_id": EXAMPLE_ID,
    "status": "pending",
    "allowed": False,
    "content_digest": _DIGEST,
    "url": f"/v1/requests/{EXAMPLE_ID}",
    "events_url": f"/v1/requests/{EXAMPLE_ID}/events",
}
_LOOKED: Final = {
    "request_id": EXAMPLE_ID,
    "status": "pending",
    "allowed": False,
    "error": None,
    "decision": None,
    "asset": None,
    "duration_ms": 0,
    "timeline": [],
}
_EXAMPLES: Final = {
    "prompt": {"prompt": "a watercolor of a lighthouse at dawn", "account_id": "user-1"},
    "output": {
        "stage": "OUTPUT",
        "generation_id": EXAMPLE_ID,
        "image": {"data_url": "data:image/png;base64,iVBORw0KGgo="},
        "wait": False,
    },
}
WRONG: Final = bad_request("invalid_value", "deadline_ms should be less than or equal to 300000.", "deadline_ms")
GONE: Final = no_such_request()
ASKED: Final[Mapping[str, Any]] = {
    "operation_id": "createRequest",
    "summary": "May this prompt be drawn, may this picture leave?",
    "response_model": None,
    "responses": {
        200: answer_of("Decision", "The one decision of this request.", _DECIDED),
        202: answer_of("RequestTaken", "`wait: false`: it is taken, and decided later.", _PENDING),
        **answers(*EVERY, *BODY, WRONG, CONFLICT),
    },
    "openapi_extra": {**body_of("RequestIn", _EXAMPLES), "parameters": [PARAMETER]},
}
LOOKED: Final[Mapping[str, Any]] = {
    "operation_id": "getRequest",
    "summary": "What became of a request, and which way it went.",
    "response_model": None,
    "responses": {
        200: answer_of("RequestKnown", "All that is known of it now.", _LOOKED),
        **answers(*EVERY, GONE, AWAY),
    },
}
