"""POST /v1/moderations in the OpenAPI document: OpenAI's shapes."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.contents import BASE64, DATA_URL, LONGEST_ADDRESS
from gateway.idempotency import PARAMETER
from gateway.moderations_in import ACCOUNT, LONGEST_ACCOUNT, MODELS, MOST_INPUTS, MOST_PARTS
from gateway.moderations_out import THEIRS
from gateway.shape import BODY, CONFLICT, EVERY, NOWHERE, answer_of, answers, body_of

_TEXT: Final = {"type": "string", "minLength": 1}
_ACCOUNT: Final = {"type": ["string", "null"], "maxLength": LONGEST_ACCOUNT, "pattern": f"^{ACCOUNT}$"}
_PART: Final = {
    "oneOf": [
        {
            "type": "object",
            "required": ["type", "text"],
            "additionalProperties": False,
            "properties": {"type": {"const": "text"}, "text": _TEXT},
        },
        {
            "type": "object",
            "required": ["type", "image_url"],
            "additionalProperties": False,
            "properties": {
                "type": {"const": "image_url"},
                "image_url": {
                    "type": "object",
                    "required": ["url"],
                    "additionalProperties": False,
                    "properties": {
                        "url": {
                            "description": "A data URL, or an address that this installation may fetch.",
                            "anyOf": [
                                {"type": "string", "pattern": f"^{DATA_URL}{BASE64}$"},
                                {"type": "string", "pattern": "^https?://[!-~]+$", "maxLength": LONGEST_ADDRESS},
                            ],
                        }
                    },
                },
            },
        },
    ]
}
_REQUEST: Final = {
    "type": "object",
    "required": ["input"],
    "additionalProperties": False,
    "properties": {
        "input": {
            "description": "A text; texts, one result each; or parts that belong together, one result.",
            "oneOf": [
                _TEXT,
                {"type": "array", "minItems": 1, "maxItems": MOST_INPUTS, "items": _TEXT},
                {"type": "array", "minItems": 1, "maxItems": MOST_PARTS, "items": _PART},
            ],
        },
        "model": {"enum": [*sorted(MODELS), None], "description": "The same policy answers for all."},
        "safety_identifier": _ACCOUNT,
        "user": _ACCOUNT,
    },
}


def _by_category(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(THEIRS),
        "additionalProperties": False,
        "properties": dict.fromkeys(THEIRS, value),
    }


_TYPES: Final = {"type": "array", "uniqueItems": True, "items": {"type": "string", "enum": ["text", "image"]}}
_RESPONSE: Final = {
    "type": "object",
    "required": ["id", "model", "results"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^modr-[0-9a-f]{32}$"},
        "model": {"type": "string", "pattern": "^sluice-", "description": "Names the policy that decided."},
        "results": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["flagged", "categories", "category_scores", "category_applied_input_types"],
                "additionalProperties": False,
                "properties": {
                    "flagged": {"type": "boolean", "description": "The decision is not ALLOW."},
                    "categories": _by_category({"type": "boolean"}),
                    "category_scores": _by_category({"type": "number", "minimum": 0, "maximum": 1}),
                    "category_applied_input_types": _by_category(_TYPES),
                },
            },
        },
    },
}
SCHEMAS: Final[Mapping[str, Any]] = {"ModerationRequest": _REQUEST, "ModerationResponse": _RESPONSE}
_EXAMPLES: Final = {
    "text": {"model": "omni-moderation-latest", "input": "a watercolor of a lighthouse at dawn"},
    "texts": {"input": ["a watercolor of a lighthouse", "a bowl of lemons"]},
    "parts": {
        "input": [
            {"type": "text", "text": "make it brighter"},
            {"type": "image_url", "image_url": {"url": "https://img.example.org/lighthouse.png"}},
        ]
    },
}
_RESULT: Final = {
    "flagged": False,
    "categories": dict.fromkeys(THEIRS, False),
    "category_scores": dict.fromkeys(THEIRS, 0.0),
    "category_applied_input_types": {category: [] for category in THEIRS},
}
_EXAMPLE: Final = {"id": f"modr-{'0' * 31}1", "model": "sluice-2026-11-22", "results": [_RESULT]}
DESCRIBED: Final[Mapping[str, Any]] = {
    "operation_id": "createModeration",
    "summary": "Is this text, or are these pictures, allowed as a prompt?",
    "response_model": None,
    "responses": {
        200: answer_of("ModerationResponse", "One result for each text of an array, else one.", _EXAMPLE),
        **answers(*EVERY, *BODY, NOWHERE, CONFLICT),
    },
    "openapi_extra": {
        **body_of("ModerationRequest", _EXAMPLES),
        "parameters": [PARAMETER],
    },
}
