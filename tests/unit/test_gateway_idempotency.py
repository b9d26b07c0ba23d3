"""Ids of requests: new ones, or those that a key stands for."""

import uuid

import pytest

from gateway.errors import ApiError
from gateway.idempotency import RequestIds
from sluice.ids import parse_request_id

SECRET = bytes(range(32))


def request_ids(tenant: str, key: str | None, count: int) -> list[str]:
    """Ids of an installation."""
    return RequestIds(SECRET).of(tenant, key, count)


def test_without_a_key_they_are_new() -> None:
    made = [*request_ids("t", None, 3), *request_ids("t", None, 3)]
    assert len(set(made)) == 6
    assert all(parse_request_id(one) == one for one in made)


def test_with_a_key_they_are_always_the_same() -> None:
    # Written down: another release must find the decisions of this one.
    assert request_ids("default", "k-1", 2) == [
        "cc83cfc5-afc6-5242-9fdd-8419def275b0",
        "db7b392f-317d-5134-8235-ad8b06b4906b",
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


def test_another_secret_makes_other_ids() -> None:
    assert RequestIds(bytes(32)).of("t", "k", 1) != RequestIds(SECRET).of("t", "k", 1)


def test_nobody_makes_them_up_without_the_secret() -> None:
    (found,) = request_ids("default", "order-1", 1)
    names = (uuid.NAMESPACE_DNS, uuid.NAMESPACE_URL, uuid.UUID(int=0))
    assert all(str(uuid.uuid5(name, "7 default order-1 0")) != found for name in names)
