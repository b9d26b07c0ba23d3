"""A vault that is sound is opened; for everything else there is a reason, and most of them can pass."""

from pathlib import Path

import pytest

from reporter.evidence import open_evidence
from sluice.errors import ConfigError, NotReadyError
from sluice.local.vault_key import ensure_vault_key
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
