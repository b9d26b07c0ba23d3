"""The first key: the one that SLUICE_API_KEY holds, so that a local stack can be asked without a further step."""

from typing import Final

from gateway.key_store import KeyStore
from gateway.keys import Key, digest_of, new_id
from gateway.scopes import Limits, Scope

TENANT: Final = "default"
NAME: Final = "SLUICE_API_KEY"


async def plant(store: KeyStore, secret: str, now_ms: int) -> bool:
    """Keeps the key, for everything and without limits, unless one of its digest is there. Whether it was new.

    One that was revoked stays revoked.
    """
    scopes = frozenset(Scope)
    return await store.add(Key(new_id(), NAME, digest_of(secret), TENANT, scopes, Limits(), now_ms))
