"""A key for development: made once, whoever asks, and never another one."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from sluice.local.vault_key import ensure_vault_key
from sluice.vault.key_file import FileKeys


def test_a_key_is_made_that_its_owner_alone_can_read(tmp_path: Path) -> None:
    path = ensure_vault_key(tmp_path / "home")
    assert FileKeys.read(path).key_id.startswith("development-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_there_stays(tmp_path: Path) -> None:
    first = ensure_vault_key(tmp_path).read_bytes()
    with ThreadPoolExecutor(4) as pool:
        found = {path.read_bytes() for path in pool.map(lambda _: ensure_vault_key(tmp_path), range(8))}
    assert found == {first}


def test_each_key_has_a_name_of_its_own(tmp_path: Path) -> None:
    names = {FileKeys.read(ensure_vault_key(tmp_path / name)).key_id for name in ("one", "two")}
    assert len(names) == 2


def test_where_it_cannot_be_made_that_is_said(tmp_path: Path) -> None:
    (tmp_path / f"vault.keys.{os.getpid()}.new").touch()
    with pytest.raises(NotReadyError, match=r"vault\.keys"):
        ensure_vault_key(tmp_path)
