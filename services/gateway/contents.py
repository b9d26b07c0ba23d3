"""What a caller hands in, as contents of a request: small pictures travel inside it, others by reference."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import bad_request, unprocessable_content
from gateway.parts import Parts
from gateway.road import INLINE_TOTAL_BYTES
from sluice.contract.names import short_name
from sluice.deadline import Deadline
from sluice.v1.contents_pb2 import UNPROCESSABLE_FORBIDDEN_URI, Unprocessable
from sluice.v1.request_pb2 import Content, ObjectReference, Role

DATA_URL: Final = "data:image/[A-Za-z0-9.+-]{1,64}(?:;[A-Za-z0-9_.-]{1,64}=[A-Za-z0-9_.%+-]{1,255}){0,4};base64,"
"""How one begins. Parameters say nothing here: some programs give the file's name."""
_DATA_URL: Final = re.compile(DATA_URL)
BASE64: Final = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)"
"""Of at least one byte."""
LONGEST_ADDRESS: Final = 2048
MOST_TEXT_BYTES: Final = 3 << 20
"""Of one request: with the pictures inside it they fit into one message. Ingest reads far less of each."""
_ADDRESS: Final = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True, slots=True)
class Text:
    """A text. `param`: where it stood in the body, as "input[0]"; so it is with all of them."""

    role: Role.ValueType
    text: str
    param: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture."""

    role: Role.ValueType
    data: bytes
    param: str


@dataclass(frozen=True, slots=True)
class Address:
    """A picture at an http(s) address. Ingest alone fetches it, where its operator lets it."""

    role: Role.ValueType
    uri: str
    param: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies in an object store."""

    role: Role.ValueType
    reference: ObjectReference
    param: str


Item = Text | Picture | Address | Stored


def read_text(role: Role.ValueType, found: object, param: str) -> Text:
    """A text of a body. ApiError 400."""
    if not isinstance(found, str):
        raise bad_request("invalid_type", f"{param} should be a string.", param)
    if not found:
        raise bad_request("empty", f"{param} is empty.", param)
    if not is_text(found):
        raise bad_request("invalid_text", f"{param} holds half of a surrogate pair.", param)
    return Text(role, found, param)


def is_text(found: str) -> bool:
    """Whether UTF-8 can write it: JSON's escapes can make halves of surrogate pairs."""
    try:
        found.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_picture(role: Role.ValueType, found: object, param: str) -> Picture | Address:
    """A picture of a body: a data URL or an http(s) address. ApiError 400."""
    if not isinstance(found, str):
        raise bad_request("invalid_type", f"{param} should be a string.", param)
    head = _DATA_URL.match(found)
    if head is not None:
        try:
            data = base64.b64decode(found[head.end() :], validate=True)
        except (binascii.Error, ValueError):
            raise bad_request("invalid_image_url", f"{param} is not good base64.", param) from None
        if not data:
            raise bad_request("empty", f"{param} is empty.", param)
        return Picture(role, data, param)
    if len(found) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(found):
        return Address(role, found, param)
    message = (
        f"{param} should be data:image/…;base64,… or an http(s) address of at most {LONGEST_ADDRESS} characters."
    )
    raise bad_request("invalid_image_url", message, param)


async def contents_of(parts: Parts, items: Sequence[Item], deadline: Deadline) -> list[Content]:
    """The contents of one request, in order. Pictures that do not fit into it are stored first. ApiError."""
    room, text_room = INLINE_TOTAL_BYTES, MOST_TEXT_BYTES
    found: list[Content] = []
    for item in items:
        match item:
            case Text():
                text_room -= len(item.text.encode())
                if text_room < 0:
                    detail = f"too_large: the texts of a request have at most {MOST_TEXT_BYTES} bytes together"
                    raise unprocessable_content(item.param, detail)
                found.append(Content(role=item.role, text=item.text))
            case Stored():
                found.append(Content(role=item.role, reference=item.reference))
            case Address():
                found.append(Content(role=item.role, reference=await _fetched(parts, item, deadline)))
            case Picture() if len(item.data) <= min(parts.inline_limit, room):
                room -= len(item.data)
                found.append(Content(role=item.role, image=item.data))
            case Picture():
                found.append(Content(role=item.role, reference=await _stored(parts, item, deadline)))
    return found


async def _fetched(parts: Parts, item: Address, deadline: Deadline) -> ObjectReference:
    answer = await parts.road.fetch(item.uri, item.role, deadline)
    if answer.reference.uri:
        return answer.reference
    # There is nothing to decide about, not even a digest.
    word = (short_name(Unprocessable, answer.content.unprocessable) or "unknown").lower()
    detail = f"{word}: {answer.content.detail}"
    if answer.content.unprocessable == UNPROCESSABLE_FORBIDDEN_URI:
        detail += " (pictures are fetched only from where the operator allows it: send it as a data URL)"
    raise unprocessable_content(item.param, detail)


async def _stored(parts: Parts, item: Picture, deadline: Deadline) -> ObjectReference:
    answer = await parts.road.prepare(item.data, item.role, "", deadline)
    if answer.reference.uri:
        return answer.reference
    # What ingest does not keep is asked about all the same, by its digest, and is decided so.
    return ObjectReference(sha256=hashlib.sha256(item.data).digest(), size_bytes=len(item.data))
