"""OpenAI's moderation request, read: what is asked for, and by whom. Pure.

https://platform.openai.com/docs/api-reference/moderations/create
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from gateway.contents import Item, is_text, read_picture, read_text
from gateway.errors import ApiError, bad_request
from sluice.v1.request_pb2 import ROLE_PROMPT, ROLE_UPLOAD

MODELS: Final = frozenset(
    {
        "sluice",
        "omni-moderation-latest",
        "omni-moderation-2024-09-26",
        "text-moderation-latest",
        "text-moderation-stable",
        "text-moderation-007",
    }
)
"""Names of models that a client may ask for. The same policy answers for all of them."""
MOST_INPUTS: Final = 128
"""Strings of an array: each is a request of its own."""
MOST_PARTS: Final = 32
"""What ingest takes as one request."""
LONGEST_ACCOUNT: Final = 255
ACCOUNT: Final = r"[^\u0000-\u001f\u007f]*"
"""What names an account: no control characters."""
_ACCOUNT: Final = re.compile(ACCOUNT)
_MEMBERS: Final = frozenset({"input", "model", "user", "safety_identifier"})


@dataclass(frozen=True, slots=True)
class Moderation:
    """What is asked. `requests`: the contents of each request, one result each. `account`: on whose behalf, or
    empty."""

    requests: Sequence[Sequence[Item]]
    account: str = ""


def read_moderation(body: object, safety_identifier: str = "") -> Moderation:
    """What a body asks for. `safety_identifier`: the header's. ApiError 400, 404 for a model that nobody knows."""
    if not isinstance(body, dict):
        raise bad_request("invalid_type", "The body should be a JSON object.")
    members: Mapping[str, object] = body
    unknown = sorted(members.keys() - _MEMBERS)
    if unknown:
        raise bad_request("unknown_parameter", "The body has a member that is not known.", _shown(unknown[0]))
    _check_model(members.get("model"))
    if "input" not in members:
        raise bad_request("missing_required_parameter", "input is missing.", "input")
    account = _account(members, "safety_identifier") or _checked(safety_identifier, "safety_identifier")
    return Moderation(_requests(members["input"]), account or _account(members, "user"))


def _requests(found: object) -> Sequence[Sequence[Item]]:
    if isinstance(found, str):
        return [[read_text(ROLE_PROMPT, found, "input")]]
    if not isinstance(found, list):
        raise bad_request("invalid_type", "input should be a string, an array of strings, or one of parts.", "input")
    if not found:
        raise bad_request("empty", "input is empty.", "input")
    if isinstance(found[0], str):
        _bounded(found, MOST_INPUTS)
        return [[read_text(ROLE_PROMPT, text, f"input[{index}]")] for index, text in enumerate(found)]
    _bounded(found, MOST_PARTS)
    return [[_part(part, f"input[{index}]") for index, part in enumerate(found)]]


def _part(part: object, param: str) -> Item:
    if not isinstance(part, dict):
        raise bad_request("invalid_type", f"{param} should be an object with a type.", param)
    match part.get("type"):
        case "text":
            _only(part, {"type", "text"}, param)
            return read_text(ROLE_PROMPT, part.get("text"), f"{param}.text")
        case "image_url":
            _only(part, {"type", "image_url"}, param)
            address = part.get("image_url")
            if not isinstance(address, dict):
                raise bad_request("invalid_type", f"{param}.image_url should be an object.", f"{param}.image_url")
            _only(address, {"url"}, f"{param}.image_url")
            return read_picture(ROLE_UPLOAD, address.get("url"), f"{param}.image_url.url")
        case _:
            raise bad_request("invalid_value", f"{param}.type should be text or image_url.", f"{param}.type")


def _only(found: Mapping[str, object], known: set[str], param: str) -> None:
    if found.keys() - known:
        raise bad_request("unknown_parameter", f"{param} has a member that is not known.", param)


def _bounded(found: Sequence[object], most: int) -> None:
    if len(found) > most:
        raise bad_request("too_many_inputs", f"input has {len(found)} elements, at most {most} are taken.", "input")


def _check_model(found: object) -> None:
    if found is None:
        return
    if not isinstance(found, str):
        raise bad_request("invalid_type", "model should be a string.", "model")
    if found not in MODELS:
        raise ApiError(HTTPStatus.NOT_FOUND, "model_not_found", "There is no model of this name.", "model")


def _account(members: Mapping[str, object], name: str) -> str:
    found = members.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise bad_request("invalid_type", f"{name} should be a string.", name)
    return _checked(found, name)


def _checked(account: str, name: str) -> str:
    if len(account) > LONGEST_ACCOUNT or not _ACCOUNT.fullmatch(account) or not is_text(account):
        message = f"{name} should be at most {LONGEST_ACCOUNT} characters, none of them a control character."
        raise bad_request("invalid_value", message, name)
    return account


def _shown(name: str) -> str | None:
    """A member's name, where it can be shown."""
    return name if name.isascii() and name.isidentifier() and len(name) <= 64 else None
