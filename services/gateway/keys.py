"""API keys: what one looks like, and what is known of it. Only its SHA-256 is kept, so it is shown once.

A key is `sk-sluice-` and 43 characters of base64url: 256 random bits. Nobody guesses one, so its digest needs neither
salt nor a slow hash.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

from gateway.scopes import Caller, Limits, Scope

PREFIX: Final = "sk-sluice-"
NEVER: Final = 0
"""Instead of a time: not yet, or not at all."""
_KEY: Final = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_ID_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key. `id`: how people and logs call it. `digest`: SHA-256 of the key, 32 bytes.

    Times are milliseconds since the epoch, UTC, or NEVER. `used_day`: the last day it was good for something, as
    "2026-11-30", or empty.
    """

    id: str
    name: str
    digest: bytes
    tenant: str
    scopes: frozenset[Scope]
    limits: Limits
    created_ms: int
    expires_ms: int = NEVER
    revoked_ms: int = NEVER
    used_day: str = ""

    def good(self, now_ms: int) -> bool:
        """Whether it opens anything now."""
        return self.revoked_ms == NEVER and (self.expires_ms == NEVER or now_ms < self.expires_ms)

    @property
    def caller(self) -> Caller:
        """Whoever shows it."""
        return Caller(self.id, self.tenant, self.scopes, self.limits, self.digest)


def new_secret() -> str:
    """A fresh key."""
    return PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def new_id() -> str:
    """A fresh id of a key: "key_" and 12 hex digits."""
    return f"key_{secrets.token_hex(_ID_BYTES)}"


def is_secret(text: str) -> bool:
    """Whether this has a key's form."""
    return _KEY.fullmatch(text) is not None


def digest_of(secret: str) -> bytes:
    """What is kept of a key, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()
