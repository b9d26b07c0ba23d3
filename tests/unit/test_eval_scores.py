"""Line for line: what is read, and what is written of what is not."""

import pytest

from evaluation.in_process import Prompt
from evaluation.judged import Judged
from evaluation.scores import form_of, read_line, unread
from sluice.v1.request_pb2 import AgeBand


def test_a_line_is_a_prompt() -> None:
    assert read_line(b'{"text": "a fox", "other": 1}') == Prompt(("a fox",))
    assert read_line(b'{"text": "a", "age_band": "teen"}') == Prompt(("a",), AgeBand.AGE_BAND_TEEN)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "empty line"),
        (b"  \r", "empty line"),
        (b"x", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff", "not UTF-8"),
        (b"{}", "no text"),
        (b'{"text": 3}', "no text"),
        (b'{"text": null}', "no text"),
        (b'{"text": "x", "age_band": 3}', "age_band"),
    ],
)
def test_a_line_that_is_none(line: bytes, why: str) -> None:
    found = read_line(line)
    assert isinstance(found, str)
    assert why in found


def test_forms() -> None:
    assert form_of(Judged("ALLOW", True, (), {"hate": 0.1})) == {"scores": {"hate": 0.1}, "flagged": False}
    assert form_of(Judged("REVIEW", True, ("x",), {"hate": 0.1})) == {"scores": {"hate": 0.1}, "flagged": True}
    assert form_of(Judged("BLOCK", False, ("incomplete",))) == {"scores": {}, "flagged": True}
    for judged in (Judged("BLOCK", False, ("unprocessable",)), Judged("", error="no decision")):
        form = form_of(judged)
        assert (form["scores"], form["flagged"]) == ({}, True)
        assert form["error"]
    assert unread("why") == {"scores": {}, "flagged": True, "error": "why"}
