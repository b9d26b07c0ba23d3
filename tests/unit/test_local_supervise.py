"""A child that ends: when it is started again, and when it is not."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.errors import EX_CONFIG
from sluice.local.process import Process
from sluice.local.supervise import KEEPS_FAILING, LONGEST_SECONDS, Kept, pause_after


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Child:
    """A real child that ends at once, kept; `code` is what it ends with, None: it lives on."""

    def __init__(self, folder: Path, code: int | None = 3, without: str = "") -> None:
        self.clock = Clock()
        self.log = folder / "child.log"
        self.code = code
        self.serves = False
        self.taken = False
        self.kept = Kept(self.start(), self.start, lambda: self.serves, lambda: self.taken, self.clock, without)

    def start(self) -> Process:
        end = "time.sleep(60)" if self.code is None else f"os._exit({self.code})"
        code = f"import os, time; print('number {self.code}', flush=True); {end}"
        return Process.start("child", [sys.executable, "-S", "-c", code], os.environ, self.log)

    def tend(self) -> list[str]:
        """Tends it once, when it has ended."""
        assert self.kept.process.wait(60)
        return list(self.kept.tend())

    def end_again(self) -> list[str]:
        """Lets it be started again, end and be seen to have ended."""
        before = self.kept.restarts
        self.clock.now += LONGEST_SECONDS
        assert self.tend() == []
        assert self.kept.restarts == before + 1
        return self.tend()


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    found = Child(tmp_path)
    yield found
    found.kept.process.kill()


def test_the_pauses_grow_to_a_longest() -> None:
    assert [pause_after(failures) for failures in range(1, 10)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert pause_after(10_000) == 30


def test_what_ends_is_said_and_started_again_after_a_pause_and_not_before(child: Child) -> None:
    assert child.tend() == ["child exited with status 3: number 3; it is started again in 0.5 s"]
    child.clock.now += 0.4
    assert (child.tend(), child.kept.restarts) == ([], 0)
    first = child.kept.process.pid
    child.clock.now += 0.2
    assert (child.tend(), child.kept.restarts) == ([], 1)
    assert child.kept.process.pid != first


def test_the_log_of_the_start_before_is_kept(child: Child, tmp_path: Path) -> None:
    child.tend()
    child.code = 4
    child.end_again()
    assert (tmp_path / "child.before.log").read_text() == "number 3\n"
    assert child.log.read_text() == "number 4\n"


def test_what_keeps_failing_is_told_so_and_tried_less_often(child: Child) -> None:
    said = [child.tend(), *(child.end_again() for _ in range(KEEPS_FAILING))]
    pauses = [lines[0].rpartition(" in ")[2] for lines in said]
    assert pauses == ["0.5 s", "1 s", "2 s", "4 s", "8 s"]
    assert [len(lines) for lines in said] == [1] * (KEEPS_FAILING - 1) + [2, 2]
    assert said[-1][1].startswith(f"child keeps failing, {KEEPS_FAILING + 1} times now")
    assert str(child.log) in said[-1][1]
    assert "nothing that needs child will be allowed" in said[-1][1]


def test_what_its_absence_means_may_be_less(tmp_path: Path) -> None:
    child = Child(tmp_path, without="nobody minds")
    said = [child.tend(), *(child.end_again() for _ in range(KEEPS_FAILING))]
    assert "nobody minds; its log" in said[-1][1]
    assert "allowed" not in said[-1][1]


def test_a_minute_of_running_makes_good(child: Child) -> None:
    child.tend()
    child.end_again()
    child.clock.now += LONGEST_SECONDS
    child.tend()
    child.clock.now += 60
    assert child.tend()[0].endswith("it is started again in 0.5 s")


def test_a_wrong_configuration_is_not_tried_again(tmp_path: Path) -> None:
    child = Child(tmp_path, EX_CONFIG)
    first, second = child.tend()
    assert first == "child exited with status 78: number 78"
    assert second.endswith("once it is mended, `sluice serve child`")
    child.clock.now += 1000
    assert (child.tend(), child.kept.restarts) == ([], 0)


def test_a_place_that_somebody_took_by_hand_is_left_to_them(child: Child) -> None:
    child.tend()
    child.taken = True
    for _ in range(3):
        child.clock.now += LONGEST_SECONDS
        assert (child.tend(), child.kept.restarts) == ([], 0)
    child.taken = False
    child.clock.now += LONGEST_SECONDS
    assert (child.tend(), child.kept.restarts) == ([], 1)


def test_its_return_is_told_once(child: Child) -> None:
    child.tend()
    child.code = None
    said: list[str] = []
    for serves in (False, False, True, True):
        child.serves = serves
        child.clock.now += 1
        said += child.kept.tend()
    assert said == ["child is back after 3 s"]
