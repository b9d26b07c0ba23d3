"""Reviews as people and programs see them."""

import json

import pytest

from sluice.bus.reviews_log import Case, Resolved
from sluice.cli.reviews_tell import (
    case_json,
    put_ascii,
    show_case,
    show_cases,
    shown_json,
    span,
    tell_resolved,
    texts,
)
from sluice.deadline import now_ms
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_REVIEW, Decision, Reason
from sluice.v1.request_pb2 import STAGE_PROMPT, ObjectReference
from sluice.v1.resolution_pb2 import RESOLUTION_OUTCOME_RELEASED, Resolution
from sluice.v1.review_pb2 import Review
from tests.unit.build import OTHER_ID, REQUEST_ID, contents, image, text

AT = 1_795_284_869_582
REVIEW = Review(
    request_id=REQUEST_ID,
    tenant="stu\x1b[31mdio",
    stage=STAGE_PROMPT,
    rules=["mine"],
    policy_digest=b"\xab" * 32,
    references=[ObjectReference(uri="file:///o/c1", sha256=b"i" * 32, size_bytes=9, media_type="image/png")],
)
OPEN = Case(0, AT, REVIEW)
RELEASED = Resolution(
    request_id=REQUEST_ID,
    outcome=RESOLUTION_OUTCOME_RELEASED,
    resolved_by="kim",
    why="a harmless boat",
    new_request_id=OTHER_ID,
    resolved_at_ms=AT + 60_000,
)
ENDED = Case(0, AT, REVIEW, Resolved(3, AT + 60_000, RELEASED))
DECISION = Decision(
    request_id=REQUEST_ID, action=ACTION_REVIEW, complete=True, reasons=[Reason(rule="mine", action=ACTION_REVIEW)]
)
FREE = Decision(request_id=OTHER_ID, action=ACTION_ALLOW, complete=True, released_from=REQUEST_ID)


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [(0, "0s"), (59_999, "59s"), (60_000, "1m 0s"), (3_725_000, "1h 2m"), (100 * 3_600_000, "4d 4h")],
)
def test_how_long(milliseconds: int, said: str) -> None:
    assert span(milliseconds) == said


def test_one_as_json() -> None:
    form = case_json(OPEN)
    age = form.pop("age_seconds")
    assert isinstance(age, int)
    assert form == {
        "request_id": REQUEST_ID,
        "at": "2026-11-21T18:14:29Z",
        "tenant": "stu\x1b[31mdio",
        "stage": "PROMPT",
        "rules": ["mine"],
        "policy_digest": "ab" * 32,
        "resolution": None,
    }
    assert case_json(ENDED)["resolution"] == {
        "outcome": "RELEASED",
        "by": "kim",
        "why": "a harmless boat",
        "at": "2026-11-21T18:15:29Z",
        "new_request_id": OTHER_ID,
    }


def test_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    show_cases([Case(0, now_ms() - 125_000, REVIEW)], everything=False)
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["age", "request", "id", "tenant", "stage", "rules"]
    assert line.startswith("2m 5s")
    # A tenant is a stranger's word: it must not steer the terminal.
    assert line.split()[2:] == [REQUEST_ID, "stu\\x1b[31mdio", "prompt", "mine"]
    show_cases([OPEN, ENDED], everything=True)
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split()[-3:] == ["open", "-", "-"]
    assert second.split()[-3:] == ["RELEASED", "kim", "2026-11-21T18:15:29Z"]


def test_one_whole(capsys: pytest.CaptureFixture[str]) -> None:
    show_case(ENDED, DECISION, FREE, None, None)
    out = capsys.readouterr().out
    assert "Rule mine holds: REVIEW." in out
    assert "file:///o/c1 (image/png, 9 bytes)" in out
    assert "RELEASED by kim at 2026-11-21T18:15:29Z." in out
    assert "Why: a harmless boat" in out
    assert f"ALLOW {OTHER_ID}" in out
    assert "Texts" not in out
    show_case(ENDED, DECISION, None, None, None)
    assert f"{OTHER_ID} is not decided yet" in capsys.readouterr().out
    show_case(OPEN, None, None, None, None)
    out = capsys.readouterr().out
    assert "Rules: mine. Its decision is not kept any more." in out
    assert "Open: `sluice reviews resolve` ends it." in out


def test_texts_only_where_they_were_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    held = contents(text(), image("c1"))
    held.contents[0].text.text = "two\nlines \x1b[2J \u202eand more"
    assert texts(held) == {"c0 prompt": "two\nlines \x1b[2J \u202eand more"}
    show_case(OPEN, DECISION, None, None, held)
    assert "c0 prompt: two\n      lines \\x1b[2J \\u202eand more" in capsys.readouterr().out
    assert "texts" not in shown_json(OPEN, DECISION, None, None, None)
    put_ascii(shown_json(OPEN, DECISION, None, None, held))
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out)["texts"] == texts(held)


def test_one_whole_as_json() -> None:
    form = shown_json(ENDED, DECISION, FREE, None, None)
    assert form["reasons"] == ["Rule mine holds: REVIEW.", "REVIEW: the one reason asks for it."]
    assert form["references"] == [
        {"uri": "file:///o/c1", "sha256": (b"i" * 32).hex(), "size_bytes": 9, "media_type": "image/png"}
    ]
    assert {name: type(form[name]) for name in ("decision", "released_decision")} == {
        "decision": dict,
        "released_decision": dict,
    }


def test_what_became_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    tell_resolved(RELEASED, FREE, json_lines=False)
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == f"RELEASED {REQUEST_ID} by kim"
    assert second == f"ALLOW {OTHER_ID}, under which it was decided once more"
    tell_resolved(RELEASED, None, json_lines=True)
    assert json.loads(capsys.readouterr().out) == {
        "request_id": REQUEST_ID,
        "resolution": case_json(ENDED)["resolution"],
        "released_decision": None,
    }
