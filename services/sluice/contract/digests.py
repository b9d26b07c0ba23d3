"""The content digest: what makes two requests with one id the same request, or a conflict.

Ingest computes it, the decision carries it, and a door computes it from what it sent before it believes an answer.
"""

import hashlib
from collections.abc import Iterable, Iterator

from sluice.ids import parse_request_id
from sluice.v1.contents_pb2 import Contents
from sluice.v1.request_pb2 import (
    AGE_BAND_UNKNOWN,
    AGE_BAND_UNSPECIFIED,
    OPERATION_GENERATE,
    OPERATION_UNSPECIFIED,
    Content,
    Request,
)

_DOMAIN = b"sluice.v1.content_digest"


def request_digest(request: Request) -> bytes:
    """The content digest of a request as it was sent, 32 bytes."""
    return _digest(request, ((content.role, body_sha256(content)) for content in request.contents))


def contents_digest(contents: Contents) -> bytes:
    """The same digest, computed from the record that ingest made of every content of that request.

    Further views of a content are the same bytes once more, and count for nothing.
    """
    own = (content for content in contents.contents if not content.view_of)
    return _digest(contents, ((content.role, content.sha256) for content in own))


def body_sha256(content: Content) -> bytes:
    """SHA-256 of a content's bytes: text as UTF-8, a picture as sent, what a reference says; empty without a body."""
    match content.WhichOneof("body"):
        case "text":
            return hashlib.sha256(content.text.encode()).digest()
        case "image":
            return hashlib.sha256(content.image).digest()
        case "reference":
            return content.reference.sha256
        case _:
            return b""


def _digest(head: Request | Contents, contents: Iterable[tuple[int, bytes]]) -> bytes:
    """SHA-256 over each field in a fixed order, each behind its length in 8 bytes, so that no two inputs meet.

    Deadline, lane and location are not part of it: they do not change what is judged.
    """
    whole = hashlib.sha256()
    for field in _fields(head, contents):
        whole.update(len(field).to_bytes(8, "big"))
        whole.update(field)
    return whole.digest()


def _fields(head: Request | Contents, contents: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    operation: int = OPERATION_GENERATE if head.operation == OPERATION_UNSPECIFIED else head.operation
    age_band: int = AGE_BAND_UNKNOWN if head.subject.age_band == AGE_BAND_UNSPECIFIED else head.subject.age_band
    yield _DOMAIN
    yield str(int(head.stage)).encode()
    yield str(operation).encode()
    # Letter case does not make another id.
    yield (parse_request_id(head.generation_id) or head.generation_id).encode()
    yield head.subject.account_id.encode()
    yield str(age_band).encode()
    yield head.subject.tenant.encode()
    for role, sha256 in contents:
        yield str(int(role)).encode()
        yield sha256
