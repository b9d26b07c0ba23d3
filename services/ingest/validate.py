"""Whether some bytes are a request, and whether that request can be judged at all. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from sluice.errors import PoisonError
from sluice.ids import parse_request_id, subject_problem
from sluice.v1.contents_pb2 import (
    UNPROCESSABLE_EMPTY,
    UNPROCESSABLE_INVALID_GENERATION_ID,
    UNPROCESSABLE_INVALID_SUBJECT,
    UNPROCESSABLE_NO_CONTENTS,
    UNPROCESSABLE_TOO_MANY_CONTENTS,
    UNPROCESSABLE_UNKNOWN_ENUM,
    UNPROCESSABLE_UNKNOWN_FIELD,
    UNPROCESSABLE_WRONG_ROLES,
    Unprocessable,
)
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INVALID_REQUEST_ID, DEAD_LETTER_REASON_MALFORMED
from sluice.v1.request_pb2 import (
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_TRANSCRIPT,
    ROLE_UNSPECIFIED,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    STAGE_UNSPECIFIED,
    Content,
    Request,
)

MAX_CONTENTS = 32

_TEXT_ROLES = frozenset({ROLE_PROMPT, ROLE_TRANSCRIPT})
_PICTURE_ROLES = frozenset({ROLE_UPLOAD, ROLE_GENERATED})


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request as a whole cannot be judged. `detail` names fields and figures, never content."""

    reason: Unprocessable.ValueType
    detail: str


def parse(value: bytes, ours: bool = False) -> Request:
    """The request in a record's value, with its ids in canonical form.

    `released_from` is taken away unless the request is `ours`: only ingest may say that a person released something.
    Raises PoisonError, MALFORMED or INVALID_REQUEST_ID, for what is no request that could be answered.
    """
    if not value:
        raise PoisonError(DEAD_LETTER_REASON_MALFORMED, "empty")
    try:
        request = Request.FromString(value)
    except DecodeError as error:
        raise PoisonError(DEAD_LETTER_REASON_MALFORMED, "not a sluice.v1.Request") from error
    request_id = parse_request_id(request.id)
    if request_id is None:
        raise PoisonError(DEAD_LETTER_REASON_INVALID_REQUEST_ID, "the id is not a UUID")
    request.id = request_id
    request.generation_id = parse_request_id(request.generation_id) or request.generation_id
    if not ours:
        request.ClearField("released_from")
    return request


def judge(request: Request) -> Refused | None:
    """Why this request cannot be judged, or None where it can. It looks at the form alone, at no content.

    A field or an enum value that this version does not know may change what the rest means: both refuse the request.
    """
    if path := next(_unknown_fields(request, "request"), ""):
        return Refused(UNPROCESSABLE_UNKNOWN_FIELD, path)
    if path := next(_unknown_enums(request, "request"), ""):
        return Refused(UNPROCESSABLE_UNKNOWN_ENUM, path)
    if request.stage == STAGE_UNSPECIFIED:
        return Refused(UNPROCESSABLE_UNKNOWN_ENUM, "request.stage is not set")
    if not request.contents:
        return Refused(UNPROCESSABLE_NO_CONTENTS, "no contents")
    if len(request.contents) > MAX_CONTENTS:
        return Refused(UNPROCESSABLE_TOO_MANY_CONTENTS, f"{len(request.contents)} contents, at most {MAX_CONTENTS}")
    return _judge_subject(request) or _judge_contents(request) or _judge_generation(request)


def role_fits(role: int, text: bool) -> bool:
    """Whether a content of this role may be text, or else a picture. No check of any policy looks at the others."""
    return role in (_TEXT_ROLES if text else _PICTURE_ROLES)


def _judge_subject(request: Request) -> Refused | None:
    """Nobody could be named in a report by such an id."""
    subject = request.subject
    for field, name in (("account_id", subject.account_id), ("tenant", subject.tenant)):
        if problem := subject_problem(name):
            return Refused(UNPROCESSABLE_INVALID_SUBJECT, f"request.subject.{field} {problem}")
    return None


def _judge_contents(request: Request) -> Refused | None:
    for index, content in enumerate(request.contents):
        if content.role == ROLE_UNSPECIFIED:
            return Refused(UNPROCESSABLE_UNKNOWN_ENUM, f"request.contents[{index}].role is not set")
        if content.WhichOneof("body") is None:
            return Refused(UNPROCESSABLE_EMPTY, f"request.contents[{index}] has no body")
        if not _fits(content):
            return Refused(UNPROCESSABLE_WRONG_ROLES, f"request.contents[{index}] is not what its role is for")
    generated = sum(content.role == ROLE_GENERATED for content in request.contents)
    if request.stage == STAGE_OUTPUT and generated != 1:
        return Refused(UNPROCESSABLE_WRONG_ROLES, f"{generated} generated pictures at stage OUTPUT, not one")
    if request.stage == STAGE_PROMPT and generated:
        return Refused(UNPROCESSABLE_WRONG_ROLES, f"{generated} generated pictures at stage PROMPT")
    return None


def _fits(content: Content) -> bool:
    """A reference says what it is only once it has been read."""
    return content.WhichOneof("body") == "reference" or role_fits(content.role, content.WhichOneof("body") == "text")


def _judge_generation(request: Request) -> Refused | None:
    if not request.generation_id:
        return None
    if request.stage == STAGE_PROMPT:
        return Refused(UNPROCESSABLE_INVALID_GENERATION_ID, "a generation_id at stage PROMPT")
    if parse_request_id(request.generation_id) is None:
        return Refused(UNPROCESSABLE_INVALID_GENERATION_ID, "the generation_id is not a UUID")
    return None


def _unknown_fields(message: Message, path: str) -> Iterator[str]:
    """Where fields lie that our version of the contract does not have."""
    unknown = UnknownFieldSet(message)
    for index in range(len(unknown)):
        yield f"{path} has field {unknown[index].field_number}"
    for field, at, value in _fields(message, path):
        if field.message_type is not None:
            yield from _unknown_fields(value, at)


def _unknown_enums(message: Message, path: str) -> Iterator[str]:
    """Where enums hold numbers that our version of the contract does not have."""
    for field, at, value in _fields(message, path):
        if field.message_type is not None:
            yield from _unknown_enums(value, at)
        elif field.enum_type is not None and value not in field.enum_type.values_by_number:
            yield f"{at} is {value}"


def _fields(message: Message, path: str) -> Iterator[tuple[FieldDescriptor, str, Any]]:
    """Every field that is set, each element of a repeated one by itself, with its path."""
    for field, value in message.ListFields():
        at = f"{path}.{field.name}"
        if field.is_repeated:
            yield from ((field, f"{at}[{index}]", item) for index, item in enumerate(value))
        else:
            yield field, at, value
