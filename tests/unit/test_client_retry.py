"""One call until it is answered: which answers end it, how tries follow each other, and that the deadline holds."""

import pytest

from sluice.client.outcome import NotAllowed, Refused, Rejected, Unavailable, Why
from sluice.client.retry import Pace, exchange
from sluice.client.wire import Answer, Call, NoReply, Reply, Silence
from tests.unit.client_talks import DROPPED, SILENT, Clock, about, error, play, reply

CALL = Call("POST", "/v1/requests", b"{}")


def ask(clock: Clock, answers: list[Answer], seconds: float = 10.0, absent: Why | None = None) -> bytes:
    """The body of the good answer; an empty one is none."""

    def read(got: Reply) -> bytes | Why:
        return got.body or Why.BAD_ANSWER

    return play(exchange(CALL, read, clock.deadline(seconds), clock.pace(), about(), absent=absent), clock, answers)


def fails(clock: Clock, answers: list[Answer], seconds: float = 10.0) -> NotAllowed:
    with pytest.raises(NotAllowed) as caught:
        ask(clock, answers, seconds)
    return caught.value


def test_pauses_double_up_to_their_most() -> None:
    clock = Clock()
    assert ask(clock, [DROPPED] * 7 + [reply("good")], 60) == b'"good"'
    assert clock.pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_dice_take_up_to_half_of_a_pause_away() -> None:
    assert Pace(dice=lambda: 1.0).wait(1) == 0.1
    assert Pace(dice=lambda: 0.5).wait(2) == pytest.approx(0.3)
    assert all(0.1 <= Pace().wait(1) <= 0.2 for _ in range(50))
    assert Pace(dice=lambda: 0.0).wait(10_000) == 5.0


def test_what_the_gateway_asks_for_is_waited_for_where_it_is_longer() -> None:
    clock = Clock()
    assert ask(clock, [error(429, retry_after="3"), error(503, retry_after="0"), reply("good")]) == b'"good"'
    assert clock.pauses == [3.0, 0.4]


def test_who_asks_for_longer_than_there_is_time_ends_it_at_once() -> None:
    clock = Clock()
    found = fails(clock, [error(429, retry_after="11")])
    assert isinstance(found, Unavailable)
    assert (found.why, found.retry_after, clock.pauses) == (Why.BUSY, 11.0, [])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (DROPPED, Why.NO_ANSWER),
        (SILENT, Why.NO_ANSWER),
        (NoReply(Silence.TOO_LONG), Why.NO_ANSWER),
        (Reply(200, {}, b""), Why.BAD_ANSWER),
        (error(503, "no_decision"), Why.NO_DECISION),
        (error(429), Why.BUSY),
        (error(500), Why.UNAVAILABLE),
    ],
)
def test_what_never_gets_better_ends_with_the_deadline_and_says_what_was_last(answer: Answer, why: Why) -> None:
    clock = Clock()
    found = fails(clock, [answer])
    assert isinstance(found, Unavailable)
    assert not isinstance(found, Rejected)
    assert found.why is why
    assert clock.ms <= 1_000_000 + 10_001


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (NoReply(Silence.CERTIFICATE), Why.NO_ANSWER),
        (NoReply(Silence.CLOSED), Why.NO_ANSWER),
        (error(503, "incomplete"), Why.INCOMPLETE),
        (error(503, "unavailable", x_should_retry="false"), Why.UNAVAILABLE),
    ],
)
def test_what_another_try_does_not_mend_ends_it_at_once(answer: Answer, why: Why) -> None:
    clock = Clock()
    found = fails(clock, [answer, reply("good")])
    assert isinstance(found, Unavailable)
    assert (found.why, len(clock.limits)) == (why, 1)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 413, 415, 422])
def test_a_call_that_is_wrong_is_made_once(status: int) -> None:
    clock = Clock()
    found = fails(clock, [error(status, "some_code"), reply("good")])
    assert isinstance(found, Rejected)
    assert (found.status, found.code, len(clock.limits)) == (status, "some_code", 1)


def test_of_a_server_s_word_only_what_is_a_code_is_kept() -> None:
    for code in ("a prompt, repeated", "x" * 65, "A", "", "é"):
        found = fails(Clock(), [error(400, code)])
        assert isinstance(found, Rejected)
        assert found.code == ""


def test_what_the_gateway_cannot_read_is_refused() -> None:
    found = fails(Clock(), [error(400, "unprocessable_content")])
    assert isinstance(found, Refused)
    assert (found.action, found.rules) == ("BLOCK", ("unprocessable",))


def test_a_404_may_pass_where_something_is_still_to_come() -> None:
    clock = Clock()
    assert ask(clock, [error(404), error(404), reply("good")], absent=Why.NOT_SIGNED) == b'"good"'


def test_a_try_has_no_more_time_than_is_left() -> None:
    clock = Clock()
    fails(clock, [SILENT], 35.0)
    assert clock.limits[0] == 20.0
    assert clock.limits[1] == pytest.approx(14.8)
    assert len(clock.limits) == 2


def test_after_the_deadline_nobody_is_asked() -> None:
    clock = Clock()
    deadline = clock.deadline(1.0)
    clock.ms += 1000
    with pytest.raises(Unavailable):
        play(exchange(CALL, lambda got: got.body, deadline, clock.pace(), about()), clock, [reply("good")])
    assert clock.limits == []
