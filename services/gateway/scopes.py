"""What a key may do, how much of it, and on whose behalf."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

UNLIMITED: Final = 0


class Scope(StrEnum):
    """What a key may be good for."""

    MODERATE = "moderate"
    """Asking: every POST below /v1."""
    READ = "read"
    """Looking: every GET below /v1 that is about a request."""
    CONSOLE = "console"
    """The pages below /console."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a key may ask. `rate`: requests a minute, `burst`: of them at once; `day`, `month`: quotas of requests
    by the calendar, UTC. UNLIMITED is 0."""

    rate: int = UNLIMITED
    burst: int = UNLIMITED
    day: int = UNLIMITED
    month: int = UNLIMITED


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever shows a good key. `key_id`: what logs may name it by. `tenant`: whose requests are its own.
    `digest`: of the key, 32 bytes: by it the key is looked up once more."""

    key_id: str
    tenant: str
    scopes: frozenset[Scope]
    limits: Limits = Limits()
    digest: bytes = field(default=b"", repr=False)
