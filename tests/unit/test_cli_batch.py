"""A file of requests: checked whole before any is sent, and never held in memory."""

import json
import os
import threading
from pathlib import Path

import pytest

from sluice.cli.ask import Ask, AskError
from sluice.cli.batch import MOST_PROBLEMS, Batch
from sluice.cli.moderate import read_batch
from sluice.v1.request_pb2 import Lane

NONE_GIVEN = Ask(request_id="")


def file_of(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "asks.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def prompts(batch: Batch) -> list[str | None]:
    return [ask.prompt for ask in batch.asks()]


def test_requests_come_in_order_and_as_often_as_they_are_asked_for(tmp_path: Path) -> None:
    path = file_of(tmp_path, '{"prompt": "one"}', "", '{"prompt": "two"}', "  ")
    batch = Batch.open(path, NONE_GIVEN)
    assert (batch.count, batch.pictures) == (2, False)
    assert prompts(batch) == prompts(batch) == ["one", "two"]


@pytest.mark.parametrize("key", ["image", "upload"])
def test_pictures_are_noticed(tmp_path: Path, key: str) -> None:
    picture = tmp_path / "1.png"
    picture.touch()
    path = file_of(tmp_path, '{"prompt": "one"}', json.dumps({key: str(picture)}))
    assert Batch.open(path, NONE_GIVEN).pictures


def test_a_pipe_can_be_gone_through_too(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=('{"prompt": "one"}\n{"prompt": "two"}\n',))
    writer.start()
    batch = Batch.open(pipe, NONE_GIVEN)
    writer.join()
    assert batch.count == 2
    assert prompts(batch) == prompts(batch) == ["one", "two"]


def test_every_bad_line_is_named_up_to_a_bound(tmp_path: Path) -> None:
    with pytest.raises(AskError) as caught:
        Batch.open(file_of(tmp_path, '{"prompt": "fine"}', "{", "[]"), NONE_GIVEN)
    assert [problem.partition(":")[0] for problem in str(caught.value).splitlines()] == ["line 2", "line 3"]
    with pytest.raises(AskError) as caught:
        Batch.open(file_of(tmp_path, *["[]"] * (MOST_PROBLEMS + 5)), NONE_GIVEN)
    problems = str(caught.value).splitlines()
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1] == "and 5 more lines"


def test_a_file_that_changed_meanwhile_is_said(tmp_path: Path) -> None:
    batch = Batch.open(file_of(tmp_path, '{"prompt": "one"}'), NONE_GIVEN)
    file_of(tmp_path, '{"prompt": "one"}', "{")
    asks = batch.asks()
    assert next(asks).prompt == "one"
    with pytest.raises(AskError, match="line 2: not JSON"):
        next(asks)


def test_a_file_that_is_not_text_or_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    for name in ("binary", "missing"):
        with pytest.raises(AskError, match=f"{name} cannot be read"):
            Batch.open(tmp_path / name, NONE_GIVEN)


def test_nobody_waits_for_each_line_of_a_file(tmp_path: Path) -> None:
    path = file_of(tmp_path, '{"prompt": "one"}', '{"prompt": "two", "lane": "interactive"}')
    lanes = [ask.lane for ask in read_batch({}, path).asks()]
    assert lanes == [Lane.LANE_BULK, Lane.LANE_INTERACTIVE]
    assert [ask.lane for ask in read_batch({"lane": "interactive"}, path).asks()] == [Lane.LANE_INTERACTIVE] * 2
    assert [ask.lane for ask in read_batch({"prompt": "one"}, None).asks()] == [Lane.LANE_INTERACTIVE]
