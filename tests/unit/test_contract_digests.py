"""The content digest: the same for the same request, and for no other."""

import hashlib
import itertools
from collections.abc import Callable

import pytest

from sluice.contract.digests import body_sha256, contents_digest, request_digest
from sluice.v1.contents_pb2 import Contents, PreparedContent
from sluice.v1.request_pb2 import (
    AGE_BAND_TEEN,
    AGE_BAND_UNKNOWN,
    LANE_BULK,
    OPERATION_EDIT,
    OPERATION_GENERATE,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    Content,
    ObjectReference,
    Request,
    Subject,
)

GENERATION = "6f9619ff-8b86-4011-b42d-00cf4fc964ff"


def request() -> Request:
    return Request(
        id="0f8fad5b-d9cb-469f-a165-70867728950e",
        generation_id=GENERATION,
        stage=STAGE_OUTPUT,
        subject=Subject(account_id="ab", tenant="c"),
        contents=[Content(role=ROLE_PROMPT, text="a lighthouse"), Content(role=ROLE_GENERATED, image=b"picture")],
    )


def changed(change: Callable[[Request], object]) -> Request:
    made = request()
    change(made)
    return made


def swap(made: Request) -> None:
    first = made.contents.pop(0)
    made.contents.append(first)


def test_it_is_what_the_documentation_says() -> None:
    fields = [
        *(b"sluice.v1.content_digest", b"2", b"1", GENERATION.encode(), b"ab", b"1", b"c"),
        *(b"1", hashlib.sha256(b"a lighthouse").digest(), b"3", hashlib.sha256(b"picture").digest()),
    ]
    encoded = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
    assert request_digest(request()) == hashlib.sha256(encoded).digest()


MEANING: dict[str, Callable[[Request], object]] = {
    "nothing": lambda made: made.stage,
    "stage": lambda made: setattr(made, "stage", STAGE_PROMPT),
    "operation": lambda made: setattr(made, "operation", OPERATION_EDIT),
    "generation": lambda made: setattr(made, "generation_id", ""),
    "account": lambda made: setattr(made.subject, "account_id", "abc"),
    "account and tenant, the same letters": lambda made: made.subject.MergeFrom(Subject(account_id="a", tenant="bc")),
    "age band": lambda made: setattr(made.subject, "age_band", AGE_BAND_TEEN),
    "role": lambda made: setattr(made.contents[1], "role", ROLE_UPLOAD),
    "text": lambda made: setattr(made.contents[0], "text", "a lighthouse "),
    "picture": lambda made: setattr(made.contents[1], "image", b"Picture"),
    "order": swap,
    "one less": lambda made: made.contents.pop(),
    "one more": lambda made: made.contents.add(role=ROLE_UPLOAD),
    "an unknown stage": lambda made: setattr(made, "stage", -7),
}


def test_no_two_different_requests_share_it() -> None:
    digests = {name: request_digest(changed(change)) for name, change in MEANING.items()}
    assert all(digests[one] != digests[other] for one, other in itertools.combinations(digests, 2))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda made: setattr(made, "deadline_ms", 5000), id="deadline"),
        pytest.param(lambda made: setattr(made, "lane", LANE_BULK), id="lane"),
        pytest.param(lambda made: setattr(made, "operation", OPERATION_GENERATE), id="operation by name"),
        pytest.param(lambda made: setattr(made.subject, "age_band", AGE_BAND_UNKNOWN), id="age band by name"),
        pytest.param(lambda made: setattr(made, "generation_id", GENERATION.upper()), id="letter case of an id"),
        pytest.param(
            lambda made: made.contents[1].reference.CopyFrom(
                ObjectReference(uri="file:///anywhere", sha256=hashlib.sha256(b"picture").digest())
            ),
            id="where the picture lies",
        ),
    ],
)
def test_what_changes_no_meaning_changes_no_digest(change: Callable[[Request], object]) -> None:
    assert request_digest(changed(change)) == request_digest(request())


def test_a_request_without_a_subject_is_one_with_an_empty_subject() -> None:
    assert request_digest(Request()) == request_digest(Request(subject=Subject()))


def test_the_contents_record_gives_the_same() -> None:
    made = request()
    record = Contents(
        request_id=made.id,
        generation_id=made.generation_id,
        stage=made.stage,
        operation=OPERATION_GENERATE,
        subject=made.subject,
        contents=[PreparedContent(role=content.role, sha256=body_sha256(content)) for content in made.contents],
        deadline_at_ms=77,
    )
    assert contents_digest(record) == request_digest(made)
    # A further view of a content is no further content.
    record.contents.add(role=record.contents[0].role, sha256=record.contents[0].sha256, view_of="c0")
    assert contents_digest(record) == request_digest(made)


def test_a_content_without_a_body_has_no_digest() -> None:
    assert body_sha256(Content(role=ROLE_PROMPT)) == b""
    assert body_sha256(Content(role=ROLE_PROMPT, text="")) == hashlib.sha256(b"").digest()
