"""What a key looks like, and what is kept of it."""

import hashlib

import pytest

from gateway.keys import PREFIX, Key, digest_of, is_secret, new_id, new_secret
from gateway.scopes import Limits, Scope

ALL = frozenset(Scope)


def test_a_key_is_256_bits_that_nobody_had_before() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(is_secret(secret) and len(secret) == len(PREFIX) + 43 for secret in made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk-sluice-",
        f"sk-sluice-{'a' * 42}",
        f"sk-sluice-{'a' * 44}",
        f"sk-sluice-{'a' * 42}+",
        f"sk-{'a' * 43}",
        f"sk-sluice-{'a' * 43}\n",
        f" sk-sluice-{'a' * 43}",
    ],
)
def test_what_is_none(text: str) -> None:
    assert not is_secret(text)


def test_its_sha_256_is_what_is_kept() -> None:
    secret = new_secret()
    assert digest_of(secret) == hashlib.sha256(secret.encode()).digest()
    key = Key(new_id(), "n", digest_of(secret), "t", ALL, Limits(), 1)
    assert secret not in repr(key)


@pytest.mark.parametrize(
    ("expires", "revoked", "good"), [(0, 0, True), (101, 0, True), (100, 0, False), (0, 1, False), (101, 1, False)]
)
def test_until_when_it_is_good(expires: int, revoked: int, good: bool) -> None:
    assert Key("k", "n", b"", "t", ALL, Limits(), 1, expires, revoked).good(100) is good
