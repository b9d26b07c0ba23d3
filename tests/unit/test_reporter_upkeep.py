"""Evidence whose time is over goes, and what cannot be read stays and is noted."""

import asyncio
import io

import pytest

from reporter import upkeep as upkeeps
from reporter.upkeep import NOTE, Upkeep
from reporter.watching import VAULT, VaultWatch
from sluice.errors import RetryableError
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.vault.store import Vault
from tests.unit.metric_values import begun, values
from tests.unit.vault_shelf import DATA, DAY, NOW, Place, facts

EXPIRED = "sluice_reporter_expired_total"
FAILING = "sluice_reporter_upkeep_failing"
FAILING = "sluice_reporter_upkeep_failing"


class Here:
    """A vault with as many pieces of reported evidence as are asked for, and who looks after it."""

    def __init__(self, pieces: int) -> None:
        self.place = Place()
        self.vault: Vault = self.place.vault()
        for at in range(pieces):
            data = DATA + bytes([at])
            kept = self.vault.keep(data, facts(data))
            self.vault.reported(kept.id, "incident-1", "4000001", NOW)
        self.said = io.StringIO()
        self.log = Log("test", stream=self.said)
        self.readiness = Readiness("", self.log)
        self.metrics = Metrics("reporter")
        self.upkeep = Upkeep(self.vault, 24, self.readiness, self.metrics, self.log)


async def test_what_is_due_is_destroyed_and_counted() -> None:
    here = Here(3)
    assert begun(here.metrics, EXPIRED) == 1
    assert not (await here.upkeep.once()).done
    here.place.now += 400 * DAY
    assert len((await here.upkeep.once()).done) == 3
    assert here.vault.ids() == []
    assert values(here.metrics, EXPIRED) == {(): 3}
    assert not (await here.upkeep.once()).done


async def test_what_is_damaged_stays_and_is_noted() -> None:
    here = Here(2)
    here.place.now += 400 * DAY
    spoilt = here.place.shelf.find("/record/")[0]
    here.place.shelf.objects[spoilt] = b"something else"
    assert len((await here.upkeep.once()).done) == 1
    assert "sluice vault verify" in here.readiness.notes[NOTE]
    assert here.readiness.reasons == ()


async def test_what_goes_wrong_is_tried_again_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Here(1)
    here.place.now += 400 * DAY
    monkeypatch.setattr(upkeeps, "AGAIN_SECONDS", 0.001)
    here.vault.shelf = here.place.faulty(0, fault=RetryableError)
    running = asyncio.create_task(here.upkeep.run())
    failed = False
    while not values(here.metrics, EXPIRED):
        assert not running.done()
        await asyncio.sleep(0.001)
        failed |= values(here.metrics, FAILING) == {(): 1}
    running.cancel()
    assert failed
    assert values(here.metrics, FAILING) == {}
    assert "will try again" in here.said.getvalue()


async def test_that_it_fails_is_told_for_as_long_as_it_does() -> None:
    here = Here(1)
    here.place.now += 400 * DAY
    assert begun(here.metrics, FAILING) == 1
    good, here.vault.shelf = here.vault.shelf, here.place.faulty(0, fault=RetryableError)
    assert not await here.upkeep._tried()
    assert values(here.metrics, FAILING) == {(): 1}
    here.vault.shelf = good
    spoilt = here.place.shelf.find("/record/")[0]
    whole, here.place.shelf.objects[spoilt] = here.place.shelf.objects[spoilt], b"something else"
    assert await here.upkeep._tried()
    assert values(here.metrics, FAILING) == {(): 1}
    here.place.shelf.objects[spoilt] = whole
    assert await here.upkeep._tried()
    assert values(here.metrics, FAILING) == {}


async def test_who_is_stopped_leaves_the_rest_for_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Here(5)
    here.place.now += 400 * DAY
    loop, asked = asyncio.get_running_loop(), 0
    expire, running = here.vault.expire, asyncio.create_task(here.upkeep.once())
    ended = asyncio.Event()

    def expire_one(evidence: str, who: str) -> bool:
        nonlocal asked
        asked += 1
        loop.call_soon_threadsafe(running.cancel)
        asyncio.run_coroutine_threadsafe(_cancelled(running), loop).result()
        loop.call_soon_threadsafe(ended.set)
        return expire(evidence, who)

    monkeypatch.setattr(here.vault, "expire", expire_one)
    await ended.wait()
    await loop.shutdown_default_executor()
    assert asked == 1


async def _cancelled(task: "asyncio.Task[object]") -> None:
    await asyncio.wait({task})


async def test_a_line_of_the_log_that_was_changed_after_it_was_read_stops_the_vault() -> None:
    here = Here(2)
    here.place.now += 400 * DAY
    line = here.place.shelf.find("audit/")[0]
    whole, here.place.shelf.objects[line] = here.place.shelf.objects[line], b"something else"
    assert not await here.upkeep._tried()
    assert values(here.metrics, FAILING) == {(): 1}
    watching = asyncio.create_task(VaultWatch(here.vault, here.readiness).run(0.001))
    while VAULT not in here.readiness.conditions:
        await asyncio.sleep(0.001)
    assert "not sound" in here.readiness.conditions[VAULT]
    here.place.shelf.objects[line] = whole
    while VAULT in here.readiness.conditions:
        await asyncio.sleep(0.001)
    watching.cancel()
    assert len((await here.upkeep.once()).done) == 2
