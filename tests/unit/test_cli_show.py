"""Decisions as a person sees them."""

import io

from rich.console import Console

from sluice.cli.show import show_decision, show_failure
from sluice.v1.decision_pb2 import Action, Decision, Input, Reason
from sluice.v1.request_pb2 import Stage
from sluice.v1.verdict_pb2 import ContentResult, ListMatch, Person, Status


def shown(decision: Decision, signed_file: str | None = None, explain: bool = False) -> str:
    text = io.StringIO()
    show_decision(Console(file=text, width=200), decision, signed_file, explain)
    return text.getvalue()


def test_action_reasons_and_time_are_shown() -> None:
    decision = Decision(
        request_id="r1",
        action=Action.ACTION_BLOCK,
        stage=Stage.STAGE_PROMPT,
        reasons=[Reason(rule="sexual", category="sexual", score=0.75, threshold=0.5, check="text", content_id="c0")],
        requested_at_ms=1000,
        decided_at_ms=1250,
    )
    text = shown(decision)
    assert "BLOCK   r1  prompt  250 ms  incomplete" in text
    assert "sexual sexual 0.75 (threshold 0.50) by text in c0" in text


def test_a_signed_picture_is_named() -> None:
    decision = Decision(request_id="r1", action=Action.ACTION_ALLOW, complete=True, labels=["photoreal"])
    text = shown(decision, signed_file="out/r1.png")
    assert "signed: out/r1.png" in text
    assert "labels: photoreal" in text
    assert "incomplete" not in text


def test_words_in_brackets_are_not_markup() -> None:
    decision = Decision(action=Action.ACTION_REVIEW, reasons=[Reason(rule="[red]odd[/red]")])
    assert "[red]odd[/red]" in shown(decision)


def test_explaining_shows_what_every_check_saw() -> None:
    result = ContentResult(
        content_id="c1",
        status=Status.STATUS_OK,
        scores={"violence": 0.5},
        signals={"drawn": 0.25},
        person=Person.PERSON_ADULT,
        abstained=["hate"],
        matches=[ListMatch(list="test", entry="e1", test=True)],
    )
    verdict = Input(check="image", results=[result], started_at_ms=5, finished_at_ms=17)
    text = shown(Decision(action=Action.ACTION_ALLOW, inputs=[verdict]), explain=True)
    for words in ("image", "violence 0.50", "drawn=0.25", "person ADULT", "matches test/e1 (test)", "hate", "12"):
        assert words in text


def test_a_request_without_a_decision_is_not_allowed() -> None:
    text = io.StringIO()
    show_failure(Console(file=text, width=200), "r1", "UNAVAILABLE: no answer")
    assert text.getvalue() == "NOT DECIDED r1  not allowed: UNAVAILABLE: no answer\n"


def test_an_action_of_a_newer_contract_is_not_shown_as_allowed() -> None:
    assert "NOT DECIDED" in shown(Decision(request_id="r1"))
