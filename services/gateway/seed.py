"""The first key: the one that SLUICE_API_KEY holds, so that a local stack can be asked without a further step."""

from enum import Enum
from typing import Final

from gateway.key_store import KeyStore
from gateway.keys import Key, digest_of, new_id
from gateway.scopes import Limits, Scope

TENANT: Final = "default"
NAME: Final = "SLUICE_API_KEY"
"""Of such keys, and of no other."""


class Planted(Enum):
    """What came of it."""

    NEW = "new"
    THERE = "there"
    REVOKED = "revoked"
    """It was there, and is good for nothing."""


async def plant(store: KeyStore, secret: str, now_ms: int) -> Planted:
    """Keeps the key, for everything and without limits, unless one of its digest is there; then whatever the variable
    held before is revoked.

    One that was revoked stays revoked, and revokes nothing: a replica that still has the former value may start after
    one that has the new one.
    """
    digest = digest_of(secret)
    if await store.add(Key(new_id(), NAME, digest, TENANT, frozenset(Scope), Limits(), now_ms)):
        await store.revoke_others(NAME, digest, now_ms)
        return Planted.NEW
    found = await store.find(digest)
    return Planted.THERE if found is not None and found.good(now_ms) else Planted.REVOKED
