"""OpenAI's moderation request, read: what is taken, what is refused, and what of it is named."""

import base64
from http import HTTPStatus

import pytest

from gateway.contents import Address, Picture, Text
from gateway.errors import ApiError
from gateway.moderations_in import MODELS, MOST_INPUTS, MOST_PARTS, read_moderation
from sluice.v1.request_pb2 import ROLE_PROMPT, ROLE_UPLOAD

PNG = base64.b64encode(b"\x89PNG").decode()
DATA_URL = f"data:image/png;base64,{PNG}"


def part(url: object) -> dict[str, object]:
    """A picture of a body."""
    return {"type": "image_url", "image_url": {"url": url}}


def test_a_string_is_one_request_with_one_prompt() -> None:
    assert read_moderation({"input": "a lighthouse"}).requests == [[Text(ROLE_PROMPT, "a lighthouse", "input")]]


def test_strings_are_a_request_each_in_their_order() -> None:
    found = read_moderation({"input": ["one", "two"]}).requests
    assert found == [[Text(ROLE_PROMPT, "one", "input[0]")], [Text(ROLE_PROMPT, "two", "input[1]")]]


def test_parts_are_one_request_together() -> None:
    parts = [{"type": "text", "text": "brighter"}, part(DATA_URL), part("https://img.example.org/a.png")]
    assert read_moderation({"input": parts}).requests == [
        [
            Text(ROLE_PROMPT, "brighter", "input[0].text"),
            Picture(ROLE_UPLOAD, b"\x89PNG", "input[1].image_url.url"),
            Address(ROLE_UPLOAD, "https://img.example.org/a.png", "input[2].image_url.url"),
        ]
    ]


@pytest.mark.parametrize("parameters", [";name=a.png", ";charset=utf-8;name=a%20b.png"])
def test_a_data_url_may_have_parameters(parameters: str) -> None:
    ((found,),) = read_moderation({"input": [part(f"data:image/png{parameters};base64,{PNG}")]}).requests
    assert found == Picture(ROLE_UPLOAD, b"\x89PNG", "input[0].image_url.url")


@pytest.mark.parametrize("model", [*sorted(MODELS), None])
def test_every_model_of_theirs_is_ours(model: str | None) -> None:
    assert read_moderation({"input": "x", "model": model}).requests


@pytest.mark.parametrize(
    ("body", "header", "account"),
    [
        ({}, "", ""),
        ({"user": "u"}, "", "u"),
        ({"safety_identifier": "s", "user": "u"}, "", "s"),
        ({"user": "u"}, "h", "h"),
        ({"safety_identifier": "s"}, "h", "s"),
        ({"user": "k" * 255}, "", "k" * 255),
    ],
)
def test_whose_account_it_is(body: dict[str, object], header: str, account: str) -> None:
    assert read_moderation({"input": "x", **body}, header).account == account


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (None, "invalid_type", None),
        ([], "invalid_type", None),
        ("a lighthouse", "invalid_type", None),
        ({}, "missing_required_parameter", "input"),
        ({"input": None}, "invalid_type", "input"),
        ({"input": 1}, "invalid_type", "input"),
        ({"input": {}}, "invalid_type", "input"),
        ({"input": ""}, "empty", "input"),
        ({"input": []}, "empty", "input"),
        ({"input": [""]}, "empty", "input[0]"),
        ({"input": ["a", 1]}, "invalid_type", "input[1]"),
        ({"input": ["a", {"type": "text", "text": "b"}]}, "invalid_type", "input[1]"),
        ({"input": [{"type": "text", "text": "b"}, "a"]}, "invalid_type", "input[1]"),
        ({"input": [["a"]]}, "invalid_type", "input[0]"),
        ({"input": "\ud800"}, "invalid_text", "input"),
        ({"input": ["x"] * (MOST_INPUTS + 1)}, "too_many_inputs", "input"),
        ({"input": [part(DATA_URL)] * (MOST_PARTS + 1)}, "too_many_inputs", "input"),
        ({"input": "x", "threshold": 1}, "unknown_parameter", "threshold"),
        ({"input": "x", "a prompt as a name": 1}, "unknown_parameter", None),
        ({"input": "x", "model": 1}, "invalid_type", "model"),
        ({"input": "x", "model": ["sluice"]}, "invalid_type", "model"),
        ({"input": "x", "user": 1}, "invalid_type", "user"),
        ({"input": "x", "user": "k" * 257}, "invalid_value", "user"),
        ({"input": "x", "user": "a\nb"}, "invalid_value", "user"),
        ({"input": "x", "safety_identifier": "\udfff"}, "invalid_value", "safety_identifier"),
        ({"input": [{}]}, "invalid_value", "input[0].type"),
        ({"input": [{"type": "audio"}]}, "invalid_value", "input[0].type"),
        ({"input": [{"type": "text"}]}, "invalid_type", "input[0].text"),
        ({"input": [{"type": "text", "text": "a", "more": 1}]}, "unknown_parameter", "input[0]"),
        ({"input": [{"type": "image_url"}]}, "invalid_type", "input[0].image_url"),
        ({"input": [{"type": "image_url", "image_url": DATA_URL}]}, "invalid_type", "input[0].image_url"),
        (
            {"input": [{"type": "image_url", "image_url": {"url": DATA_URL, "detail": "low"}}]},
            "unknown_parameter",
            "input[0].image_url",
        ),
        ({"input": [part(None)]}, "invalid_type", "input[0].image_url.url"),
        ({"input": [part("data:image/png;base64,")]}, "empty", "input[0].image_url.url"),
        ({"input": [part("data:image/png;base64,!!!!")]}, "invalid_image_url", "input[0].image_url.url"),
        ({"input": [part(f"data:image/png;base64,{PNG} ")]}, "invalid_image_url", "input[0].image_url.url"),
        ({"input": [part("data:image/png;base64,ä")]}, "invalid_image_url", "input[0].image_url.url"),
        ({"input": [part(f"data:text/plain;base64,{PNG}")]}, "invalid_image_url", "input[0].image_url.url"),
        ({"input": [part("data:image/png,abc")]}, "invalid_image_url", "input[0].image_url.url"),
        ({"input": [part("file:///etc/passwd")]}, "invalid_image_url", "input[0].image_url.url"),
        ({"input": [part("https://a b")]}, "invalid_image_url", "input[0].image_url.url"),
        ({"input": [part("https://" + "a" * 2048)]}, "invalid_image_url", "input[0].image_url.url"),
    ],
)
def test_what_is_wrong_is_said_and_named(body: object, code: str, param: str | None) -> None:
    with pytest.raises(ApiError) as found:
        read_moderation(body)
    assert (found.value.status, found.value.code, found.value.param) == (HTTPStatus.BAD_REQUEST, code, param)


def test_a_model_that_nobody_knows_is_not_found() -> None:
    with pytest.raises(ApiError) as found:
        read_moderation({"input": "x", "model": "gpt-image-1"})
    assert (found.value.status, found.value.code, found.value.param) == (
        HTTPStatus.NOT_FOUND,
        "model_not_found",
        "model",
    )


def test_no_refusal_quotes_what_was_sent() -> None:
    secret = "a prompt that must not be seen"
    for body in ({"input": "x", secret: 1}, {"input": "x", "model": secret}, {"input": [part(secret)]}):
        with pytest.raises(ApiError) as found:
            read_moderation(body)
        assert secret not in str(found.value.body())
