"""The check "hash" and its store: one that comes later, or is emptied; clocks that are wrong; what is counted."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hash_matcher import check as module
from hash_matcher.check import HashMatcher
from hash_matcher.following import Following
from sluice.deadline import now_ms
from sluice.errors import TerminalError
from sluice.hashes.change import HashStoreError
from sluice.hashes.compact import Lists, compact
from sluice.hashes.live import LiveIndex
from sluice.hashes.store import append
from sluice.hashes.view import View
from tests.unit.hash_store import change, minus, plus, store
from tests.unit.test_hash_check import DIGESTS
from tests.unit.test_hash_live_check import BANKS, MOST_SECONDS, A, asked, item, names, opened

YEAR_MS = 366 * 86_400_000


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(MOST_SECONDS):
        while not true():
            await asyncio.sleep(0.02)


def gauges(check: HashMatcher) -> dict[str, float]:
    return {gauge.name: gauge.value for gauge in check.health().gauges}


async def test_a_store_that_comes_later_is_followed(tmp_path: Path) -> None:
    check = await opened(tmp_path, SLUICE_TEST_BANK="1")
    assert (check.health().reasons, gauges(check)["hash_store_trouble"]) == ({}, 0.0)
    # Described and not made yet: whoever asks is told that it is not searched.
    folder = store(tmp_path / "hashes", BANKS)
    await until(lambda: bool(check.health().reasons))
    assert "is no store of hashes: `sluice hashes build` makes one" in check.health().reasons["hash-store"]
    assert gauges(check)["hash_store_trouble"] == 1.0
    append(folder, [change(plus("partner", A))])
    found = await asked(check, lambda result: bool(result.matches))
    assert names(found) == [("partner", "a")]
    assert {model.name for model in found.models} == {
        "bank:partner", "bank:other", "bank:innocent", "bank:sluice-test"
    }  # fmt: skip
    await until(lambda: not check.health().reasons)
    append(folder, [change(minus("partner", "a"))])
    await asked(check, lambda result: not result.matches)
    for example, result in zip(check.examples(), await check.run([e.item for e in check.examples()]), strict=True):
        assert example.holds(result), example.name
    await check.close()


async def test_a_store_that_comes_later_and_is_of_no_use_is_told(tmp_path: Path) -> None:
    check = await opened(tmp_path, SLUICE_TEST_BANK="1")
    store(tmp_path / "hashes", "partner: {kind: csam}")
    await until(lambda: "source is missing" in check.health().reasons.get("hash-store", ""))
    append(store(tmp_path / "hashes", BANKS.replace("other", "sluice-test")), [])
    await until(lambda: "belongs to another bank" in check.health().reasons.get("hash-store", ""))
    store(tmp_path / "hashes", BANKS)
    await until(lambda: not check.health().reasons)
    await check.close()


async def test_a_required_bank_that_is_emptied_is_not_ready(tmp_path: Path) -> None:
    folder = store(tmp_path / "hashes", BANKS)
    append(folder, [change(plus("partner", A), fresh={"partner": now_ms(), "other": now_ms()})])
    check = await opened(tmp_path, SLUICE_REQUIRED_BANKS="partner")
    assert check.health().reasons == {}
    append(folder, [change(minus("partner", "a"))])
    await until(lambda: bool(check.health().reasons))
    assert check.health().reasons["bank partner"].startswith("required bank partner has no entries any more: `sluice")
    append(folder, [change(plus("partner", A))])
    await until(lambda: not check.health().reasons)
    compact(folder, Lists(("partner",), ()), {"partner": now_ms()})
    await until(lambda: bool(check.health().reasons))
    await check.close()


async def test_a_moment_in_the_future_is_not_fresh_for_ever(tmp_path: Path) -> None:
    folder = store(tmp_path / "hashes", BANKS)
    ahead = {"partner": now_ms() + YEAR_MS, "other": 10**17}
    append(folder, [change(plus("partner", A), fresh=ahead)])
    check = await opened(tmp_path, SLUICE_REQUIRED_BANKS="partner")
    health = check.health()
    assert list(health.reasons) == ["bank partner"]
    assert "in a year of more than four digits" in health.notes["bank other"]
    append(folder, [change(fresh={"partner": now_ms() + 60_000})])
    await until(lambda: not check.health().reasons)
    await check.close()


async def test_a_request_from_the_future_does_not_stop_the_clock_of_floods(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store(tmp_path / "hashes", BANKS)
    append(folder, [change(plus("partner", A))])
    env = {"SLUICE_FLOOD_LEAST": "3", "SLUICE_FLOOD_WINDOW_SECONDS": "1"}
    check = await opened(tmp_path, SLUICE_TEST_BANK="1", **env)
    only_a = replace(DIGESTS, pdq=(), pdq_quality=0)
    for clock, at in ((1_000_000, 1_000_000 + YEAR_MS), (1_010_000, 1_010_000), (1_020_000, 1_020_000)):
        monkeypatch.setattr(module, "now_ms", lambda clock=clock: clock)
        (result,) = await check.run([item(only_a, at_ms=at)])
        # Ten seconds apart, in windows of one: no flood, unless all of them are in one window.
        assert [match.quarantined for match in result.matches] == [False]
    await check.close()


async def test_pictures_that_could_not_be_looked_up_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = await opened(tmp_path, SLUICE_TEST_BANK="1")
    await check.run([item(), item(replace(DIGESTS, md5=b""))])
    assert gauges(check)["hash_lookups_failed"] == 1.0

    def contradicts(*_: object) -> None:
        raise HashStoreError("an entry of nobody's")

    monkeypatch.setattr(View, "look_up", contradicts)
    with pytest.raises(TerminalError):
        await check.run([item(), item()])
    assert gauges(check)["hash_lookups_failed"] == 3.0
    await check.close()


async def test_a_last_change_that_was_spoiled_is_a_note(tmp_path: Path) -> None:
    folder = store(tmp_path / "hashes", BANKS)
    append(folder, [change(plus("partner", A))])
    delta = folder / "delta-0.log"
    data = delta.read_bytes()
    delta.write_bytes(data[:-1] + b"?")
    check = await opened(tmp_path, SLUICE_TEST_BANK="1")
    assert check.health().notes["hash-store"].startswith("the last change of the lists is not what was written")
    assert gauges(check)["hash_store_spoiled"] == 1.0
    append(folder, [change(plus("partner", A))])
    await asked(check, lambda result: bool(result.matches))
    assert gauges(check)["hash_store_spoiled"] == 0.0
    await check.close()


async def test_troubles_that_change_from_look_to_look_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store(tmp_path, BANKS)
    append(folder, [])
    live = LiveIndex(folder)
    looks: list[int] = []

    def look() -> bool:
        looks.append(1)
        live.trouble = f"trouble {len(looks)}"
        return False

    monkeypatch.setattr(live, "look", look)
    following = Following(live, every=0.0)
    following.start()
    await until(lambda: len(looks) > 2 and following.trouble.startswith("trouble"))
    await following.stop()
