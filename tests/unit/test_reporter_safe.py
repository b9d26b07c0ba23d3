"""The vault as the reporter uses it: preserved, read, purged, dated, each as often as a crash wants it."""

import hashlib

import pytest
from obstore import store as stores

from reporter.incident import Ended
from reporter.ports import LostError
from reporter.safe import Safe
from sluice.errors import RetryableError, TerminalError
from sluice.objects import ObjectStore, held_key, original_key
from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.request_pb2 import ObjectReference
from sluice.vault.entry import Action
from sluice.vault.errors import RefusedError
from sluice.vault.key_file import FileKeys
from tests.unit.vault_shelf import BOTH, DATA, KEYS, NOW, Place

SHA256 = hashlib.sha256(DATA).digest()


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def store() -> ObjectStore:
    return ObjectStore("memory://objects", stores.MemoryStore())


def content(reference: ObjectReference) -> IncidentContent:
    return IncidentContent(content_id="c0", original=reference)


def incident(number: int = 1) -> Incident:
    return Incident(id=f"incident-{number}", request_id="r")


async def test_evidence_is_kept_and_the_original_goes(place: Place, store: ObjectStore) -> None:
    safe = Safe(place.vault(), store)
    about = content(store.put_now(original_key(SHA256), DATA, "image/png"))
    evidence = await safe.preserve(incident(), about)
    for _ in range(2):
        assert await safe.preserve(incident(), about) == evidence
        await safe.purge(about)
        await safe.reported(evidence, "incident-1", "4000001", NOW)
    assert not await store.exists(original_key(SHA256))
    assert not await store.exists(held_key(SHA256))
    assert await safe.read(evidence, "report 1") == DATA
    assert await safe.preserve(incident(2), about) == evidence
    assert {Action.READ, Action.PURGED} <= set(place.actions())


async def test_until_it_is_reported_or_released_nobody_destroys_it(place: Place, store: ObjectStore) -> None:
    safe = Safe(place.vault(), store)
    about = content(store.put_now(original_key(SHA256), DATA, "image/png"))
    evidence = await safe.preserve(incident(1), about)
    assert await safe.preserve(incident(2), about) == evidence
    assert await safe.ended(evidence, "incident-1") is None
    assert await safe.ended("f" * 64, "incident-1") is None
    await safe.reported(evidence, "incident-1", "4000001", NOW)
    with pytest.raises(RefusedError, match="report of incident-2"):
        place.vault().release(evidence, "ann", "x")
    await safe.released(evidence, "incident-2", "Ada", "no match")
    assert await safe.ended(evidence, "incident-1") == Ended("incident-1", "4000001", NOW)
    assert await safe.ended(evidence, "incident-2") == Ended("incident-2", "", NOW, "Ada", "no match")
    place.vault().release(evidence, "ann", "x")
    assert place.vault().release(evidence, "bob", "x") is None


async def test_until_it_is_preserved_no_expiry_takes_it(place: Place, store: ObjectStore) -> None:
    about = content(store.put_now(original_key(SHA256), DATA, "image/png"))
    place.vault()
    safe = Safe(place.vault(place.faulty(0, fault=RetryableError)), store)
    with pytest.raises(RetryableError):
        await safe.preserve(incident(), about)
    store.delete_now(original_key(SHA256))
    assert await Safe(place.vault(), store).preserve(incident(), about)


async def test_what_is_nowhere_is_lost_and_is_not_purged(place: Place, store: ObjectStore) -> None:
    safe = Safe(place.vault(), store)
    reference = ObjectReference(uri=store.uri(original_key(SHA256)), sha256=SHA256, size_bytes=len(DATA))
    with pytest.raises(LostError):
        await safe.preserve(incident(), content(reference))
    with pytest.raises(TerminalError):
        await safe.purge(content(reference))


async def test_what_is_there_as_other_bytes_is_lost(place: Place, store: ObjectStore) -> None:
    reference = store.put_now(original_key(SHA256), DATA, "image/png")
    store.put_now(original_key(SHA256), DATA[::-1], "image/png")
    with pytest.raises(LostError):
        await Safe(place.vault(), store).preserve(incident(), content(reference))


async def test_while_the_log_is_not_sound_nothing_is_lost_and_all_of_it_waits(
    place: Place, store: ObjectStore
) -> None:
    about = content(store.put_now(original_key(SHA256), DATA, "image/png"))
    safe = Safe(place.vault(), store)
    evidence = await safe.preserve(incident(), about)
    junk = f"audit/{len(place.lines()) + 1:012d}"
    place.shelf.objects[junk] = b"junk"
    for work in (
        safe.preserve(incident(2), about),
        safe.ended(evidence, "incident-1"),
        safe.read(evidence, "report 1"),
        safe.purge(about),
        safe.reported(evidence, "incident-1", "4000001", NOW),
        safe.released(evidence, "incident-1", "Ada", "no match"),
    ):
        with pytest.raises(RetryableError, match="the vault is not sound: audit line"):
            await work
    del place.shelf.objects[junk]
    assert await safe.preserve(incident(2), about) == evidence


async def test_a_damaged_piece_of_the_vault_is_not_a_lost_original(place: Place, store: ObjectStore) -> None:
    about = content(store.put_now(original_key(SHA256), DATA, "image/png"))
    await Safe(place.vault(), store).preserve(incident(), about)
    place.shelf.objects[place.shelf.find("/record/")[0]] = b"something else"
    with pytest.raises(TerminalError) as caught:
        await Safe(place.vault(), store).preserve(incident(2), about)
    assert not isinstance(caught.value, LostError)


async def test_what_lies_elsewhere_or_is_too_large_is_lost(place: Place, store: ObjectStore) -> None:
    safe = Safe(place.vault(), store)
    for reference in (
        ObjectReference(uri="file:///etc/passwd", sha256=SHA256, size_bytes=9),
        ObjectReference(uri=store.uri(original_key(SHA256)), sha256=SHA256, size_bytes=1 << 40),
    ):
        with pytest.raises(LostError):
            await safe.preserve(incident(), content(reference))


async def test_a_key_that_is_not_there_is_waited_for(place: Place, store: ObjectStore) -> None:
    place.keys = dict(BOTH)
    about = content(store.put_now(original_key(SHA256), DATA, "image/png"))
    place.vault(wrapper=FileKeys(KEYS, "one", "a file"))
    evidence = await Safe(place.vault(), store).preserve(incident(), about)
    vault = place.vault(wrapper=FileKeys(KEYS, "one", "a file"))
    with pytest.raises(RetryableError, match="two"):
        await Safe(vault, store).read(evidence, "report 1")
