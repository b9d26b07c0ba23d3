"""Who may ask: 401, 403 and 429 before a byte of a body is read, and 503 where nobody can say."""

import asyncio
from http import HTTPStatus
from pathlib import Path

import pytest

from gateway.auth import Gate
from gateway.errors import ApiError
from gateway.keys import Key, digest_of, new_secret
from gateway.limits import RateLimits
from gateway.scopes import Limits, Scope
from sluice.errors import RetryableError
from tests.unit.gateway_door import NOW_MS, bearer, open_door

PATH = "/v1/moderations"
BODY = {"input": "x"}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({}, "missing_api_key"),
        ({"authorization": ""}, "missing_api_key"),
        ({"authorization": "Basic dXNlcjpwYXNz"}, "missing_api_key"),
        ({"authorization": "Bearer"}, "missing_api_key"),
        ({"authorization": "Bearer sk-other"}, "invalid_api_key"),
        ({"authorization": f"Bearer {new_secret()}"}, "invalid_api_key"),
        ({"authorization": f"Bearer {'x' * 10_000}"}, "invalid_api_key"),
    ],
)
async def test_without_a_good_key_nobody_is_let_in(tmp_path: Path, header: dict[str, str], code: str) -> None:
    async with open_door(tmp_path) as door:
        del door.client.headers["authorization"]
        answer = await door.client.post(PATH, json=BODY, headers=header)
        error = answer.json()["error"]
        assert (answer.status_code, error["type"], error["code"]) == (401, "authentication_error", code)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert not door.road.asked


async def test_two_keys_are_none(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        shown = [("authorization", f"Bearer {door.secret}"), ("authorization", f"Bearer {new_secret()}")]
        del door.client.headers["authorization"]
        assert (await door.client.post(PATH, json=BODY, headers=shown)).status_code == HTTPStatus.UNAUTHORIZED


async def test_a_key_is_good_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        later, passed = await door.key(expires_ms=NOW_MS + 1), await door.key(expires_ms=NOW_MS)
        revoked = await door.key(revoked_ms=NOW_MS - 1)
        statuses = [
            (await door.client.post(PATH, json=BODY, headers=bearer(secret))).status_code
            for secret in (later, passed, revoked)
        ]
        assert statuses == [HTTPStatus.OK, HTTPStatus.UNAUTHORIZED, HTTPStatus.UNAUTHORIZED]


async def test_a_key_opens_what_its_scopes_say(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        reader = await door.key([Scope.READ])
        answer = await door.client.post(PATH, json=BODY, headers=bearer(reader))
        error = answer.json()["error"]
        assert (answer.status_code, error["type"], error["code"]) == (403, "permission_error", "missing_scope")
        assert not door.road.asked


async def test_who_asks_too_often_is_told_for_how_long_to_wait(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        slow = bearer(await door.key(limits=Limits(rate=1, burst=2)))
        answers = [await door.client.post(PATH, json=BODY, headers=slow) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        error = answers[2].json()["error"]
        assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
        assert 50 <= int(answers[2].headers["retry-after"]) <= 60
        assert (await door.client.post(PATH, json=BODY)).status_code == HTTPStatus.OK


async def test_a_quota_that_is_used_up_is_429_and_not_worth_another_try(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        few = bearer(await door.key(limits=Limits(day=3)))
        assert (await door.client.post(PATH, json={"input": ["x", "y"]}, headers=few)).status_code == HTTPStatus.OK
        answer = await door.client.post(PATH, json={"input": ["x", "y"]}, headers=few)
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "insufficient_quota")
        assert answer.headers["x-should-retry"] == "false"
        assert int(answer.headers["retry-after"]) > 3600
        assert (await door.client.post(PATH, json=BODY, headers=few)).status_code == HTTPStatus.OK
        assert len(door.road.asked) == 3


async def test_the_key_is_asked_for_before_the_body(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        host, port = door.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /v1/moderations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 1000000\r\n\r\n"
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 401")
        writer.close()


class Away:
    """A key store that does not answer."""

    async def find(self, digest: bytes) -> Key | None:
        raise RetryableError("the key store: timeout")


async def test_where_nobody_can_say_nobody_is_let_in(tmp_path: Path) -> None:
    gate = Gate(Away(), RateLimits(), lambda: NOW_MS)
    async with open_door(tmp_path, gate=gate) as door:
        answer = await door.client.post(PATH, json=BODY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
        assert not door.road.asked


async def test_a_session_shows_the_digest_of_its_key(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        gate = door.parts.gate
        secret = await door.key([Scope.CONSOLE])
        assert (await gate.known(digest_of(secret), Scope.CONSOLE)).tenant == "tenant-1"
        for digest, scope, status in (
            (digest_of(secret), Scope.READ, HTTPStatus.FORBIDDEN),
            (b"0" * 32, Scope.CONSOLE, HTTPStatus.UNAUTHORIZED),
        ):
            with pytest.raises(ApiError) as found:
                await gate.known(digest, scope)
            assert found.value.status is status


async def test_no_key_is_in_the_log(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await door.client.post(PATH, json=BODY)
        wrong = new_secret()
        await door.client.post(PATH, json=BODY, headers=bearer(wrong))
        assert door.secret not in door.said.getvalue()
        assert wrong not in door.said.getvalue()
