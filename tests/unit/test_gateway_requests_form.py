"""What POST /v1/requests takes, and the request that is made of it."""

from pathlib import Path
from typing import Any

import pytest

from gateway.contents import Address, Picture, Stored, Text
from gateway.errors import ApiError
from gateway.idempotency import RequestIds
from gateway.requests_asked import id_of, items_of, request_of
from gateway.requests_form import MOST_EACH, read_request
from sluice.objects import ObjectStore
from sluice.v1.request_pb2 import (
    AGE_BAND_UNDER_13,
    LANE_BULK,
    OPERATION_EDIT,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    Content,
)

ID = "0b8f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e11"
PIXEL = "data:image/png;base64,aGVsbG8="
REFERENCE: dict[str, Any] = {"uri": "https://img.example.org/a.png", "sha256": "ab" * 32, "size_bytes": 7}


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore.open(f"file://{tmp_path}")


GOOD: list[dict[str, Any]] = [
    {"prompt": "x"},
    {"transcript": ["x", "y"]},
    {"uploads": [{"data_url": PIXEL}, {"url": "http://img.example.org/a"}, {"reference": REFERENCE}]},
    {"stage": "Output", "image": {"data_url": PIXEL}, "generation_id": ID.upper()},
    {
        "prompt": "x",
        "age_band": "under_13",
        "operation": "edit",
        "lane": "bulk",
        "wait": False,
        "deadline_ms": 300_000,
    },
]


@pytest.mark.parametrize("body", GOOD)
def test_good_bodies(body: dict[str, Any], store: ObjectStore) -> None:
    form = read_request(body)
    assert items_of(form, store)
    assert request_of(form, ID, "studio", [], 0).subject.tenant == "studio"


BAD: list[tuple[Any, str, str | None]] = [
    ([], "invalid_type", None),
    ("x", "invalid_type", None),
    ({}, "invalid_value", None),
    ({"prompt": ""}, "invalid_value", "prompt"),
    ({"prompt": 5}, "invalid_value", "prompt"),
    ({"prompt": "x", "stage": "DRAFT"}, "invalid_value", "stage"),
    ({"prompt": "x", "promt": "y"}, "unknown_parameter", "promt"),
    ({"prompt": "x", "a secret text": 1}, "unknown_parameter", None),
    ({"prompt": "x", "deadline_ms": 0}, "invalid_value", "deadline_ms"),
    ({"prompt": "x", "deadline_ms": 300_001}, "invalid_value", "deadline_ms"),
    ({"prompt": "x", "deadline_ms": "5"}, "invalid_value", "deadline_ms"),
    ({"prompt": "x", "deadline_ms": 5.5}, "invalid_value", "deadline_ms"),
    ({"prompt": "x", "deadline_ms": True}, "invalid_value", "deadline_ms"),
    ({"prompt": "x", "wait": 1}, "invalid_value", "wait"),
    ({"prompt": "x", "request_id": "7"}, "invalid_value", "request_id"),
    ({"prompt": "x", "generation_id": ID}, "invalid_value", None),
    ({"prompt": "x", "account_id": "a" * 257}, "invalid_value", "account_id"),
    ({"prompt": "x", "account_id": "a\u0007"}, "invalid_value", "account_id"),
    ({"prompt": "x", "account_id": "\ud800"}, "invalid_value", "account_id"),
    ({"prompt": "x", "stage": "OUTPUT"}, "invalid_value", None),
    ({"prompt": "x", "image": {"data_url": PIXEL}}, "invalid_value", None),
    ({"uploads": [{}]}, "invalid_value", "uploads[0]"),
    ({"uploads": [{"url": "http://a", "data_url": PIXEL}]}, "invalid_value", "uploads[0]"),
    (
        {"uploads": [{"reference": {**REFERENCE, "sha256": "AB" * 32}}]},
        "invalid_value",
        "uploads[0].reference.sha256",
    ),
    ({"uploads": [{"reference": {"uri": "https://a"}}]}, "missing_required_parameter", "uploads[0].reference.sha256"),
    ({"uploads": [{"reference": {**REFERENCE, "bucket": "b"}}]}, "unknown_parameter", "uploads[0].reference.bucket"),
    ({"transcript": ["x"] * (MOST_EACH + 1)}, "invalid_value", "transcript"),
    ({"uploads": [{"data_url": PIXEL}] * (MOST_EACH + 1)}, "invalid_value", "uploads"),
]


@pytest.mark.parametrize(("body", "code", "param"), BAD)
def test_bad_bodies(body: Any, code: str, param: str | None) -> None:
    with pytest.raises(ApiError) as caught:
        read_request(body)
    assert (caught.value.status, caught.value.code, caught.value.param) == (400, code, param)


BAD_PICTURES: list[tuple[dict[str, Any], str]] = [
    ({"data_url": "data:image/png;base64,???"}, "invalid_image_url"),
    ({"data_url": "https://img.example.org/a.png"}, "invalid_image_url"),
    ({"url": PIXEL}, "invalid_value"),
    ({"url": "file:///etc/passwd"}, "invalid_value"),
    ({"data_url": "data:text/html;base64,aGVsbG8="}, "invalid_image_url"),
]


@pytest.mark.parametrize(("picture", "code"), BAD_PICTURES)
def test_bad_pictures(picture: dict[str, Any], code: str, store: ObjectStore) -> None:
    with pytest.raises(ApiError) as caught:
        items_of(read_request({"uploads": [picture]}), store)
    assert (caught.value.status, caught.value.code) == (400, code)


def test_nothing_that_was_said_is_in_an_error() -> None:
    for body in ({"prompt": ["swordfish"]}, {"swordfish text": 1}, {"prompt": "x", "stage": "swordfish"}):
        with pytest.raises(ApiError) as caught:
            read_request(body)
        assert "swordfish" not in str(caught.value.body())


def test_contents_in_order(store: ObjectStore) -> None:
    form = read_request(
        {
            "stage": "OUTPUT",
            "prompt": "p",
            "uploads": [{"url": "https://a.example/b"}, {"reference": REFERENCE}],
            "image": {"data_url": PIXEL},
        }
    )
    text, address, stored, picture = items_of(form, store)
    assert text == Text(ROLE_PROMPT, "p", "prompt")
    assert address == Address(ROLE_UPLOAD, "https://a.example/b", "uploads[0].url")
    assert isinstance(stored, Stored)
    assert (stored.reference.sha256, stored.reference.uri) == (b"\xab" * 32, REFERENCE["uri"])
    assert picture == Picture(ROLE_GENERATED, b"hello", "image.data_url")


@pytest.mark.parametrize(
    ("key", "good"), [("originals/ab/cd", True), ("signed/x.png", False), ("renditions/a", False)]
)
def test_of_our_own_store_only_what_was_uploaded(key: str, good: bool, store: ObjectStore) -> None:
    form = read_request({"uploads": [{"reference": {**REFERENCE, "uri": f"{store.url}/{key}"}}]})
    if good:
        assert len(items_of(form, store)) == 1
        return
    with pytest.raises(ApiError) as caught:
        items_of(form, store)
    assert (caught.value.code, caught.value.param) == ("invalid_reference", "uploads[0].reference.uri")


def test_what_is_asked() -> None:
    form = read_request(GOOD[3] | GOOD[4])
    asked = request_of(form, ID, "studio", [Content(text="x")], 5000)
    assert (asked.id, asked.generation_id, asked.stage) == (ID, ID, STAGE_OUTPUT)
    assert (asked.operation, asked.lane, asked.deadline_ms) == (OPERATION_EDIT, LANE_BULK, 300_000)
    assert (asked.subject.age_band, asked.subject.tenant) == (AGE_BAND_UNDER_13, "studio")
    assert request_of(read_request({"prompt": "x"}), ID, "", [], 5000).deadline_ms == 5000


def test_ids() -> None:
    ids = RequestIds(bytes(32))
    form = read_request({"prompt": "x"})
    assert id_of(form, ids, "a", None) != id_of(form, ids, "a", None)
    assert id_of(form, ids, "a", "key") == id_of(form, ids, "a", "key") != id_of(form, ids, "b", "key")
    chosen = read_request({"prompt": "x", "request_id": ID.upper()})
    assert id_of(chosen, ids, "a", None) == id_of(chosen, ids, "a", "key") == ID
