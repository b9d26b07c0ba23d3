"""Cases as requests, and answers as rows."""

from dataclasses import replace
from pathlib import Path

from evaluation.live import ask_of, judged_live
from sluice.cli.send import Outcome
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision, Input
from sluice.v1.request_pb2 import AgeBand, Stage
from tests.unit.build import REQUEST_ID, result
from tests.unit.eval_rows import outcome

CASE = outcome(True, age_band=AgeBand.AGE_BAND_TEEN).case
PICTURES = (Path("a.png"), Path("b.png"))


def test_a_text_is_a_prompt() -> None:
    ask = ask_of(CASE)
    assert not isinstance(ask, str)
    assert (ask.prompt, ask.stage, ask.age_band, ask.images) == ("a lighthouse", Stage.STAGE_PROMPT, 3, ())
    assert ask.age_band == AgeBand.AGE_BAND_TEEN


def test_the_first_picture_of_an_output_is_the_generated_one() -> None:
    ask = ask_of(replace(CASE, texts=(), images=PICTURES, stage="output"))
    assert not isinstance(ask, str)
    assert (ask.prompt, ask.images, ask.uploads) == (None, PICTURES[:1], PICTURES[1:])


def test_pictures_of_a_prompt_are_uploads() -> None:
    ask = ask_of(replace(CASE, images=PICTURES))
    assert not isinstance(ask, str)
    assert (ask.images, ask.uploads) == ((), PICTURES)


def test_several_texts_are_no_request_of_ours() -> None:
    assert ask_of(replace(CASE, texts=("a", "b"))) == "several texts make one prompt here: judge them in-process"


def test_a_decision_is_read_with_what_the_checks_saw() -> None:
    decision = Decision(action=ACTION_ALLOW, complete=True, policy_digest=b"\x01")
    decision.inputs.append(Input(check="text", results=[result(scores={"hate": 0.2})]))
    found = judged_live(Outcome(REQUEST_ID, decision))
    assert (found.action, found.complete, found.scores, found.policy) == ("ALLOW", True, {"hate": 0.2}, "01")


def test_no_decision_is_no_allow() -> None:
    found = judged_live(Outcome(REQUEST_ID, error="UNAVAILABLE: gone"))
    assert (found.allowed, found.error) == (False, "UNAVAILABLE: gone")
    assert judged_live(Outcome(REQUEST_ID)).error
