"""The board of conditions and notes."""

import io
import json

from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log


async def test_a_condition_is_told_by_name_until_it_is_met() -> None:
    board = Readiness("", Log("test", stream=io.StringIO()))
    await board.expect("kafka", "joining")
    await board.expect("logs", "reading")
    assert (board.conditions, board.reasons) == ({"kafka": "joining", "logs": "reading"}, ("joining", "reading"))
    await board.met("kafka")
    assert board.conditions == {"logs": "reading"}


async def test_a_note_does_not_make_it_unready_and_is_logged_once() -> None:
    written = io.StringIO()
    board = Readiness("", Log("test", stream=written))
    for _ in range(3):
        board.note("policy", "the file is broken")
    assert (board.notes, board.conditions) == ({"policy": "the file is broken"}, {})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["level"], line["reason"], line["detail"]) for line in lines] == [
        ("warning", "policy", "the file is broken")
    ]
    board.note("policy", None)
    board.note("never", None)
    assert board.notes == {}


async def test_what_is_handed_out_does_not_change_the_board() -> None:
    board = Readiness("", Log("test", stream=io.StringIO()))
    await board.expect("kafka", "joining")
    dict(board.conditions).clear()
    assert board.reasons == ("joining",)
