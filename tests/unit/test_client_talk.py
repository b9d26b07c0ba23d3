"""Whole conversations: what is sent where, and that whatever goes wrong is never a pass."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.client.ask import Picture
from sluice.client.outcome import Allowed, NotAllowed, Refused, Stage, Unavailable, Why
from sluice.client.talk import Part
from sluice.client.wire import Answer, Call, NoReply, Reply, Silence
from tests.unit.client_gateway import decision, sign, signed_asset
from tests.unit.client_talks import DROPPED, PICTURE, REQUEST_ID, SILENT, Clock, error, output_id, play, reply, talks

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
OUTPUT_ID = output_id()
SIGNED = sign(PICTURE)
ASSET = signed_asset(OUTPUT_ID, SIGNED)
GOOD = reply(decision(REQUEST_ID))
GOOD_OUTPUT = reply(decision(OUTPUT_ID, "OUTPUT", asset=ASSET))
BYTES = Reply(200, {}, SIGNED)

Answers = list[Answer | Callable[[Call], Answer]]


def prompt(answers: Answers, seconds: float = 30.0, **details: Any) -> tuple[Part, ...]:
    clock = Clock()
    return play(talks(clock, **details).prompt(clock.deadline(seconds)), clock, answers)


def output(answers: Answers, seconds: float = 30.0, **details: Any) -> Allowed:
    clock = Clock()
    talk = talks(clock, **details).output(Picture.of(PICTURE), (), clock.deadline(seconds))
    return play(talk, clock, answers)


class Recorder:
    """Answers as a good gateway, and keeps what it was asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> Answer:
        self.calls.append(call)
        if call.path == "/v1/uploads":
            return reply({"reference": {"uri": "file:///x", "sha256": hashlib.sha256(call.body).hexdigest()}}, 201)
        if call.path == "/v1/requests":
            return GOOD if b'"PROMPT"' in call.body else GOOD_OUTPUT
        return BYTES

    def paths(self) -> list[str]:
        return [call.path for call in self.calls]


def test_a_prompt_is_asked_about_once() -> None:
    recorder = Recorder()
    assert prompt([recorder]) == ()
    (call,) = recorder.calls
    assert (call.method, call.path, call.content_type) == ("POST", "/v1/requests", "application/json")


def test_small_pictures_travel_inside_the_request_and_large_ones_are_stored_first() -> None:
    large = PICTURE + bytes(2000)
    recorder = Recorder()
    parts = prompt([recorder], uploads=[PICTURE, large], inline_limit=1000)
    assert recorder.paths() == ["/v1/uploads", "/v1/requests"]
    assert (recorder.calls[0].body, recorder.calls[0].content_type) == (large, "image/png")
    encoded = base64.b64encode(PICTURE).decode()
    digest = hashlib.sha256(large).hexdigest()
    assert parts == (
        {"data_url": f"data:image/png;base64,{encoded}"},
        {"reference": {"uri": "file:///x", "sha256": digest}},
    )


def test_many_small_pictures_do_not_make_a_request_too_large() -> None:
    recorder = Recorder()
    pictures = [PICTURE + bytes([number]) * (1 << 20) for number in range(5)]
    parts = prompt([recorder], uploads=pictures, inline_limit=2 << 20)
    assert ["data_url" in part for part in parts] == [True, True, True, False, False]


def test_a_picture_s_request_repeats_the_uploads_as_they_were_and_fetches_what_was_signed() -> None:
    recorder, clock = Recorder(), Clock()
    uploads: tuple[Part, ...] = ({"reference": {"uri": "file:///x"}},)
    talk = talks(clock, uploads=[PICTURE]).output(Picture.of(PICTURE), uploads, clock.deadline(9))
    result = play(talk, clock, [recorder])
    assert result == Allowed(SIGNED, "image/png", OUTPUT_ID)
    assert recorder.paths() == ["/v1/requests", f"/v1/assets/{OUTPUT_ID}"]
    assert b'"uploads":[{"reference":{"uri":"file:///x"}}]' in recorder.calls[0].body


def test_labels_come_with_the_picture() -> None:
    told = reply(decision(OUTPUT_ID, "OUTPUT", asset=ASSET, labels=["photoreal-person"]))
    assert output([told, BYTES]).labels == ("photoreal-person",)


def test_a_large_picture_is_stored_first() -> None:
    recorder = Recorder()
    output([recorder], inline_limit=1)
    assert recorder.paths() == ["/v1/uploads", "/v1/requests", f"/v1/assets/{OUTPUT_ID}"]


def test_a_try_after_a_lost_answer_asks_the_same_again() -> None:
    recorder = Recorder()
    lost: list[Call] = []

    def lose(call: Call) -> Answer:
        lost.append(call)
        return DROPPED

    prompt([lose, lose, recorder])
    assert lost == [recorder.calls[0]] * 2


def test_a_picture_that_is_allowed_and_not_signed_yet_is_asked_for_again() -> None:
    unsigned = reply(decision(OUTPUT_ID, "OUTPUT"))
    assert output([unsigned, unsigned, GOOD_OUTPUT, error(404), BYTES]).picture == SIGNED


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([reply(decision(OUTPUT_ID, "OUTPUT"))], Why.NOT_SIGNED),
        ([GOOD_OUTPUT, error(404)], Why.NOT_SIGNED),
        ([GOOD_OUTPUT, Reply(200, {}, SIGNED[:-1])], Why.BAD_ANSWER),
        ([GOOD_OUTPUT, Reply(200, {}, PICTURE)], Why.BAD_ANSWER),
        ([GOOD_OUTPUT, Reply(200, {}, b"")], Why.BAD_ANSWER),
        ([GOOD_OUTPUT, DROPPED], Why.NO_ANSWER),
        ([SILENT], Why.NO_ANSWER),
        ([reply({"request_id": OUTPUT_ID, "status": "pending", "allowed": False}, 202)], Why.NO_DECISION),
    ],
)
def test_without_the_signed_bytes_nothing_is_allowed(answers: Answers, why: Why) -> None:
    with pytest.raises(Unavailable) as caught:
        output(answers)
    assert (caught.value.why, caught.value.stage, caught.value.request_id) == (why, Stage.OUTPUT, OUTPUT_ID)


def test_a_decision_ends_it_at_the_first_answer() -> None:
    clock = Clock()
    with pytest.raises(Refused) as caught:
        play(talks(clock).prompt(clock.deadline(30)), clock, [reply(decision(REQUEST_ID, action="BLOCK")), GOOD])
    assert (caught.value.stage, caught.value.request_id) == (Stage.PROMPT, REQUEST_ID)
    assert len(clock.limits) == 1


def test_checks_that_may_take_long_are_waited_for() -> None:
    clock = Clock()
    play(talks(clock, checks_seconds=100).prompt(clock.deadline(600)), clock, [GOOD])
    assert clock.limits == [120.0]


FAULT = st.one_of(
    st.sampled_from([NoReply(why) for why in Silence]),
    st.builds(
        error,
        st.sampled_from([100, 202, 204, 301, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504]),
        st.sampled_from(["", "incomplete", "no_decision", "unavailable", "unprocessable_content", "rate_limit"]),
    ),
    st.builds(lambda status, body: Reply(status, {}, body), st.integers(200, 599), st.binary(max_size=40)),
    st.sampled_from([DROPPED, SILENT]),
    st.sampled_from(["REVIEW", "BLOCK"]).map(lambda action: reply(decision(REQUEST_ID, action=action))),
    st.sampled_from(["REVIEW", "BLOCK"]).map(lambda action: reply(decision(OUTPUT_ID, "OUTPUT", action))),
    st.just(reply(decision(REQUEST_ID, complete=False))),
    st.just(reply(decision(OUTPUT_ID, "OUTPUT", asset=signed_asset(OUTPUT_ID, b"other")))),
)


@untimed
@given(st.lists(FAULT, min_size=1, max_size=8))
def test_whatever_goes_wrong_a_prompt_is_not_allowed(faults: Answers) -> None:
    # The answer about the picture is a good one, but not about the prompt.
    with pytest.raises(NotAllowed):
        prompt([*faults, GOOD_OUTPUT, faults[-1]], 5)


@untimed
@given(st.lists(FAULT, min_size=1, max_size=8), st.sampled_from([(), (GOOD_OUTPUT,)]))
def test_whatever_goes_wrong_a_picture_is_not_released(faults: Answers, before: tuple[Answer, ...]) -> None:
    with pytest.raises(NotAllowed):
        output([*before, *faults], 5)


@untimed
@given(st.lists(FAULT, max_size=4))
def test_what_is_allowed_after_faults_is_what_was_signed_or_nothing(faults: Answers) -> None:
    try:
        found = output([*faults, GOOD_OUTPUT, BYTES])
    except NotAllowed:
        return
    assert found == Allowed(SIGNED, "image/png", OUTPUT_ID)
