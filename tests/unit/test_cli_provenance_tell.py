"""What a person and a program are told of a file."""

import pytest

from sluice.cli.provenance_tell import Answer, as_form, as_lines
from sluice.credentials.report import Action, IngredientSeen, Report
from sluice.provenance import State

FULL = Report(
    state=State.TRUSTED,
    label="urn:c2pa:1",
    issuer="Org",
    signer="Name",
    serial="ab12",
    algorithm="es256",
    generator="Sluice 1",
    stamped_at="2026-01-02T03:04:05Z",
    stamp_trusted=True,
    decision={"request_id": "r-1", "action": "ALLOW", "policy_digest": "70"},
    actions=(Action("c2pa.created", "trainedAlgorithmicMedia"), Action("c2pa.edited")),
    ingredients=(
        IngredientSeen("upload 1", "image/png", "parentOf", State.INVALID, ("assertion.dataHash.mismatch",)),
        IngredientSeen("upload 2", "image/png", "inputTo", State.NONE),
    ),
    soft_bindings=(("io.sluice.pdq.1", "71"),),
)


def test_a_trusted_picture() -> None:
    assert as_lines(Answer("a.jpg", FULL)) == [
        "a.jpg: trusted",
        "  signed by      Name, Org",
        "  certificate    ab12 (es256)",
        "  timestamp      2026-01-02T03:04:05Z by an authority that is trusted",
        "  made with      Sluice 1",
        "  request id     r-1",
        "  decision       ALLOW",
        "  policy digest  70",
        "  action         c2pa.created (trainedAlgorithmicMedia)",
        "  action         c2pa.edited",
        "  ingredient     upload 1, image/png, parentOf; credentials: not sound when it was put in "
        "(assertion.dataHash.mismatch)",
        "  ingredient     upload 2, image/png, inputTo; credentials: it had none",
        "  soft binding   io.sluice.pdq.1 71",
        "  manifest       urn:c2pa:1",
    ]
    form = as_form(Answer("a.jpg", FULL))
    assert (form["trusted"], form["state"], form["reason"], form["failures"]) == (True, "trusted", "", [])
    assert form["timestamp"] == {"at": "2026-01-02T03:04:05Z", "trusted": True}
    assert form["soft_bindings"] == [{"algorithm": "io.sluice.pdq.1", "value": "71"}]


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (Report(State.NONE), "it has no credentials"),
        (Report(State.VALID, ("signingCredential.untrusted",)), "whole, but none of the trust anchors"),
        (Report(State.INVALID, ("assertion.dataHash.mismatch",)), "not the one that was signed"),
        (Report(State.INVALID, ("unreadable.slow",)), "more time"),
        (Report(State.INVALID), "not valid"),
    ],
)
def test_reasons(report: Report, reason: str) -> None:
    answer = Answer("a.jpg", report)
    assert not answer.trusted
    assert reason in answer.reason
    assert as_lines(answer)[0] == f"a.jpg: not trusted: {answer.reason}"
    assert len(as_lines(answer)) == 1 + len(report.failures)
    assert as_form(answer)["timestamp"] is None


def test_one_reason_is_given_once() -> None:
    answer = Answer(
        "a", Report(State.INVALID, ("ingredient.manifest.mismatch", "ingredient.claimSignature.mismatch"))
    )
    assert answer.reason == "the credentials of an ingredient were changed after this picture was signed"


def test_what_nobody_stands_for_is_marked() -> None:
    lines = as_lines(Answer("a", Report(State.VALID, label="urn:c2pa:1", signer="Anybody")))
    assert lines[1:3] == ["  It says, and nobody who is trusted stands for it:", "  signed by      Anybody"]


def test_a_file_that_was_not_read() -> None:
    answer = Answer("a", unread="it is a folder")
    assert as_lines(answer) == ["a: not read: it is a folder"]
    assert as_form(answer) == {"file": "a", "trusted": False, "state": "unread", "reason": "it is a folder"}


def test_nothing_steers_the_terminal() -> None:
    hostile = Report(State.VALID, label="urn:c2pa:1", signer="\x1b[2J\u202eevil\nmanifest: trusted")
    text = "\n".join(as_lines(Answer("name\x1b\nx", hostile)))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text.splitlines()) == len(as_lines(Answer("name", hostile)))
