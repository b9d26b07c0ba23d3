"""Dead letters as people and programs see them."""

import json

import pytest

from sluice.bus.dead_letters_log import Letter
from sluice.cli.dead_letters_tell import letter_json, show_list, show_one, tell_replay
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_CONFLICT, DEAD_LETTER_REASON_MALFORMED, DeadLetter
from sluice.v1.request_pb2 import ObjectReference

ID = "00000000-0000-4000-8000-00000000000a"
MALFORMED = Letter(
    3,
    1042,
    1_795_284_869_582,
    b"a stranger's key",
    (),
    DeadLetter(
        reason=DEAD_LETTER_REASON_MALFORMED,
        detail="not a message of the contract",
        topic="moderation.requests",
        partition=1,
        offset=7,
        size_bytes=26,
        sha256=b"\xab" * 32,
        value=ObjectReference(uri="file:///objects/dead-letters/ab"),
        service="ingest",
    ),
)
CONFLICT = Letter(
    0, 1, 1_795_284_000_000, ID.encode(), (), DeadLetter(reason=DEAD_LETTER_REASON_CONFLICT, request_id=ID)
)


def test_a_letter_as_json() -> None:
    assert letter_json(MALFORMED) == {
        "place": "3:1042",
        "at": "2026-11-21T18:14:29Z",
        "reason": "MALFORMED",
        "detail": "not a message of the contract",
        "service": "ingest",
        "request_id": None,
        "topic": "moderation.requests",
        "partition": 1,
        "offset": 7,
        "size_bytes": 26,
        "sha256": "ab" * 32,
        "value": "file:///objects/dead-letters/ab",
    }
    assert (letter_json(CONFLICT)["request_id"], letter_json(CONFLICT)["value"]) == (ID, None)


def test_a_line_for_each_with_what_is_needed_to_name_it(capsys: pytest.CaptureFixture[str]) -> None:
    show_list([MALFORMED, CONFLICT])
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["place", "at", "reason", "service"]
    assert first.split() == [
        "3:1042", "2026-11-21T18:14:29Z", "MALFORMED", "ingest", "-", "26", "moderation.requests[1]@7",
    ]  # fmt: skip
    assert head.index("request id") == first.index("-  ") == second.index(ID)


def test_every_field_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    show_one(MALFORMED)
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == list(letter_json(MALFORMED))
    assert "a stranger's key" not in out


def test_what_became_of_a_replay(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell_replay(MALFORMED, "published", json_lines=False, offset=8)
    assert not tell_replay(CONFLICT, "refused", json_lines=False, error="the id is taken")
    assert capsys.readouterr().out.splitlines() == [
        "3:1042 published to moderation.requests[1]@8",
        "0:1 refused: the id is taken",
    ]
    tell_replay(MALFORMED, "published", json_lines=True, offset=8)
    assert json.loads(capsys.readouterr().out) == {
        "place": "3:1042",
        "state": "published",
        "request_id": None,
        "topic": "moderation.requests",
        "partition": 1,
        "offset": 8,
        "error": None,
    }
