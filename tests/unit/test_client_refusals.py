"""What an answer means that is no success, and how long it asks to be left alone."""

import pytest

from sluice.client.outcome import Why
from sluice.client.refusals import Again, Unreadable, Wrong, refusal, retry_after
from sluice.client.wire import Reply
from tests.unit.client_talks import error

NOW_MS = 784_111_000_000
"""Sunday, 6 November 1994, 08:36:40 UTC."""


@pytest.mark.parametrize(
    ("reply", "meaning"),
    [
        (error(503, "unavailable"), Again(Why.UNAVAILABLE)),
        (error(503, "overloaded", retry_after="2"), Again(Why.UNAVAILABLE, 2.0)),
        (error(503, "no_decision"), Again(Why.NO_DECISION)),
        (error(503, "incomplete", retry_after="1"), Again(Why.INCOMPLETE, 1.0, final=True)),
        (error(503, "unavailable", x_should_retry="false"), Again(Why.UNAVAILABLE, final=True)),
        (error(429, "rate_limit_exceeded", retry_after="7"), Again(Why.BUSY, 7.0)),
        (error(500, "internal_error"), Again(Why.UNAVAILABLE)),
        (error(502), Again(Why.UNAVAILABLE)),
        (error(504), Again(Why.UNAVAILABLE)),
        (error(520), Again(Why.UNAVAILABLE)),
        (error(529, retry_after="4"), Again(Why.UNAVAILABLE, 4.0)),
        (error(408), Again(Why.UNAVAILABLE)),
        (error(400, "unprocessable_content"), Unreadable()),
        (error(400, "invalid_value"), Wrong("invalid_value")),
        (error(401, "invalid_api_key"), Wrong("invalid_api_key")),
        (error(403, "missing_scope"), Wrong("missing_scope")),
        (error(404), Wrong("")),
        (error(409, "idempotency_conflict"), Wrong("idempotency_conflict")),
        (error(413), Wrong("")),
        (error(422, "unprocessable_content"), Wrong("unprocessable_content")),
        (error(501), Wrong("")),
        (error(505), Wrong("")),
        (error(302), Wrong("")),
        (error(101), Wrong("")),
        (Reply(503, {}, b"<html>"), Again(Why.UNAVAILABLE)),
        (Reply(400, {}, b'{"error": "unprocessable_content"}'), Wrong("")),
        (Reply(400, {}, b"[" * 100_000), Wrong("")),
        (Reply(400, {}, b"\xff"), Wrong("")),
    ],
)
def test_what_a_refusal_means(reply: Reply, meaning: object) -> None:
    assert refusal(reply, NOW_MS) == meaning


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("3", 3.0),
        (" 1.5 ", 1.5),
        ("-4", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 777.0),
        ("Sun, 06 Nov 1994 08:30:00 GMT", 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("1e300", 366 * 86_400.0),
        ("soon", 0.0),
        ("", 0.0),
        ("Sun, 99 Nov 1994 08:49:37 GMT", 0.0),
    ],
)
def test_when_to_come_back_is_a_number_of_seconds_or_a_date(said: str, seconds: float) -> None:
    assert retry_after({"retry-after": said}, NOW_MS) == seconds


def test_where_nothing_is_said_nothing_is_asked_for() -> None:
    assert retry_after({}, NOW_MS) == 0.0
