"""Which dead letters are meant."""

import time

import pytest
import typer

from sluice.bus.dead_letters_log import Letter
from sluice.cli.dead_letters_find import Wanted, newest, parse_id, parse_reason, parse_since
from sluice.v1.dead_letter_pb2 import (
    DEAD_LETTER_REASON_CONFLICT,
    DEAD_LETTER_REASON_INTERNAL,
    DEAD_LETTER_REASON_INVALID_REQUEST_ID,
    DeadLetter,
)

ID = "00000000-0000-4000-8000-00000000000a"


def letter(offset: int, at_ms: int = 0, **fields: object) -> Letter:
    return Letter(0, offset, at_ms, b"key", (), DeadLetter(**fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["invalid_request_id", "INVALID_REQUEST_ID", "invalid-request-id"])
def test_a_reason_is_given_by_its_short_name(word: str) -> None:
    assert parse_reason(word) == DEAD_LETTER_REASON_INVALID_REQUEST_ID


def test_a_span_is_counted_from_now() -> None:
    now = int(time.time() * 1000)
    assert parse_since(None) == 0
    assert 0 <= parse_since("2h") - (now - 7_200_000) < 60_000
    assert 0 <= parse_since("7d") - (now - 7 * 86_400_000) < 60_000
    assert parse_since("999999d") == 1


def test_words_that_mean_nothing_end_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    for parse, word, said in (
        (parse_reason, "unspecified", "should be one of malformed, invalid_request_id, conflict, internal"),
        (parse_reason, "bad", "should be one of"),
        (parse_since, "2 hours", "such as 12h"),
        (parse_since, "-1h", "such as 12h"),
        (parse_id, "17", "a UUID in text form"),
    ):
        with pytest.raises(typer.Exit) as ended:
            parse(word)
        assert ended.value.exit_code == 2
        assert said in capsys.readouterr().err


def test_wanted_by_reason_and_by_request() -> None:
    conflict = letter(1, reason=DEAD_LETTER_REASON_CONFLICT, request_id=ID)
    other = letter(2, reason=DEAD_LETTER_REASON_INTERNAL)
    assert [each in Wanted() for each in (conflict, other)] == [True, True]
    assert [each in Wanted(reason=DEAD_LETTER_REASON_CONFLICT) for each in (conflict, other)] == [True, False]
    assert [each in Wanted(request_id=ID) for each in (conflict, other)] == [True, False]
    assert conflict not in Wanted(DEAD_LETTER_REASON_INTERNAL, 0, ID)


def test_the_newest_come_first_and_the_rest_is_counted() -> None:
    letters = [letter(offset, at_ms=at) for offset, at in enumerate((50, 10, 40, 20, 30))]
    found, more = newest(letters, 3)
    assert [each.at_ms for each in found] == [50, 40, 30]
    assert more == 2
    assert newest([], 3) == ([], 0)
