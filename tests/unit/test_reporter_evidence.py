"""A vault that is sound is opened; for everything else there is a reason, and most of them can pass."""

import asyncio
import io
from pathlib import Path

import pytest

from reporter.evidence import open_evidence, opened
from reporter.watching import VAULT
from sluice.errors import ConfigError, NotReadyError
from sluice.host.readiness import Readiness
from sluice.local.vault_key import ensure_vault_key
from sluice.telemetry.logging import Log
from sluice.vault.audit import Said
from sluice.vault.entry import Action
from sluice.vault.settings import VaultSettings


def settings(home: Path) -> VaultSettings:
    return VaultSettings((home / "vault").as_uri(), (home / "vault.keys").as_uri(), home / "audit.head", None)


async def test_an_empty_one_is_begun_and_found_again(tmp_path: Path) -> None:
    ensure_vault_key(tmp_path)
    first = await open_evidence(settings(tmp_path))
    first.log.append(Said("a test", Action.READ))
    again = await open_evidence(settings(tmp_path))
    assert again.log.head == first.log.head
    assert again.log.head.seq == 1


async def test_a_key_that_is_missing_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"SLUICE_VAULT_KEY.*new-key"):
        await open_evidence(settings(tmp_path))
    ensure_vault_key(tmp_path)
    await open_evidence(settings(tmp_path))


async def test_another_key_than_that_of_the_vault_is_named(tmp_path: Path) -> None:
    ensure_vault_key(tmp_path)
    await open_evidence(settings(tmp_path))
    (tmp_path / "vault.keys").unlink()
    ensure_vault_key(tmp_path)
    with pytest.raises(NotReadyError, match="development-"):
        await open_evidence(settings(tmp_path))


async def test_a_log_that_is_not_sound_stops_it(tmp_path: Path) -> None:
    ensure_vault_key(tmp_path)
    vault = await open_evidence(settings(tmp_path))
    for _ in range(2):
        vault.log.append(Said("a test", Action.READ))
    (line,) = (tmp_path / "vault" / "audit").glob("*1")
    line.unlink()
    with pytest.raises(NotReadyError, match=r"line 1.*sluice audit verify"):
        await open_evidence(settings(tmp_path))


async def test_an_address_that_no_wait_mends_is_a_mistake(tmp_path: Path) -> None:
    ensure_vault_key(tmp_path)
    wrong = settings(tmp_path)
    with pytest.raises(ConfigError, match="SLUICE_VAULT"):
        await open_evidence(VaultSettings("ftp://there", wrong.key, wrong.anchor, None))


def board() -> Readiness:
    return Readiness("", Log("test", stream=io.StringIO()))


async def test_it_is_opened_as_soon_as_its_key_is_there_and_the_board_says_what_is_missing(tmp_path: Path) -> None:
    told, stop = board(), asyncio.Event()
    waiting = asyncio.create_task(opened(settings(tmp_path), told, stop, 0.001))
    while VAULT not in told.conditions:
        await asyncio.sleep(0.001)
    assert "sluice vault new-key" in told.conditions[VAULT]
    ensure_vault_key(tmp_path)
    assert await waiting is not None


async def test_whoever_is_stopped_waits_for_it_no_longer(tmp_path: Path) -> None:
    told, stop = board(), asyncio.Event()
    waiting = asyncio.create_task(opened(settings(tmp_path), told, stop))
    while VAULT not in told.conditions:
        await asyncio.sleep(0.001)
    stop.set()
    assert await waiting is None


async def test_a_mistake_that_no_wait_mends_is_raised(tmp_path: Path) -> None:
    ensure_vault_key(tmp_path)
    wrong = settings(tmp_path)
    with pytest.raises(ConfigError, match="SLUICE_VAULT"):
        await opened(VaultSettings("ftp://there", wrong.key, wrong.anchor, None), board(), asyncio.Event())
