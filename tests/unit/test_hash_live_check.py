"""The check "hash" over a store that changes while it runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hash_matcher.check import HashMatcher
from sluice.check import Digests, Item, Kind, Result
from sluice.deadline import now_ms
from sluice.errors import NotReadyError, TerminalError
from sluice.hashes.compact import compact
from sluice.hashes.layout import HashFileError
from sluice.hashes.listed import Listed
from sluice.hashes.store import append
from sluice.hashes.view import View
from sluice.settings import Reader, read_settings
from tests.unit.hash_store import change, minus, plus, store
from tests.unit.test_hash_check import DIGESTS

BANKS = """\
partner: {kind: csam, source: a, terms: b, fresh_for: 1h}
other: {kind: terror, source: a, terms: b, fresh_for: 1h}
innocent: {kind: innocent, source: a, terms: b, negative: true}
"""
A = Listed("a", md5=DIGESTS.md5)
NEAR = Listed("near", DIGESTS.pdq[3], 90)
MOST_SECONDS = 60.0


def item(digests: Digests = DIGESTS, at_ms: int = 0) -> Item:
    return Item("c0", Kind.IMAGE, digests=digests, at_ms=at_ms)


async def opened(home: Path, **env: str) -> HashMatcher:
    variables = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "SLUICE_HOME": str(home), **env}
    reader = Reader(variables)
    return await HashMatcher.open(read_settings(reader, variables), reader)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = store(tmp_path / "hashes", BANKS)
    append(found, [])
    return found


@pytest.fixture
async def check(folder: Path) -> AsyncIterator[HashMatcher]:
    """With an empty store and the test bank."""
    found = await opened(folder.parent, SLUICE_TEST_BANK="1", SLUICE_FLOOD_LEAST="5")
    yield found
    await found.close()


async def asked(check: HashMatcher, when: Callable[[Result], bool], digests: Digests = DIGESTS) -> Result:
    """The first answer of which that is true."""
    async with asyncio.timeout(MOST_SECONDS):
        while True:
            (result,) = await check.run([item(digests)])
            if when(result):
                return result
            await asyncio.sleep(0.02)


def names(result: Result) -> list[tuple[str, str]]:
    return [(match.list_name, match.entry) for match in result.matches]


async def test_what_is_added_matches_and_what_is_removed_does_not(check: HashMatcher, folder: Path) -> None:
    (before,) = await check.run([item()])
    assert before.matches == ()
    append(folder, [change(plus("partner", A))])
    found = await asked(check, lambda result: bool(result.matches))
    (match,) = found.matches
    assert (match.list_name, match.entry, match.kind, match.method) == ("partner", "a", "csam", "md5")
    compact(folder)
    assert names((await check.run([item()]))[0]) == [("partner", "a")]
    append(folder, [change(minus("partner", "a"), plus("other", NEAR))])
    await asked(check, lambda result: names(result) == [("other", "near")])


async def test_an_answer_names_the_lists_that_it_rests_on(check: HashMatcher, folder: Path) -> None:
    (before,) = await check.run([item()])
    append(folder, [change(plus("partner", A))])
    after = await asked(check, lambda result: bool(result.matches))
    (match,) = after.matches
    digests = {model.name: model.digest for model in after.models}
    assert digests["bank:partner"] == match.list_digest != {m.name: m.digest for m in before.models}["bank:partner"]
    assert digests.keys() == {"bank:partner", "bank:other", "bank:innocent", "bank:sluice-test"}
    assert set(check.models()) == set(after.models)


async def test_the_test_bank_is_searched_with_the_store(check: HashMatcher, folder: Path) -> None:
    for example, result in zip(check.examples(), await check.run([e.item for e in check.examples()]), strict=True):
        assert example.holds(result), example.name


async def test_a_negative_bank_takes_back_and_says_how_many(check: HashMatcher, folder: Path) -> None:
    append(folder, [change(plus("other", NEAR), plus("partner", NEAR), plus("innocent", NEAR))])
    result = await asked(check, lambda result: bool(result.matches))
    assert names(result) == [("partner", "near")]
    assert result.signals["matches_taken_back"] == 1.0
    append(folder, [change(plus("innocent", A))])
    result = await asked(check, lambda result: not result.matches)
    assert result.signals["matches_taken_back"] == 2.0
    append(folder, [change(plus("partner", A))])
    assert names(await asked(check, lambda result: bool(result.matches))) == [("partner", "a")]


async def test_an_entry_that_floods_is_marked_and_still_matches(check: HashMatcher, folder: Path) -> None:
    append(folder, [change(plus("partner", A), plus("other", NEAR))])
    only_a = replace(DIGESTS, pdq=(), pdq_quality=0)
    await asked(check, lambda result: bool(result.matches), only_a)
    results = [(await check.run([item(only_a, at_ms=10_000_000)]))[0] for _ in range(5)]
    assert [result.matches[0].quarantined for result in results][-1]
    assert results[-1].signals["matches_quarantined"] == 1.0
    assert check.health().notes["flood"] == (
        "entries that match far above their usual rate are in quarantine: partner/a"
    )
    gauges = {gauge.name: gauge.value for gauge in check.health().gauges}
    assert gauges["hash_quarantined_entries"] == 1.0
    (both,) = await check.run([item(at_ms=10_000_000)])
    assert {match.entry: match.quarantined for match in both.matches} == {"a": True, "near": False}


async def test_a_stale_bank_that_is_required_is_not_ready_and_another_is_a_note(folder: Path) -> None:
    append(folder, [change(plus("partner", A), plus("other", A), fresh={"partner": now_ms(), "other": now_ms()})])
    check = await opened(folder.parent, SLUICE_REQUIRED_BANKS="partner")
    assert (check.health().reasons, check.health().notes) == ({}, {})
    append(folder, [change(fresh={"partner": 60_000, "other": 60_000})])
    async with asyncio.timeout(MOST_SECONDS):
        while not check.health().reasons:
            await asyncio.sleep(0.02)
    health = check.health()
    assert health.reasons == {
        "bank partner": (
            "bank partner should be compared with its source every 1h, and was last 1970-01-01T00:01Z: "
            "`sluice hashes build` or `add --fresh` with the newest list"
        )
    }
    assert list(health.notes) == ["bank other"]
    values = {(gauge.name, gauge.labels.get("bank", "")): gauge.value for gauge in health.gauges}
    assert values["hash_bank_stale", "partner"] == 1.0
    assert values["hash_bank_age_seconds", "other"] > 1e9
    append(folder, [change(fresh={"partner": now_ms()})])
    async with asyncio.timeout(MOST_SECONDS):
        while check.health().reasons:
            await asyncio.sleep(0.02)
    await check.close()


async def test_a_store_that_cannot_be_followed_is_not_ready(check: HashMatcher, folder: Path) -> None:
    append(folder, [change(plus("partner", A))])
    await asked(check, lambda result: bool(result.matches))
    (folder / "current.json").write_text("{}")
    async with asyncio.timeout(MOST_SECONDS):
        while not check.health().reasons:
            await asyncio.sleep(0.02)
    assert "current.json makes no sense: put it back" in check.health().reasons["hash-store"]
    assert names((await check.run([item()]))[0]) == [("partner", "a")]


async def test_a_file_that_contradicts_itself_is_an_error_and_no_clean_answer(
    check: HashMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contradicts(*_: object) -> None:
        raise HashFileError("buckets of a table overlap")

    monkeypatch.setattr(View, "look_up", contradicts)
    with pytest.raises(TerminalError, match="the lists cannot be searched: buckets of a table overlap"):
        await check.run([item()])


@pytest.mark.parametrize(
    ("banks", "env", "says"),
    [
        (BANKS, {"SLUICE_REQUIRED_BANKS": "partner"}, "required bank partner is not loaded: .*`sluice hashes build`"),
        (BANKS, {}, "no bank of known pictures"),
        (BANKS.replace("other", "sluice-test"), {"SLUICE_TEST_BANK": "1"}, "the name sluice-test belongs to another"),
        (BANKS, {"SLUICE_HASHES": "/nowhere"}, "SLUICE_HASHES: /nowhere/banks.yaml is missing"),
    ],
)
async def test_a_store_that_will_not_do_is_not_ready(
    tmp_path: Path, banks: str, env: dict[str, str], says: str
) -> None:
    append(store(tmp_path / "hashes", banks), [])
    with pytest.raises(NotReadyError, match=says):
        await opened(tmp_path, **env)


async def test_without_a_store_there_is_none(tmp_path: Path) -> None:
    check = await opened(tmp_path, SLUICE_TEST_BANK="1")
    assert [model.name for model in check.models()] == ["bank:sluice-test"]
    assert (await check.run([item()]))[0].models == ()
    await check.close()
