"""Runs that end anywhere: nothing is lost, nothing is doubled, and a bank is called fresh only when it is."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluice.errors import TerminalError
from sluice.hashes.change import StoreBusyError
from sluice.hashes.compact import Lists, compact
from sluice.hashes.listed import Listed as Entry
from sluice.hashes.locks import locked
from sluice.hashes.store import append
from sluice.hashes.sync import batch
from sluice.hashes.sync import run as module
from sluice.hashes.sync.exchange import AwayError, Checkpoint, Page, PlaceLostError, RefusedError
from sluice.hashes.sync.run import MOST_TRIES
from sluice.hashes.sync.sources import Source
from tests.unit.hash_store import change, minus, plus, store
from tests.unit.hash_sync import BANKS, Listed, World, found, fresh, held

PAGES: list[dict[str, str | None]] = [{"a": "a", "b": "b"}, {"c": "c", "a": "other"}, {"b": None, "d": "", "e": "e"}]
AFTER = {"a", "c", "e"}


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return store(tmp_path / "hashes", BANKS)


@pytest.fixture(params=[1, 20_000], ids=["each-page", "at-once"])
def batches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many updates go into the store at a time."""
    monkeypatch.setattr(batch, "MOST_OPS", request.param)
    return int(request.param)


def test_the_newest_of_an_entry_counts(folder: Path, batches: int) -> None:
    done = World().sync(folder, Listed(*PAGES))
    assert held(folder) == AFTER
    assert (found(folder, "a"), found(folder, "other")) == (set(), {"a"})
    # In one batch only the newest of "a" and "b" went into the store.
    assert done.counts.put == (5 if batches == 1 else 3)
    assert (done.counts.removed, done.counts.without, done.counts.others) == (1, 1, {"pdna": 1})


@pytest.mark.parametrize("step", ["append", "write_state"])
@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("at", range(6))
def test_killed_at_any_step(
    folder: Path, batches: int, step: str, at: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    real: Callable[..., object] = getattr(module, step)

    def once(*arguments: object) -> object:
        calls.append(1)
        if len(calls) - 1 != at:
            return real(*arguments)
        if after:
            real(*arguments)
        raise KilledError

    monkeypatch.setattr(module, step, once)
    listed = Listed(*PAGES)
    killed = False
    try:
        World(now_ms=1000).sync(folder, listed)
    except KilledError:
        killed = True
        # Fresh is said last, and by nothing but the very last step.
        assert fresh(folder) in ((0, 1000) if step == "append" and after else (0,))
    assert killed == (len(calls) > at)
    monkeypatch.setattr(module, step, real)
    world = World(now_ms=2000)
    world.sync(folder, listed)
    assert held(folder) == AFTER
    assert (found(folder, "a"), found(folder, "b"), found(folder, "other")) == (set(), set(), {"a"})
    assert fresh(folder) == 2000
    world.now_ms = 3000
    assert World(now_ms=3000).sync(folder, listed).whole == ""
    assert listed.begun[-1] == 3


def test_killed_for_good(folder: Path) -> None:
    """A process that is killed by the system while it writes page after page."""
    program = textwrap.dedent(
        """
        import sys, pathlib
        from sluice.hashes.sync import batch
        from tests.unit.hash_sync import Listed, World
        batch.MOST_OPS = 1
        World().sync(pathlib.Path(sys.argv[1]), Listed(*({f"e{n}": f"e{n}"} for n in range(400))))
        """
    )
    every = Listed(*({f"e{number}": f"e{number}"} for number in range(400)))
    killed = 0
    for wait in (0.02, 0.05, 0.1):
        with subprocess.Popen([sys.executable, "-c", program, str(folder)], cwd=Path(__file__).parents[2]) as child:
            state, before = folder / "sync-first.json", (folder / "sync-first.json").exists()
            end = time.monotonic() + 60
            while not before and not state.exists() and child.poll() is None and time.monotonic() < end:
                time.sleep(0.005)
            time.sleep(wait)
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
                killed += 1
    assert killed
    World().sync(folder, every)
    assert held(folder) == {f"e{number}" for number in range(400)}
    assert fresh(folder)


def test_what_came_before_a_failure_is_kept(folder: Path) -> None:
    listed = Listed(*PAGES, breaks={2: RefusedError("no")})
    with pytest.raises(RefusedError):
        World().sync(folder, listed)
    assert fresh(folder) == 0
    World().sync(folder, listed)
    assert (held(folder), bool(fresh(folder))) == (AFTER, True)


def test_away_for_a_while(folder: Path) -> None:
    world = World()
    listed = Listed(*PAGES, breaks={1: AwayError("away"), 2: AwayError("away")})
    assert world.sync(folder, listed).retries == 2
    assert (held(folder), listed.begun, world.pauses) == (AFTER, [0, 1, 2], [1.0, 1.0])


def test_away_for_too_long(folder: Path) -> None:
    class Away(Listed):
        def pages(self, checkpoint: Checkpoint | None) -> Iterator[Page]:
            raise AwayError("away")

    world = World()
    with pytest.raises(AwayError):
        world.sync(folder, Away())
    assert world.pauses == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert len(world.pauses) == MOST_TRIES - 1


def test_a_place_that_is_lost(folder: Path) -> None:
    listed = Listed(*PAGES, breaks={2: PlaceLostError("lost")})
    World().sync(folder, listed)
    assert (listed.begun, held(folder)) == ([0, 0], AFTER)


def test_a_place_that_was_never_had(folder: Path) -> None:
    with pytest.raises(PlaceLostError):
        World().sync(folder, Listed(*PAGES, breaks={0: PlaceLostError("lost")}))


def emptied(folder: Path) -> None:
    compact(folder, Lists(("partner",), ()))


def built(folder: Path) -> None:
    append(folder, [change(plus("partner", Entry("x", md5=bytes(16))), minus("partner", "c"), fresh={"partner": 5})])


def wiped(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name not in ("banks.yaml", "sync-first.json"):
            path.unlink()


@pytest.mark.parametrize("changed", [emptied, built, wiped])
def test_a_bank_that_was_changed_by_other_means_is_fetched_whole(
    folder: Path, changed: Callable[[Path], None]
) -> None:
    listed = Listed(*PAGES)
    World().sync(folder, listed)
    changed(folder)
    done = World().sync(folder, listed)
    assert (done.whole, held(folder)) == ("the bank was changed by other means", AFTER)
    assert done.swept == (1 if changed is built else 0)


def test_entries_that_were_there_before_the_source(folder: Path) -> None:
    append(folder, [change(plus("partner", Entry("mine", md5=bytes(16))), plus("other", Entry("x", md5=bytes(16))))])
    compact(folder)
    append(folder, [change(plus("partner", Entry("late", md5=bytes(16))))])
    listed = Listed(*PAGES, breaks={1: RefusedError("no"), 2: AwayError("away")})
    with pytest.raises(RefusedError):
        World().sync(folder, listed)
    assert held(folder) >= {"mine", "late", "a", "b"}
    assert World().sync(folder, listed).swept == 2
    # A run that sweeps must see the whole list: it began anew, and went on only while it lived.
    assert listed.begun == [0, 0, 2]
    assert (held(folder), held(folder, "other")) == (AFTER, {"x"})


def test_anew_removes_what_is_listed_no_more(folder: Path) -> None:
    World().sync(folder, Listed(*PAGES))
    done = World().sync(folder, Listed({"a": "a"}), anew=True)
    assert (done.whole, done.swept, held(folder)) == ("as asked for", 2, {"a"})


def test_a_whole_list_of_nothing_empties_no_bank(folder: Path) -> None:
    """An exchange that answers with an empty list is in trouble more often than it is empty."""
    World(now_ms=1000).sync(folder, Listed(*PAGES))
    with pytest.raises(TerminalError, match="lists nothing, and bank partner has entries: none was removed"):
        World(now_ms=2000).sync(folder, Listed({}), anew=True)
    assert (held(folder), fresh(folder)) == (AFTER, 1000)
    emptied(folder)
    World(now_ms=3000).sync(folder, Listed({}))
    assert (held(folder), fresh(folder)) == (set(), 3000)


def test_a_checkpoint_that_is_too_old(folder: Path) -> None:
    class Forgetful(Listed):
        most_age_s = 100

    World(now_ms=1_000).sync(folder, Forgetful(*PAGES))
    assert World(now_ms=101_000).sync(folder, Forgetful(*PAGES)).whole == ""
    assert "so long ago" in World(now_ms=201_001).sync(folder, Forgetful({"a": "a"})).whole
    assert held(folder) == {"a"}


def test_a_checkpoint_of_another_list(folder: Path) -> None:
    World().sync(folder, Listed(*PAGES))
    other = Source("first", "ncmec", "partner", {"environment": "NGO"})
    assert World().sync(folder, Listed({"z": "z"}), other).whole == "sources.yaml names another list"
    assert held(folder) == {"z"}


def test_two_runs_of_a_source_at_once(folder: Path) -> None:
    with locked(folder, "sync-first.lock", 1.0), pytest.raises(StoreBusyError):
        World().sync(folder, Listed(*PAGES))


def test_a_bank_that_nobody_describes(folder: Path) -> None:
    with pytest.raises(TerminalError):
        World().sync(folder, Listed(*PAGES, breaks={0: TerminalError("")}))
    (folder / "banks.yaml").write_text("other: {kind: terror, source: a, terms: b}\n")
    with pytest.raises(Exception, match="describes no bank called partner"):
        World().sync(folder, Listed({"z": "z"}))


def test_a_delta_that_grew_long_is_merged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MERGE_BYTES", 100)
    monkeypatch.setattr(module, "_MOST_DELTA_BYTES", 800)
    assert World().sync(folder, Listed(*PAGES)).merged
    assert held(folder) == AFTER
    assert World().sync(folder, Listed(*PAGES)).whole == ""
