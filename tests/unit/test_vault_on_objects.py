"""What the vault asks of the object store: written once, listed, removed; and a vault on a real folder, killed."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from obstore import store as stores

from sluice.errors import ConfigError, RetryableError
from sluice.objects import ForbiddenUriError, NotFoundError, ObjectStore, TooLargeError, held_key
from sluice.vault.errors import UnsoundLogError
from sluice.vault.holds import year_after
from sluice.vault.key_file import add_key
from sluice.vault.opened import open_vault
from sluice.vault.settings import VaultSettings
from sluice.vault.shelf import Shelf
from sluice.vault.store import Vault
from sluice.vault.upkeep import expire, rewrap, verify
from tests.unit.vault_shelf import DATA, NOW, facts

CHILD = """
import hashlib, sys
from pathlib import Path
from sluice.vault.facts import Facts
from sluice.vault.opened import open_vault
from sluice.vault.settings import VaultSettings

folder, start = Path(sys.argv[1]), int(sys.argv[2])
vault = open_vault(VaultSettings((folder / "vault").as_uri(), (folder / "keys").as_uri(), folder / "head", None))
for number in range(start, start + 10_000):
    data = b"harmless %d" % number
    digest = hashlib.sha256(data).hexdigest()
    print(number, vault.keep(data, Facts("incident", "c0", digest, len(data))).id, flush=True)
"""


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return ObjectStore.open((tmp_path / "objects").as_uri())
    return ObjectStore("memory://objects", stores.MemoryStore())


def test_the_object_store_is_a_shelf(store: ObjectStore) -> None:
    shelf: Shelf = store
    assert shelf.create_now("a/b/1", b"one")
    assert not shelf.create_now("a/b/1", b"two")
    assert shelf.read_now("a/b/1", 3) == b"one"
    with pytest.raises(TooLargeError):
        shelf.read_now("a/b/1", 2)
    shelf.delete_now("a/b/1")
    shelf.delete_now("a/b/1")
    with pytest.raises(NotFoundError):
        shelf.read_now("a/b/1", 3)
    assert shelf.create_now("a/b/1", b"three")


def test_keys_come_in_order_and_from_where_one_was(store: ObjectStore) -> None:
    for number in (3, 1, 2, 10):
        store.create_now(f"a/b/{number:03d}", b"x")
    store.create_now("a/bc/001", b"x")
    assert store.keys_now("a/b") == ["a/b/001", "a/b/002", "a/b/003", "a/b/010"]
    assert store.keys_now("a/b", "a/b/002") == ["a/b/003", "a/b/010"]
    assert len(store.keys_now("a")) == 5
    assert store.keys_now("nothing") == []
    assert store.exists_now("a/b/001")
    assert not store.exists_now("a/b/004")


@pytest.mark.parametrize("key", ["", "../x", "a/../../x", "/etc/passwd", "a//b", "a b"])
def test_no_key_leads_out(store: ObjectStore, key: str) -> None:
    for ask in (
        lambda: store.create_now(key, b""),
        lambda: store.delete_now(key),
        lambda: store.keys_now(key),
        lambda: store.exists_now(key),
        lambda: store.read_now(key, 1),
    ):
        with pytest.raises(ForbiddenUriError):
            ask()


def test_of_many_that_create_at_once_one_does(store: ObjectStore) -> None:
    made: list[int] = []

    def work(number: int) -> None:
        if store.create_now("a/b", str(number).encode()):
            made.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert store.read_now("a/b", 9) == str(made[0]).encode()
    assert len(made) == 1


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    store = ObjectStore.open((tmp_path / "objects").as_uri())
    (tmp_path / "objects" / "a").touch()
    with pytest.raises(RetryableError):
        store.create_now("a/b", b"x")


def test_where_held_copies_lie() -> None:
    digest = hashlib.sha256(b"x").digest()
    assert held_key(digest) == f"held/{digest.hex()[:2]}/{digest.hex()}"


def test_an_address_that_cannot_work_is_told_by_its_variable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for url in ("ftp://x", (tmp_path / "file" / "x").as_uri()):
        with pytest.raises(ConfigError, match="SLUICE_VAULT"):
            ObjectStore.open(url, "SLUICE_VAULT")


def test_killed_at_any_moment_a_folder_has_all_that_was_answered(tmp_path: Path) -> None:
    add_key(tmp_path / "keys", "one")
    dice = random.Random(7)
    kept: dict[int, str] = {}
    for start in (0, 20_000, 40_000):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), str(start)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(3)]
        time.sleep(dice.random() / 5)
        os.kill(child.pid, signal.SIGKILL)
        lines += child.stdout.readlines()
        child.stdout.close()
        child.wait()
        kept |= {int(line.split()[0]): line.split()[1] for line in lines if line.endswith("\n")}
    settings = VaultSettings((tmp_path / "vault").as_uri(), (tmp_path / "keys").as_uri(), tmp_path / "head", None)
    vault = open_vault(settings)
    assert len(kept) >= 9
    assert verify(vault).failed == {}
    for number, evidence in kept.items():
        assert vault.read(evidence, "ann", "x") == b"harmless %d" % number


# A copy by hand, an editor's, an archive's: names that are no keys.
ODD = ("000000000002 (copy)", "000000000002~", "\N{LATIN SMALL LETTER U WITH DIAERESIS}")


def a_vault(folder: Path, now: int = NOW) -> Vault:
    settings = VaultSettings((folder / "vault").as_uri(), (folder / "keys").as_uri(), folder / "head", None)
    return open_vault(settings, lambda: now)


@pytest.mark.parametrize("name", ODD)
def test_a_strange_name_in_the_log_is_a_log_that_is_not_sound(name: str, tmp_path: Path) -> None:
    add_key(tmp_path / "keys", "one")
    vault = a_vault(tmp_path)
    found = vault.keep(DATA, facts())
    (tmp_path / "vault" / "audit" / name).write_bytes(b"x")
    for ask in (vault.log.look, vault.log.verify, lambda: a_vault(tmp_path).check(found.id)):
        with pytest.raises(UnsoundLogError, match="audit line 2 is missing"):
            ask()


@pytest.mark.parametrize("name", ODD)
def test_a_strange_name_beside_evidence_is_in_the_way_of_nothing(name: str, tmp_path: Path) -> None:
    add_key(tmp_path / "keys", "one")
    found = a_vault(tmp_path).keep(DATA, facts())
    a_vault(tmp_path).reported(found.id, "incident-1", "4000001", NOW)
    lies = tmp_path / "vault" / "evidence"
    own = lies / found.id / f"{0:012d}"
    for strange in (
        own / "record" / name,
        own / "key" / f"{0:06d} (copy)",
        lies / name / f"{0:012d}" / "body" / name,
    ):
        strange.parent.mkdir(parents=True, exist_ok=True)
        strange.write_bytes(b"x")
    add_key(tmp_path / "keys", "two")
    done = rewrap(a_vault(tmp_path))
    assert (done.done, list(done.failed)) == ((found.id,), [name])
    assert set(verify(a_vault(tmp_path)).failed) == {found.id, name}
    done = expire(a_vault(tmp_path, year_after(NOW)))
    assert (done.done, list(done.failed)) == ((found.id,), [name])
    assert not list(own.rglob(f"{1:06d}"))
    assert list(expire(a_vault(tmp_path, year_after(NOW))).failed) == [name]
