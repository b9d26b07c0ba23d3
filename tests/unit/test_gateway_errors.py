"""OpenAI's error envelope: which type each status has, and what an answer says beside it."""

import json
from http import HTTPStatus

import pytest

from gateway.errors import ApiError, bad_request, not_found, unavailable
from gateway.refused import api_error, internal_error
from sluice.errors import (
    ConfigError,
    FatalError,
    NotReadyError,
    OverloadedError,
    RetryableError,
    SluiceError,
    TerminalError,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "invalid_request_error"),
        (405, "invalid_request_error"),
        (408, "invalid_request_error"),
        (409, "invalid_request_error"),
        (413, "invalid_request_error"),
        (415, "invalid_request_error"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
def test_the_type_is_the_statuss(status: int, kind: str) -> None:
    error = ApiError(HTTPStatus(status), "code", "words", "param")
    answer = error.response()
    assert answer.status_code == status
    assert json.loads(bytes(answer.body)) == {
        "error": {"message": "words", "type": kind, "param": "param", "code": "code"}
    }


@pytest.mark.parametrize(("seconds", "told"), [(0.0, "1"), (0.2, "1"), (1.0, "1"), (1.1, "2"), (3599.5, "3600")])
def test_a_wait_is_whole_seconds_and_never_none(seconds: float, told: str) -> None:
    assert unavailable("c", "m", seconds).headers() == {"retry-after": told}


def test_who_has_no_key_is_told_how_keys_are_shown() -> None:
    assert ApiError(HTTPStatus.UNAUTHORIZED, "c", "m").headers() == {"www-authenticate": 'Bearer realm="sluice"'}


@pytest.mark.parametrize(("retry", "told"), [(True, "true"), (False, "false")])
def test_a_client_is_told_whether_to_try_again(retry: bool, told: str) -> None:
    assert ApiError(HTTPStatus.CONFLICT, "c", "m", retry=retry).headers() == {"x-should-retry": told}


def test_without_a_reason_nothing_is_said_beside_the_body() -> None:
    assert bad_request("c", "m").headers() == {}
    assert not_found("m").headers() == {}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (bad_request("c", "m"), 400, "c"),
        (OverloadedError("full", 3.0), 503, "overloaded"),
        (RetryableError("a secret"), 503, "unavailable"),
        (NotReadyError("not yet"), 503, "unavailable"),
        (TerminalError("never"), 500, "internal_error"),
        (FatalError("over"), 500, "internal_error"),
        (ConfigError(["wrong"]), 500, "internal_error"),
        (SluiceError("other"), 500, "internal_error"),
    ],
)
def test_an_error_of_ours_is_never_a_pass_and_its_words_stay_inside(
    error: SluiceError, status: int, code: str
) -> None:
    found = api_error(error)
    assert (found.status, found.code) == (HTTPStatus(status), code)
    if not isinstance(error, ApiError):
        assert str(error) not in found.message


def test_a_mistake_of_ours_says_that_nothing_was_allowed() -> None:
    assert "Nothing was allowed" in internal_error().message
