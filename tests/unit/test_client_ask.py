"""What is asked, and what of it leaves the process in which form."""

import json
import uuid
from typing import Any

import pytest

from sluice.client.ask import Ask, Details, Picture
from sluice.ids import parse_request_id
from tests.unit.client_talks import PICTURE, PROMPT, REQUEST_ID

SECRETS = (PROMPT, "an-account-of-somebody", "what was said before")


def test_the_form_of_a_prompt_has_what_was_given_and_nothing_else() -> None:
    assert json.loads(Ask.of(PROMPT, {"request_id": REQUEST_ID}).form([])) == {
        "request_id": REQUEST_ID,
        "stage": "PROMPT",
        "operation": "GENERATE",
        "age_band": "UNKNOWN",
        "wait": True,
        "prompt": PROMPT,
    }
    ask = Ask.of(
        "",
        {
            "request_id": REQUEST_ID.upper(),
            "account": "somebody",
            "age_band": "TEEN",
            "operation": "EDIT",
            "uploads": [PICTURE],
            "transcript": ["before"],
            "checks_seconds": 1.5,
        },
    )
    form = json.loads(ask.form([{"data_url": "x"}]))
    assert form == {
        "request_id": REQUEST_ID,
        "stage": "PROMPT",
        "operation": "EDIT",
        "age_band": "TEEN",
        "wait": True,
        "account_id": "somebody",
        "transcript": ["before"],
        "uploads": [{"data_url": "x"}],
        "deadline_ms": 1500,
    }
    other = json.loads(ask.output_form("its-id", [{"data_url": "x"}], {"reference": {}}))
    own = {"request_id": "its-id", "stage": "OUTPUT", "generation_id": REQUEST_ID, "image": {"reference": {}}}
    assert other == form | own


def test_a_picture_s_request_has_the_same_id_however_often_it_is_submitted() -> None:
    ask = Ask.of(PROMPT, {"request_id": REQUEST_ID})
    first, again = ask.output_id(Picture.of(PICTURE)), ask.output_id(Picture.of(bytearray(PICTURE)))
    assert first == again == parse_request_id(first)
    others = {ask.output_id(Picture.of(b"another")), Ask.of(PROMPT, {}).output_id(Picture.of(PICTURE)), REQUEST_ID}
    assert first not in others
    assert len(others) == 3


def test_each_prompt_has_an_id_of_its_own() -> None:
    ids = {Ask.of(PROMPT, {}).request_id for _ in range(3)}
    assert len(ids) == 3
    assert all(str(uuid.UUID(each)) == each for each in ids)


@pytest.mark.parametrize(
    ("prompt", "details", "error"),
    [
        (None, {}, ValueError),
        ("", {}, ValueError),
        (7, {}, TypeError),
        (PROMPT, {"account": 7}, TypeError),
        (PROMPT, {"account": "a" * 257}, ValueError),
        (PROMPT, {"account": "an-account-of-somebody\n"}, ValueError),
        (PROMPT, {"transcript": "what was said before"}, TypeError),
        (PROMPT, {"transcript": [7]}, TypeError),
        (PROMPT, {"uploads": PICTURE}, TypeError),
        (PROMPT, {"uploads": ["picture.png"]}, TypeError),
        (PROMPT, {"uploads": [b""]}, ValueError),
        (PROMPT, {"age_band": "adult"}, ValueError),
        (PROMPT, {"operation": "DRAW"}, ValueError),
        (PROMPT, {"request_id": "an-account-of-somebody"}, ValueError),
        (PROMPT, {"deadline": 30}, TypeError),
        (PROMPT, {"upload": [PICTURE]}, TypeError),
        (PROMPT, {"age_brand": "UNDER_13"}, TypeError),
        (PROMPT, {"checks_seconds": 0}, ValueError),
        (PROMPT, {"checks_seconds": 301}, ValueError),
        (PROMPT, {"checks_seconds": float("nan")}, ValueError),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anybody_is_and_is_not_repeated(
    prompt: Any, details: Details, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        Ask.of(prompt, details)
    assert not [secret for secret in SECRETS if secret in str(caught.value)]


def test_no_repr_has_content() -> None:
    ask = Ask.of(PROMPT, {"account": SECRETS[1], "transcript": [SECRETS[2]], "uploads": [PICTURE]})
    assert not [secret for secret in (*SECRETS, "pixels") if secret in repr(ask)]


@pytest.mark.parametrize(
    ("data", "kind"),
    [(PICTURE, "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"no picture", "image/x-unknown")],
)
def test_a_picture_s_kind_is_told_by_its_bytes(data: bytes, kind: str) -> None:
    assert Picture.of(memoryview(data)).media_type == kind
