"""Originals leave the object store when they are preserved, and not before."""

import hashlib
from pathlib import Path

import pytest
from obstore import store as stores

from sluice.errors import RetryableError
from sluice.objects import ObjectStore, held_key, original_key, rendition_key
from sluice.v1.request_pb2 import ObjectReference
from sluice.vault.entry import Action
from sluice.vault.errors import RefusedError, TamperedError, UnknownEvidenceError
from sluice.vault.originals import exempt, preserve, purge
from tests.unit.vault_shelf import DATA, Died, LostAnswerError, Place, facts

SHA256 = hashlib.sha256(DATA).digest()
RENDITIONS = [rendition_key(SHA256, name, bytes(32)) for name in ("512", "tile-0")]
NEIGHBOUR = rendition_key(hashlib.sha256(b"another").digest(), "512", bytes(32))


class Failing(ObjectStore):
    """Fails once, at a removal or a creation."""

    at = -1
    after = False
    fault: type[BaseException] = Died
    calls = 0

    def _fails(self, after: bool) -> None:
        if self.calls == self.at and after == self.after:
            raise self.fault
        self.calls += after

    def delete_now(self, key: str) -> None:
        self._fails(after=False)
        super().delete_now(key)
        self._fails(after=True)

    def create_now(self, key: str, data: bytes) -> bool:
        self._fails(after=False)
        made = super().create_now(key, data)
        self._fails(after=True)
        return made


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def store() -> Failing:
    return Failing("memory://objects", stores.MemoryStore())


def given(store: ObjectStore) -> ObjectReference:
    """An original with its renditions, and somebody else's rendition."""
    reference = store.put_now(original_key(SHA256), DATA, "image/png")
    for key in (*RENDITIONS, NEIGHBOUR):
        store.put_now(key, b"smaller", "image/jpeg")
    return reference


def left(store: ObjectStore) -> list[str]:
    return [key for folder in ("originals", "held", "renditions") for key in store.keys_now(folder)]


def test_preserved_and_purged(place: Place, store: Failing) -> None:
    reference = given(store)
    found = preserve(place.vault(), store, reference, facts())
    assert len(left(store)) == 4
    assert purge(place.vault(), store, reference) == 3
    assert left(store) == [NEIGHBOUR]
    assert place.vault().read(found.id, "ann", "x") == DATA
    assert place.actions() == [Action.KEPT, Action.PURGED, Action.READ]
    assert place.lines()[1].why == "3 objects"


def test_all_of_it_again_does_no_harm(place: Place, store: Failing) -> None:
    reference = given(store)
    for _ in range(3):
        assert preserve(place.vault(), store, reference, facts()).has("incident-1")
        purge(place.vault(), store, reference)
    assert place.actions() == [Action.KEPT, Action.PURGED]


def test_a_second_incident_after_the_first_was_purged(place: Place, store: Failing) -> None:
    reference = given(store)
    preserve(place.vault(), store, reference, facts())
    purge(place.vault(), store, reference)
    found = preserve(place.vault(), store, reference, facts(incident="incident-2"))
    assert found.has("incident-1")
    assert found.has("incident-2")


def test_nothing_is_purged_that_is_not_preserved(place: Place, store: Failing) -> None:
    reference = given(store)
    before = left(store)
    with pytest.raises(UnknownEvidenceError):
        purge(place.vault(), store, reference)
    preserve(place.vault(), store, reference, facts())
    body = place.shelf.find("/body/")[0]
    good = place.shelf.objects[body]
    place.shelf.objects[body] = good[:-1] + bytes([good[-1] ^ 1])
    with pytest.raises(TamperedError):
        purge(place.vault(), store, reference)
    del place.shelf.objects[body]
    with pytest.raises(TamperedError, match="is gone"):
        purge(place.vault(), store, reference)
    assert left(store) == before


def test_exempt_outlives_the_expiry_of_originals(place: Place, store: Failing) -> None:
    reference = given(store)
    assert exempt(store, reference)
    assert exempt(store, reference)
    store.delete_now(original_key(SHA256))
    assert exempt(store, reference)
    found = preserve(place.vault(), store, reference, facts())
    assert place.vault().read(found.id, "ann", "x") == DATA
    purge(place.vault(), store, reference)
    assert left(store) == [NEIGHBOUR]


def test_bytes_that_are_nowhere_are_said_to_be_lost(place: Place, store: Failing) -> None:
    reference = given(store)
    store.delete_now(original_key(SHA256))
    assert not exempt(store, reference)
    with pytest.raises(UnknownEvidenceError, match="neither in the object store nor in the vault"):
        preserve(place.vault(), store, reference, facts())


def test_an_original_that_is_another_is_none(place: Place, store: Failing) -> None:
    reference = given(store)
    exempt(store, reference)
    store.put_now(original_key(SHA256), b"other" * 3, "image/png")
    found = preserve(place.vault(), store, reference, facts())
    assert place.vault().read(found.id, "ann", "x") == DATA
    store.put_now(held_key(SHA256), b"other" * 3, "image/png")
    assert preserve(Place().vault(), store, given(store), facts()).has("incident-1")
    store.put_now(original_key(SHA256), b"other" * 3, "image/png")
    with pytest.raises(UnknownEvidenceError):
        preserve(Place().vault(), store, reference, facts())


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "memory://elsewhere/originals/ab/abcd",
        "file:///etc/passwd",
        "memory://objects/../secrets",
        f"memory://objects/{NEIGHBOUR}",
        f"memory://objects/{original_key(bytes(32))}",
    ],
)
def test_hostile_references_reach_nothing(place: Place, store: Failing, uri: str) -> None:
    given(store)
    before = left(store)
    bad = ObjectReference(uri=uri, sha256=SHA256, size_bytes=len(DATA))
    for ask in (
        lambda: exempt(store, bad),
        lambda: preserve(place.vault(), store, bad, facts()),
        lambda: purge(place.vault(), store, bad),
    ):
        with pytest.raises(RefusedError):
            ask()
    with pytest.raises(RefusedError):
        purge(place.vault(), store, ObjectReference(uri=store.uri(original_key(SHA256)), sha256=SHA256[:-1]))
    assert left(store) == before


def test_facts_of_other_bytes_are_refused(place: Place, store: Failing) -> None:
    with pytest.raises(ValueError, match="not about these bytes"):
        preserve(place.vault(), store, given(store), facts(b"other"))


@pytest.mark.parametrize("fault", [Died, LostAnswerError])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_purge_that_dies_anywhere_is_ended_by_the_next(
    place: Place, store: Failing, after: bool, fault: type[BaseException]
) -> None:
    reference = given(store)
    exempt(store, reference)
    found = preserve(place.vault(), store, reference, facts())
    for at in range(4):
        given(store)
        exempt(store, reference)
        store.at, store.after, store.fault, store.calls = at, after, fault, 0
        with pytest.raises((Died, RetryableError)):
            purge(place.vault(), store, reference)
        assert place.vault().check(found.id).has("incident-1")
        store.at = -1
        purge(place.vault(), store, reference)
        assert left(store) == [NEIGHBOUR]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_between_store_and_vault_the_bytes_are_always_somewhere(place: Place, store: Failing, after: bool) -> None:
    """Dies at every write of the vault's, on the way from the object store."""
    reference = given(store)
    for at in range(40):
        try:
            vault = place.vault(place.faulty(at, after))
            preserve(vault, store, reference, facts())
            purge(vault, store, reference)
        except Died:
            there = store.exists_now(original_key(SHA256))
            assert there or place.vault().check(place.vault().name(SHA256)).has("incident-1")
            continue
        break
    assert left(store) == [NEIGHBOUR]
    assert place.vault().check(place.vault().name(SHA256)).has("incident-1")


def test_on_folders_as_on_a_bucket(tmp_path: Path) -> None:
    store = ObjectStore.open((tmp_path / "objects").as_uri())
    shelf = ObjectStore.open((tmp_path / "vault").as_uri(), "SLUICE_VAULT")
    place = Place()
    reference = given(store)
    vault = place.vault(shelf)
    found = preserve(vault, store, reference, facts())
    exempt(store, reference)
    assert purge(vault, store, reference) == 4
    assert left(store) == [NEIGHBOUR]
    assert vault.read(found.id, "ann", "x") == DATA
    files = [path for path in (tmp_path / "vault").rglob("*") if path.is_file()]
    assert not any(DATA in path.read_bytes() for path in files)
    vault.release(found.id, "ann", "x")
    assert vault.release(found.id, "bob", "x") is None
    assert shelf.keys_now("evidence") == []
