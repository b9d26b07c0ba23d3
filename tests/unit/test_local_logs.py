"""Reading the end of a log."""

from pathlib import Path

import pytest

from sluice.local.logs import last_words, not_ready_reason

NOT_READY = '{"level": "info", "event": "not ready", "reason": "no bank \\"csam\\": run `x`"}'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("", "", id="nothing said"),
        pytest.param("one\ntwo\n\n  \n", "two", id="plain lines"),
        pytest.param('{"event": "draining", "service": "ingest"}\n', "draining", id="an event of ours"),
        pytest.param('{"event": "failed", "error": "disk full"}\n', "failed: disk full", id="an event that says why"),
        pytest.param('{"event": cut off', '{"event": cut off', id="a torn line"),
        pytest.param("[1, 2]\n", "[1, 2]", id="JSON of somebody else"),
        pytest.param("caf\xe9\n", "caf\ufffd", id="bytes that are not UTF-8"),
    ],
)
def test_last_words(tmp_path: Path, content: str, words: str) -> None:
    log = tmp_path / "log"
    log.write_bytes(content.encode("latin-1"))
    assert last_words(log) == words


def test_a_log_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert last_words(tmp_path / "none") == ""


def test_the_newest_reason_for_not_being_ready_is_found_behind_other_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f'{{"event": "not ready", "reason": "starting"}}\n{NOT_READY}\n{{"event": "listening"}}\n')
    assert not_ready_reason(log) == 'no bank "csam": run `x`'


def test_without_a_reason_the_last_words_must_do(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("Traceback\nKeyError: 'x'\n")
    assert not_ready_reason(log) == "KeyError: 'x'"


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(NOT_READY + "\n" + "filler\n" * 10_000)
    assert not_ready_reason(log) == "filler"
