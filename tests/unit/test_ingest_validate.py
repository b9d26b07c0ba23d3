"""What is a request, and which requests can be judged."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.validate import MAX_CONTENTS, judge, parse
from sluice.errors import PoisonError
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
    AGE_BAND_TEEN,
    LANE_BULK,
    OPERATION_EDIT,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_TRANSCRIPT,
    ROLE_UNSPECIFIED,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    STAGE_UNSPECIFIED,
    Content,
    ObjectReference,
    Request,
    Subject,
)

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
GENERATION = "6f9619ff-8b86-4011-b42d-00cf4fc964ff"
FIELD_99 = b"\x98\x06\x01"
"""On the wire: field 99 is 1."""


def prompt() -> Request:
    return Request(id=ID, stage=STAGE_PROMPT, contents=[Content(role=ROLE_PROMPT, text="a lighthouse")])


def output() -> Request:
    return Request(
        id=ID,
        generation_id=GENERATION,
        stage=STAGE_OUTPUT,
        operation=OPERATION_EDIT,
        lane=LANE_BULK,
        subject=Subject(account_id="a", age_band=AGE_BAND_TEEN, tenant="t"),
        contents=[
            Content(role=ROLE_PROMPT, text="a lighthouse"),
            Content(role=ROLE_TRANSCRIPT, reference=ObjectReference(uri="x", media_type="text/plain")),
            Content(role=ROLE_UPLOAD, image=b"1"),
            Content(role=ROLE_GENERATED, reference=ObjectReference(uri="y")),
        ],
        deadline_ms=5000,
    )


def poison(value: bytes) -> int:
    with pytest.raises(PoisonError) as caught:
        parse(value)
    return caught.value.reason


def test_a_request_comes_through_unchanged() -> None:
    for request in (prompt(), output()):
        assert parse(request.SerializeToString()) == request
        assert judge(request) is None


def test_ids_get_their_canonical_form() -> None:
    request = output()
    request.id, request.generation_id = ID.upper(), GENERATION.upper()
    parsed = parse(request.SerializeToString())
    assert (parsed.id, parsed.generation_id) == (ID, GENERATION)


def test_only_ingest_itself_says_that_something_was_released() -> None:
    request = prompt()
    request.released_from = GENERATION
    assert parse(request.SerializeToString()).released_from == ""
    assert parse(request.SerializeToString(), ours=True).released_from == GENERATION


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b'{"prompt": "a lighthouse"}',
        b"\xff" * 20,
        b"\x0a\x7fcut",
        b"\x0a\x02\xff\xff",
        prompt().SerializeToString()[:-3],
        prompt().SerializeToString().replace(b"lighthouse", b"\xc3(ghthouse"),
    ],
)
def test_what_is_not_ours_is_malformed(value: bytes) -> None:
    assert poison(value) == DEAD_LETTER_REASON_MALFORMED


@pytest.mark.parametrize(
    "request_id", ["", "7", "0f8fad5bd9cb469fa16570867728950e", "x" * 36, ID + " ", "{" + ID + "}"]
)
def test_a_request_needs_an_id_that_can_be_answered_to(request_id: str) -> None:
    request = prompt()
    request.id = request_id
    # Without an id there has to be something else, or there is nothing on the wire.
    assert poison(request.SerializeToString()) == DEAD_LETTER_REASON_INVALID_REQUEST_ID


def clear_contents(request: Request) -> None:
    del request.contents[:]


def make_many(request: Request) -> None:
    for _ in range(MAX_CONTENTS + 1 - len(request.contents)):
        request.contents.add(role=ROLE_PROMPT, text="more")


Change = Callable[[Request], object]

REFUSED: dict[str, tuple[Change, Unprocessable.ValueType]] = {
    "no contents": (clear_contents, UNPROCESSABLE_NO_CONTENTS),
    "too many contents": (make_many, UNPROCESSABLE_TOO_MANY_CONTENTS),
    "no stage": (lambda r: setattr(r, "stage", STAGE_UNSPECIFIED), UNPROCESSABLE_UNKNOWN_ENUM),
    "unknown stage": (lambda r: setattr(r, "stage", 3), UNPROCESSABLE_UNKNOWN_ENUM),
    "unknown operation": (lambda r: setattr(r, "operation", 3), UNPROCESSABLE_UNKNOWN_ENUM),
    "negative operation": (lambda r: setattr(r, "operation", -1), UNPROCESSABLE_UNKNOWN_ENUM),
    "unknown lane": (lambda r: setattr(r, "lane", 9), UNPROCESSABLE_UNKNOWN_ENUM),
    "unknown age band": (lambda r: setattr(r.subject, "age_band", 5), UNPROCESSABLE_UNKNOWN_ENUM),
    "unknown role": (lambda r: setattr(r.contents[2], "role", 5), UNPROCESSABLE_UNKNOWN_ENUM),
    "no role": (lambda r: setattr(r.contents[2], "role", ROLE_UNSPECIFIED), UNPROCESSABLE_UNKNOWN_ENUM),
    "no generated picture": (lambda r: r.contents.pop(), UNPROCESSABLE_WRONG_ROLES),
    "two generated pictures": (
        lambda r: setattr(r.contents[2], "role", ROLE_GENERATED),
        UNPROCESSABLE_WRONG_ROLES,
    ),
    "generated before generation": (lambda r: setattr(r, "stage", STAGE_PROMPT), UNPROCESSABLE_WRONG_ROLES),
    "a picture as prompt": (lambda r: setattr(r.contents[0], "image", b"1"), UNPROCESSABLE_WRONG_ROLES),
    "text as generated": (lambda r: setattr(r.contents[3], "text", "a"), UNPROCESSABLE_WRONG_ROLES),
    "a content without a body": (lambda r: r.contents[0].ClearField("text"), UNPROCESSABLE_EMPTY),
    "a generation id that is none": (
        lambda r: setattr(r, "generation_id", "mine"),
        UNPROCESSABLE_INVALID_GENERATION_ID,
    ),
    "an account with a NUL": (lambda r: setattr(r.subject, "account_id", "a\0"), UNPROCESSABLE_INVALID_SUBJECT),
    "an account with a line's end": (
        lambda r: setattr(r.subject, "account_id", "lighthouse\n"),
        UNPROCESSABLE_INVALID_SUBJECT,
    ),
    "an account that is too long": (
        lambda r: setattr(r.subject, "account_id", "a" * 256),
        UNPROCESSABLE_INVALID_SUBJECT,
    ),
    "a tenant with a control character": (
        lambda r: setattr(r.subject, "tenant", "\x7f"),
        UNPROCESSABLE_INVALID_SUBJECT,
    ),
    "a tenant that is too long": (lambda r: setattr(r.subject, "tenant", "a" * 256), UNPROCESSABLE_INVALID_SUBJECT),
    "an unknown field": (lambda r: r.MergeFromString(FIELD_99), UNPROCESSABLE_UNKNOWN_FIELD),
    "an unknown field of the subject": (lambda r: r.subject.MergeFromString(FIELD_99), UNPROCESSABLE_UNKNOWN_FIELD),
    "an unknown field of a content": (
        lambda r: r.contents[2].MergeFromString(FIELD_99),
        UNPROCESSABLE_UNKNOWN_FIELD,
    ),
    "an unknown field of a reference": (
        lambda r: r.contents[3].reference.MergeFromString(FIELD_99),
        UNPROCESSABLE_UNKNOWN_FIELD,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_judged_is_refused_with_its_reason(name: str) -> None:
    change, reason = REFUSED[name]
    request = output()
    change(request)
    # As it comes from the wire, where enums are open and unknown fields are kept.
    refused = judge(parse(request.SerializeToString()))
    assert refused is not None
    assert refused.reason == reason
    assert "lighthouse" not in refused.detail


def test_a_prompt_request_belongs_to_no_generation() -> None:
    request = prompt()
    request.generation_id = GENERATION
    refused = judge(request)
    assert refused is not None
    assert refused.reason == UNPROCESSABLE_INVALID_GENERATION_ID


def test_an_account_may_be_any_text_that_can_be_written_down() -> None:
    request = output()
    request.subject.account_id, request.subject.tenant = "ä \U0001f600" + "a" * 252, ""
    assert judge(request) is None


def test_an_output_may_stand_alone() -> None:
    request = output()
    request.generation_id = ""
    assert judge(request) is None


def parsed(value: bytes) -> Request | int:
    try:
        return parse(value)
    except PoisonError as error:
        return error.reason


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_else(value: bytes) -> None:
    answer = parsed(value)
    if isinstance(answer, Request):
        assert answer.id == answer.id.lower()
        judge(answer)
    else:
        assert answer in {DEAD_LETTER_REASON_MALFORMED, DEAD_LETTER_REASON_INVALID_REQUEST_ID}
