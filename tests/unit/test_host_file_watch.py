"""Files read again while a service runs: what is adopted, what is refused, and what people are told of it."""

import asyncio
import io
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.host.file_watch import FileWatch
from sluice.host.readiness import Readiness
from sluice.refreshed import Refreshed, Snapshot, Version, snapshot
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics


def load(seen: Snapshot) -> str:
    """A word, in a file that may also be broken in three ways."""
    text = "".join(data.decode() for data in seen.files.values())
    if seen.problems or not text or text == "bad":
        raise ConfigError([*seen.problems, "word:1: not a word", "word:2: nor here"])
    if text == "worse":
        raise ZeroDivisionError("what it says must not be told")
    return text


class Board:
    """A watch over one file, and what it tells."""

    def __init__(self, file: Path, between: Callable[[], None] = lambda: None) -> None:
        """`between` is called at each read of the file, before it."""

        def read() -> Snapshot:
            between()
            return snapshot([file])

        self._stream = io.StringIO()
        log = Log("test", stream=self._stream)
        self.readiness = Readiness("", log)
        self.metrics = Metrics("test")
        self.source = Refreshed("word-list", read, load, lambda word: Version(word, word.encode()))
        self._watch = FileWatch(self.source, log, self.readiness, self.metrics, every=0.001, settle=0.001)

    def look(self) -> None:
        """Once."""
        asyncio.run(self._watch.look())

    async def run(self) -> None:
        """Until it is cancelled."""
        await self._watch.run()

    def note(self) -> str | None:
        """Of the readiness board."""
        return self.readiness.notes.get("word-list")

    def lines(self, event: str) -> list[str]:
        """Details of the log's lines of an event."""
        found = map(json.loads, self._stream.getvalue().splitlines())
        return [line.get("detail", line.get("version", "")) for line in found if line["event"] == event]

    def numbers(self) -> Mapping[str, float]:
        """The metrics without their labels but version and outcome."""
        found = {}
        for line in self.metrics.text().decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name.startswith("sluice_"):
                kept = [
                    part for part in name.rstrip("}").split("{")[1].split(",") if part[:7] in ("version", "outcome")
                ]
                found[" ".join([name.split("{")[0].removeprefix("sluice_word_list_"), *kept])] = float(value)
        return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "word"
    path.write_text("first")
    return path


def test_a_good_change_is_adopted_and_told(file: Path) -> None:
    board = Board(file)
    board.look()
    assert board.source.value == "first"
    assert board.numbers() == {
        "refused": 0,
        'info version="first"': 1,
        'reloads_total outcome="adopted"': 0,
        'reloads_total outcome="refused"': 0,
    }
    file.write_text("second")
    board.look()
    assert board.source.value == "second"
    assert board.lines("word-list adopted") == ["second"]
    assert board.numbers() == {
        "refused": 0,
        'info version="first"': 0,
        'info version="second"': 1,
        'reloads_total outcome="adopted"': 1,
        'reloads_total outcome="refused"': 0,
    }


@pytest.mark.parametrize("written", ["bad", "", None])
def test_a_bad_change_keeps_the_old_one_and_says_so_once(file: Path, written: str | None) -> None:
    board = Board(file)
    if written is None:
        file.unlink()
    else:
        file.write_text(written)
    for _ in range(3):
        board.look()
    assert board.source.value == "first"
    problems = ([] if written is not None else [f"{file}:1: No such file or directory"]) + [
        "word:1: not a word",
        "word:2: nor here",
    ]
    more = len(problems) - 1
    assert board.note() == f"kept version first digest {b'first'.hex()}: {problems[0]} (+{more} more)"
    assert board.lines("word-list refused") == problems
    assert board.numbers()["refused"] == 1
    assert board.numbers()['reloads_total outcome="refused"'] == 1


def test_the_old_file_put_back_ends_the_refusal(file: Path) -> None:
    board = Board(file)
    file.write_text("bad")
    board.look()
    assert board.note() is not None
    file.write_text("first")
    board.look()
    assert board.note() is None
    assert board.numbers()["refused"] == 0
    assert board.lines("word-list is as before") == ["first"]
    file.write_text("bad")
    board.look()
    assert board.note() is not None


def test_a_mended_file_ends_the_refusal(file: Path) -> None:
    board = Board(file)
    file.write_text("bad")
    board.look()
    file.write_text("second")
    board.look()
    assert (board.note(), board.source.value, board.numbers()["refused"]) == (None, "second", 0)


def test_what_nobody_foresaw_is_a_refusal_too_and_does_not_say_what_the_file_holds(file: Path) -> None:
    board = Board(file)
    file.write_text("worse")
    board.look()
    assert board.source.value == "first"
    (line,) = board.lines("word-list refused")
    assert line.startswith("cannot be loaded: ZeroDivisionError at test_host_file_watch.py:")
    assert "must not be told" not in f"{line} {board.note()}"


def test_a_file_that_is_still_being_written_waits(file: Path) -> None:
    written: list[str] = []

    def write_on() -> None:
        if written:
            file.write_text(written.pop(0))

    board = Board(file, write_on)
    written += ["sec", "secon"]
    board.look()
    assert (board.source.value, board.note()) == ("first", None)
    written += ["second", "second"]
    board.look()
    assert board.source.value == "second"


def test_a_swapped_link_is_a_change(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "word").write_text(name)
    link = tmp_path / "data"
    link.symlink_to("first")
    board = Board(link / "word")
    new = tmp_path / "new"
    new.symlink_to("second")
    new.rename(link)
    board.look()
    assert board.source.value == "second"


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_it_goes_on_looking_after_anything(file: Path) -> None:
    board = Board(file)

    def says(word: str) -> bool:
        return word in (board.note() or "")

    async def live() -> None:
        running = asyncio.create_task(board.run())
        for word, told in (("worse", "ZeroDivisionError"), ("bad", "not a word")):
            await asyncio.to_thread(file.write_text, word)
            await until(partial(says, told))
        await asyncio.to_thread(file.write_text, "second")
        await until(lambda: board.source.value == "second")
        running.cancel()

    asyncio.run(asyncio.wait_for(live(), 30))
    assert board.note() is None


def test_files_that_cannot_even_be_looked_at_are_refused_until_they_can(file: Path) -> None:
    troubles: list[Exception] = []

    def stumble() -> None:
        if troubles:
            raise troubles[0]

    board = Board(file, stumble)

    async def live() -> None:
        running = asyncio.create_task(board.run())
        troubles.append(ZeroDivisionError("a bug"))
        await until(lambda: "cannot be looked at: ZeroDivisionError" in (board.note() or ""))
        troubles.clear()
        await until(lambda: board.note() is None)
        running.cancel()

    asyncio.run(asyncio.wait_for(live(), 30))
    assert len(board.lines("word-list refused")) == 1
    assert board.source.value == "first"
