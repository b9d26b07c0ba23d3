"""The simulator: every outcome can be had, by test prompts and test pictures, and nothing else gets through."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice import samples
from sluice.client import Client, NotAllowed, Refused, Rejected, Stage, Unavailable, Why
from sluice.client.retry import Pace
from sluice.client.settings import Options
from sluice.client.simulated import World
from sluice.client.simulated_prompts import Outcome, Script, read_script
from sluice.client.wire import Call, Reply
from sluice.samples.test_set import tries
from tests.unit.client_talks import REQUEST_ID, Clock, talks

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PICTURE = samples.pictures()[4].data
KNOWN = samples.test_bank_pictures()[0].data


def client(**options: Any) -> Client:
    told: Options = {"env": {}, "simulate": True, **options}  # type: ignore[typeddict-item] # as a test says
    return Client(**told)


async def ends(prompt: str, picture: bytes = PICTURE, uploads: tuple[bytes, ...] = (), **options: Any) -> NotAllowed:
    """How a prompt and its picture end that do not end well."""
    with pytest.raises(NotAllowed) as caught:
        async with client(**options).moderate(prompt, uploads=uploads) as gate:
            await gate.submit(picture)
    assert caught.value.simulated
    return caught.value


async def test_what_is_allowed_comes_back_as_it_was_and_says_that_it_is_not_signed() -> None:
    async with client().moderate("sluice-test:output-allow:photoreal-person a lighthouse") as gate:
        found = await gate.submit(PICTURE)
    assert (found.picture, found.media_type, found.labels) == (PICTURE, "image/png", ("photoreal-person",))
    assert (found.simulated, found.signed) == (True, False)


@pytest.mark.parametrize(
    ("prompt", "stage", "action", "rule", "word"),
    [
        ("sluice-test:block:violence", Stage.PROMPT, "BLOCK", "violence", "Violent"),
        ("sluice-test:block:violence/graphic", Stage.PROMPT, "BLOCK", "violence-graphic", "graphic violence"),
        ("sluice-test:block:living-artist", Stage.PROMPT, "BLOCK", "living-artist", "living artist"),
        ("sluice-test:block", Stage.PROMPT, "BLOCK", "violence", "Violent"),
        ("sluice-test:block:a-rule-of-yours", Stage.PROMPT, "BLOCK", "a-rule-of-yours", "against the rules"),
        ("sluice-test:review", Stage.PROMPT, "REVIEW", "violence", "look at this first"),
        ("sluice-test:output-block:sexual", Stage.OUTPUT, "BLOCK", "sexual", "Sexual"),
        ("sluice-test:output-review:sexual", Stage.OUTPUT, "REVIEW", "sexual", "look at this first"),
    ],
)
async def test_a_test_prompt_is_refused_as_it_says(
    prompt: str, stage: Stage, action: str, rule: str, word: str
) -> None:
    error = await ends(f"{prompt} and some words")
    assert isinstance(error, Refused)
    assert (error.stage, error.action, error.rules) == (stage, action, (rule,))
    assert word in " ".join(error.reasons)


async def test_a_refusal_half_way_cancels_what_runs() -> None:
    generation = asyncio.ensure_future(asyncio.sleep(3600))
    with pytest.raises(Refused):
        async with client().moderate("sluice-test:block@0.2") as gate:
            await gate.run(generation)
    assert generation.cancelled()


@pytest.mark.parametrize(
    ("prompt", "stage", "why"),
    [
        ("sluice-test:incomplete", Stage.PROMPT, Why.INCOMPLETE),
        ("sluice-test:output-incomplete", Stage.OUTPUT, Why.INCOMPLETE),
        ("sluice-test:unavailable", Stage.PROMPT, Why.UNAVAILABLE),
        ("sluice-test:output-unavailable", Stage.OUTPUT, Why.UNAVAILABLE),
        ("sluice-test:silent", Stage.PROMPT, Why.NO_ANSWER),
        ("sluice-test:output-silent", Stage.OUTPUT, Why.NO_ANSWER),
        ("sluice-test:allow@60", Stage.PROMPT, Why.NO_ANSWER),
        ("sluice-test:output-unsigned", Stage.OUTPUT, Why.NOT_SIGNED),
    ],
)
async def test_no_answer_can_be_had_too(prompt: str, stage: Stage, why: Why) -> None:
    error = await ends(prompt, prompt_seconds=0.5, output_seconds=0.5)
    assert isinstance(error, Unavailable)
    assert (error.stage, error.why) == (stage, why)


@pytest.mark.parametrize("prompt", ["sluice-test:busy", "sluice-test:flaky", "sluice-test:allow@0.1"])
async def test_what_ends_well_after_some_tries_is_allowed(prompt: str) -> None:
    async with client(pace=Pace(first=0.01)).moderate(prompt) as gate:
        assert (await gate.submit(PICTURE)).simulated


async def test_known_test_pictures_are_blocked_wherever_they_are_and_the_reason_says_nothing_of_it() -> None:
    uploaded = await ends("sluice-test:allow", uploads=(KNOWN,))
    drawn = await ends("sluice-test:allow", picture=KNOWN)
    large = await ends("sluice-test:allow", picture=KNOWN, inline_limit=1)
    for error, stage in ((uploaded, Stage.PROMPT), (drawn, Stage.OUTPUT), (large, Stage.OUTPUT)):
        assert isinstance(error, Refused)
        assert (error.stage, error.rules) == (stage, ("known-csam",))
        assert error.reasons == ("This goes against the rules for pictures here.",)


async def test_every_file_of_the_test_set_that_is_listed_as_it_is_is_known() -> None:
    async with client() as shared:
        for one in tries():
            if one.exact or not one.entry:
                async with shared.moderate("sluice-test:allow") as gate:
                    if one.exact:
                        with pytest.raises(Refused):
                            await gate.submit(one.data)
                    else:
                        assert (await gate.submit(one.data)).picture == one.data


async def test_what_is_no_picture_cannot_be_read() -> None:
    error = await ends("sluice-test:allow", picture=b"no picture")
    assert isinstance(error, Refused)
    assert error.rules == ("unprocessable",)


@pytest.mark.parametrize(
    "prompt",
    [
        "a lighthouse at dawn",
        "",
        "sluice-test",
        "sluice-test:",
        "sluice-test:permit",
        "sluice-test:allowed",
        "sluice-test:allow,",
        "sluice-test:allow@soon",
        "sluice-test:unsigned",
        " sluice-test:allow",
        "SLUICE-TEST:ALLOW",
        "please draw sluice-test:allow",
    ],
)
async def test_what_is_no_test_prompt_is_rejected(prompt: str) -> None:
    with pytest.raises(Rejected) as caught:
        async with client().moderate(prompt, transcript=["before"]) as gate:
            await gate.submit(PICTURE)
    assert caught.value.code == "not_a_test"
    assert "sluice-test:" in str(caught.value)


@untimed
@given(st.text(max_size=40))
def test_no_other_text_is_a_test_prompt(text: str) -> None:
    assert read_script(text) is None or text.startswith("sluice-test:")


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_written_as_it_is_called(outcome: Outcome) -> None:
    script = read_script(f"sluice-test:output-{outcome}:violence/graphic@1.5 words")
    assert script == Script(Stage.OUTPUT, outcome, "violence/graphic", 1.5)
    assert script.at(Stage.PROMPT) == Script(Stage.PROMPT, Outcome.ALLOW, "", 0.0)


def test_a_picture_rests_on_an_allowed_prompt_and_an_id_stands_for_one_thing() -> None:
    world, ask = World(frozenset()), talks(Clock(), "sluice-test:allow").ask
    image = {"data_url": "data:image/png;base64,iVBORw0KGgo="}
    form = ask.output_form(REQUEST_ID, [], image)
    blocked = world.answer(Call("POST", "/v1/requests", form), 0.0)
    assert isinstance(blocked, Reply)
    assert b"prompt-not-allowed" in blocked.body
    assert world.answer(Call("POST", "/v1/requests", form), 1.0) == blocked
    other = world.answer(Call("POST", "/v1/requests", ask.form([])), 2.0)
    assert isinstance(other, Reply)
    assert other.status == 409


def test_it_remembers_no_more_than_so_much() -> None:
    world = World(frozenset())
    for number in range(300):
        world.answer(Call("POST", "/v1/uploads", b"%d" % number, "image/png"), 0.0)
    assert len(world.stored) == 256
