"""Ids of requests: new ones, or those that a key stands for."""

import uuid

import pytest

from gateway.errors import ApiError
from gateway.idempotency import request_ids
from sluice.ids import parse_request_id


def test_without_a_key_they_are_new() -> None:
    made = [*request_ids("t", None, 3), *request_ids("t", None, 3)]
    assert len(set(made)) == 6
    assert all(parse_request_id(one) == one for one in made)


def test_with_a_key_they_are_always_the_same() -> None:
    # Written down: another release must find the decisions of this one.
    assert request_ids("default", "k-1", 2) == [
        "6acbcef2-f734-5b78-afec-ca6c5cbb34b2",
        "092ecd56-b7b7-5257-9d22-ee4ed48a1dca",
    ]


def test_fewer_of_them_are_the_first_of_more() -> None:
    assert request_ids("t", "k", 1) == request_ids("t", "k", 5)[:1]


@pytest.mark.parametrize(
    ("one", "other"), [(("a", "b c"), ("a b", "c")), (("a", "b"), ("b", "a")), (("", "k"), ("k", "k"))]
)
def test_no_two_pairs_meet(one: tuple[str, str], other: tuple[str, str]) -> None:
    keys = [pair[1].replace(" ", "_") for pair in (one, other)]
    assert request_ids(one[0], keys[0], 1) != request_ids(other[0], keys[1], 1)


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "ä", "a\tb"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ApiError) as found:
        request_ids("t", key, 1)
    assert (found.value.code, found.value.param) == ("invalid_idempotency_key", "idempotency-key")


def test_they_are_of_version_five() -> None:
    assert uuid.UUID(request_ids("t", "k", 1)[0]).version == 5
