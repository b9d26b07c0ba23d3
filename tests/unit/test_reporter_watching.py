"""What the ledger and the vault say is on the board, and in the metrics."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reporter.incident import Standing
from reporter.ledger import Event, Ledger
from reporter.opened import open_ledger
from reporter.report import Phase
from reporter.watching import LEDGER, STORE, VAULT, LedgerWatch, StoreWatch, VaultWatch
from sluice.errors import RetryableError
from sluice.host.readiness import Readiness
from sluice.objects import ObjectStore
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.vault.audit import Said
from sluice.vault.entry import Action
from tests.unit.metric_values import begun, values
from tests.unit.reporter_incidents import NOW, confirmed, new
from tests.unit.vault_shelf import Place


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = await open_ledger(str(tmp_path / "reporter.db"))
    yield ledger
    await ledger.close()


@pytest.fixture
def board() -> Readiness:
    return Readiness("", Log("test", stream=io.StringIO()))


def watch(ledger: Ledger, board: Readiness, now: int = NOW + 5_000) -> tuple[LedgerWatch, Metrics]:
    metrics = Metrics("reporter")
    return LedgerWatch(ledger, board, metrics, lambda: now), metrics


async def test_every_state_and_phase_is_told_also_where_there_is_none(ledger: Ledger, board: Readiness) -> None:
    looking, metrics = watch(ledger, board)
    await looking.once()
    assert begun(metrics, "sluice_reporter_incidents") == len(Standing)
    assert begun(metrics, "sluice_reporter_reports") == len(Phase) - 2
    for name in ("unpublished", "oldest_unreported_seconds", "oldest_held_seconds"):
        assert begun(metrics, f"sluice_reporter_{name}") == 1
        assert values(metrics, f"sluice_reporter_{name}") == {}


async def test_what_there_is_is_counted_and_how_old_it_is(ledger: Ledger, board: Readiness) -> None:
    looking, metrics = watch(ledger, board)
    held = replace(new(1), standing=Standing.HELD, seen_at_ms=NOW + 1_000)
    later = replace(new(2), standing=Standing.HELD, seen_at_ms=NOW + 2_000)
    ripe = confirmed(3, account="b", at=NOW - 5_000)
    waits = replace(confirmed(4, account="c", at=NOW + 3_000), ripe_at_ms=NOW + 9_000)
    for one in (held, later, ripe, waits):
        await ledger.add(one)
    await ledger.save_incident(waits, [Event("e1", "accounts.actions", b"k", b"v")])
    assert await ledger.gather(NOW, 9) is not None
    await looking.once()
    assert values(metrics, "sluice_reporter_incidents") == {("held",): 2, ("confirmed",): 1, ("reporting",): 1}
    assert values(metrics, "sluice_reporter_reports") == {("ready",): 1}
    assert values(metrics, "sluice_reporter_unpublished") == {(): 1}
    assert values(metrics, "sluice_reporter_oldest_held_seconds") == {(): 4.0}
    assert values(metrics, "sluice_reporter_oldest_unreported_seconds") == {(): 10.0}
    for one in await ledger.incidents({Standing.HELD}, 9):
        await ledger.save_incident(replace(one, standing=Standing.RELEASED))
    await looking.once()
    assert values(metrics, "sluice_reporter_incidents")["released",] == 2
    assert values(metrics, "sluice_reporter_oldest_held_seconds") == {}


async def test_where_nobody_takes_them_it_is_said_as_long_as_some_wait(ledger: Ledger, board: Readiness) -> None:
    metrics = Metrics("reporter")
    looking = LedgerWatch(ledger, board, metrics, lambda: NOW + 5_000, ())
    await looking.once()
    assert board.notes == {}
    await ledger.add(confirmed(1, test=True, at=NOW - 9_000))
    await ledger.add(confirmed(2))
    await looking.once()
    assert board.notes == {
        "tip line for real incidents": "there is none: 1 wait (SLUICE_TIPLINE_URL)",
        "tip line for incidents of test lists": "there is none: 1 wait (SLUICE_TIPLINE_URL)",
    }
    # A match of a test list that nobody takes is no duty left undone.
    assert values(metrics, "sluice_reporter_oldest_unreported_seconds") == {(): 5.0}
    for one in await ledger.incidents({Standing.CONFIRMED}, 9):
        await ledger.save_incident(replace(one, standing=Standing.RELEASED))
    await looking.once()
    assert board.notes == {}


async def test_tests_that_no_tip_line_takes_are_owed_to_nobody_and_real_ones_always_are(
    ledger: Ledger, board: Readiness
) -> None:
    metrics = Metrics("reporter")
    looking = LedgerWatch(ledger, board, metrics, lambda: NOW + 5_000, (False,))
    await ledger.add(confirmed(1, test=True, at=NOW))
    await looking.once()
    assert values(metrics, "sluice_reporter_oldest_unreported_seconds") == {}
    await ledger.add(confirmed(2, at=NOW + 1_000))
    await looking.once()
    assert values(metrics, "sluice_reporter_oldest_unreported_seconds") == {(): 4.0}
    for kinds, seconds in (((), 4.0), ((True,), 5.0)):
        metrics = Metrics("reporter")
        looking = LedgerWatch(ledger, board, metrics, lambda: NOW + 5_000, kinds)
        await looking.once()
        assert values(metrics, "sluice_reporter_oldest_unreported_seconds") == {(): seconds}


class Away:
    """A ledger that does not answer until it is told to."""

    def __init__(self) -> None:
        self.back = False

    async def counts(self) -> Mapping[str, int]:
        if not self.back:
            raise RetryableError("the ledger: OperationalError")
        return {}

    async def oldest(self, tests: Collection[bool]) -> Mapping[Standing, int]:
        return {}

    async def waiting(self) -> Mapping[bool, int]:
        return {}


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.001)


async def test_a_ledger_that_does_not_answer_is_told_until_it_does(board: Readiness) -> None:
    away: Any = Away()
    looking, _ = watch(away, board)
    running = asyncio.create_task(looking.run(0.001))
    await until(lambda: LEDGER in board.conditions)
    assert board.conditions[LEDGER] == "the ledger does not answer: OperationalError"
    away.back = True
    await until(lambda: not board.conditions)
    running.cancel()


async def test_a_vault_whose_log_is_not_sound_is_told_until_it_is(board: Readiness) -> None:
    place = Place()
    vault = place.vault()
    for _ in range(2):
        place.vault().log.append(Said("a test", Action.READ))
    taken = place.shelf.objects.pop("audit/000000000001")
    running = asyncio.create_task(VaultWatch(vault, board).run(0.001))
    await until(lambda: VAULT in board.conditions)
    assert "not sound" in board.conditions[VAULT]
    assert "sluice audit verify" in board.conditions[VAULT]
    place.shelf.objects["audit/000000000001"] = taken
    await until(lambda: not board.conditions)
    running.cancel()


async def test_a_vault_that_does_not_answer_is_told(board: Readiness) -> None:
    place = Place()
    vault = place.vault()

    def keys_now(folder: str, after: str = "") -> list[str]:
        raise RetryableError(f"no answer about {folder} after {after}")

    place.shelf.keys_now = keys_now  # type: ignore[method-assign] # a shelf that is away
    running = asyncio.create_task(VaultWatch(vault, board).run(0.001))
    await until(lambda: VAULT in board.conditions)
    assert board.conditions[VAULT].startswith("the vault does not answer")
    running.cancel()


async def test_an_object_store_that_does_not_answer_is_told_until_it_does(board: Readiness, tmp_path: Path) -> None:
    store = ObjectStore.open(tmp_path.as_uri())
    in_the_way = tmp_path / "held"
    in_the_way.touch()
    running = asyncio.create_task(StoreWatch(store, board).run(0.001))
    await until(lambda: STORE in board.conditions)
    assert board.conditions[STORE].startswith("the object store does not answer")
    in_the_way.unlink()
    await until(lambda: not board.conditions)
    running.cancel()
