"""Originals in the object store: out of its expiry until they are preserved, preserved, and then gone from there."""

import hashlib

from sluice.objects import DigestMismatchError, NotFoundError, ObjectStore, held_key, original_key
from sluice.v1.request_pb2 import ObjectReference
from sluice.vault.audit import Said
from sluice.vault.entry import Action
from sluice.vault.envelope import MOST_BYTES
from sluice.vault.errors import RefusedError, UnknownEvidenceError
from sluice.vault.facts import Facts
from sluice.vault.store import REPORTER, Evidence, Vault

_SHA256_BYTES = 32


def exempt(store: ObjectStore, reference: ObjectReference) -> bool:
    """Copies an original to `held/`, which no expiry may cover; False where it is nowhere any more. Blocks.

    Again is fine. Raises RefusedError for a reference that is not an original of this store, or RetryableError.
    """
    _original(store, reference)
    if _held(store, reference) is not None:
        return True
    data = _bytes(store, reference)
    if data is None:
        return False
    store.create_now(held_key(reference.sha256), data)
    return _held(store, reference) is not None


def preserve(
    vault: Vault, store: ObjectStore, reference: ObjectReference, facts: Facts, who: str = REPORTER
) -> Evidence:
    """The original of an incident into the vault, from where it lies, or from its copy in `held/`. Blocks.

    By the same reference and incident any number of times, also after `purge`. Raises what `Vault.keep` does,
    RefusedError for a reference that is not an original of this store, and UnknownEvidenceError where the bytes are
    neither there nor in the vault: then they are lost, and a person has to know.
    """
    _original(store, reference)
    data = _bytes(store, reference)
    if data is None:
        data = _held(store, reference)
    if data is not None:
        return vault.keep(data, facts, who)
    try:
        return vault.keep_again(reference.sha256, facts, who)
    except UnknownEvidenceError as error:
        lost = "an original is lost: what its reference names is neither in the object store nor in the vault"
        raise UnknownEvidenceError(lost) from error


def purge(vault: Vault, store: ObjectStore, reference: ObjectReference, who: str = REPORTER) -> int:
    """Removes a preserved original from the object store: itself, its copy in `held/`, its renditions. How many
    objects there were. Blocks.

    The vault's copy is opened and compared first. Raises UnknownEvidenceError where the vault has none, and all that
    `Vault.check` raises; nothing is removed then.
    """
    _original(store, reference)
    evidence = vault.check(vault.name(reference.sha256))
    keys = [key for key in (original_key(reference.sha256), held_key(reference.sha256)) if store.exists_now(key)]
    keys += store.keys_now(f"renditions/{reference.sha256.hex()}")
    if keys:
        vault.log.append(Said(who, Action.PURGED, evidence.id, evidence.generation, why=f"{len(keys)} objects"))
    for key in keys:
        store.delete_now(key)
    return len(keys)


def _original(store: ObjectStore, reference: ObjectReference) -> None:
    sound = len(reference.sha256) == _SHA256_BYTES and store.holds(reference.uri)
    if not sound or reference.uri != store.uri(original_key(reference.sha256)):
        raise RefusedError("the reference is not that of an original in our object store")


def _bytes(store: ObjectStore, reference: ObjectReference) -> bytes | None:
    try:
        return store.get_now(reference, MOST_BYTES)
    except (NotFoundError, DigestMismatchError):
        return None


def _held(store: ObjectStore, reference: ObjectReference) -> bytes | None:
    try:
        data = store.read_now(held_key(reference.sha256), MOST_BYTES)
    except NotFoundError:
        return None
    return data if hashlib.sha256(data).digest() == reference.sha256 else None
