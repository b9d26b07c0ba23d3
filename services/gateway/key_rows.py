"""The gateway's tables, and what is said to those of keys. One SQL for both databases."""

# ruff: noqa: S608 - what is put into these statements are names of ours; values are bound

from collections.abc import Sequence
from typing import Any, Final

from gateway.keys import Key
from gateway.scopes import Limits, Scope
from sluice.errors import SluiceError
from sluice.sql.schema import Migration, Schema
from sluice.sql.script import Row, Script

_UNBOUNDED: Final = 2**62
SCHEMA: Final = Schema(
    name="gateway",
    setting="SLUICE_GATEWAY_DB",
    words="the key store",
    lock=0x736C7563_0004,
    migrations=(
        Migration(
            1,
            "API keys, how much was asked with each; requests that are not decided yet; logins of the console",
            (
                "CREATE TABLE gateway_keys ("
                "id TEXT PRIMARY KEY, name TEXT NOT NULL, digest {bytes} NOT NULL UNIQUE, tenant TEXT NOT NULL, "
                "scopes TEXT NOT NULL, rate {int64} NOT NULL, burst {int64} NOT NULL, per_day {int64} NOT NULL, "
                "per_month {int64} NOT NULL, created_ms {int64} NOT NULL, expires_ms {int64} NOT NULL, "
                "revoked_ms {int64} NOT NULL, used_day TEXT NOT NULL)",
                "CREATE TABLE gateway_usage ("
                "key_id TEXT NOT NULL, period TEXT NOT NULL, spent {int64} NOT NULL, PRIMARY KEY (key_id, period))",
                "CREATE TABLE gateway_taken (request_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, "
                "digest {bytes} NOT NULL, taken_ms {int64} NOT NULL)",
                "CREATE INDEX gateway_taken_time ON gateway_taken (taken_ms)",
                "CREATE TABLE gateway_sessions (digest {bytes} PRIMARY KEY, key_digest {bytes} NOT NULL, "
                "expires_ms {int64} NOT NULL)",
            ),
        ),
        Migration(
            2,
            "what ids of requests are made with",
            ("CREATE TABLE gateway_secrets (name TEXT PRIMARY KEY, value {bytes} NOT NULL)",),
        ),
    ),
)
_COLUMNS: Final = (
    "id, name, digest, tenant, scopes, rate, burst, per_day, per_month, created_ms, expires_ms, revoked_ms, used_day"
)
ADD: Final = (
    f"INSERT INTO gateway_keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (digest) DO NOTHING RETURNING id"
)
BY_DIGEST: Final = f"SELECT {_COLUMNS} FROM gateway_keys WHERE digest = ?"
ALL: Final = f"SELECT {_COLUMNS} FROM gateway_keys ORDER BY created_ms, id"
REVOKE: Final = "UPDATE gateway_keys SET revoked_ms = ? WHERE id = ? AND revoked_ms = 0 RETURNING id"
USED: Final = "UPDATE gateway_keys SET used_day = ? WHERE id = ? AND used_day < ?"
SPENT: Final = "SELECT period, spent FROM gateway_usage WHERE key_id = ? AND period IN (?, ?)"
FORGET: Final = "DELETE FROM gateway_usage WHERE period < ?"
PUT_ONCE: Final = "INSERT INTO gateway_secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
KEPT: Final = "SELECT value FROM gateway_secrets WHERE name = ?"
REVOKE_OTHERS: Final = (
    "UPDATE gateway_keys SET revoked_ms = ? WHERE name = ? AND digest <> ? AND revoked_ms = 0 RETURNING id"
)
PING: Final = "SELECT 1"
_BEGIN: Final = (
    "INSERT INTO gateway_usage (key_id, period, spent) VALUES (?, ?, 0) ON CONFLICT (key_id, period) DO NOTHING"
)
_SPEND: Final = (
    "UPDATE gateway_usage SET spent = spent + ? WHERE key_id = ? AND period = ? AND spent + ? <= ? RETURNING spent"
)


class PassedError(SluiceError):
    """A quota does not have so many requests left. `period`: "day" or "month"."""

    def __init__(self, period: str) -> None:
        super().__init__(f"the quota of this {period} is used up")
        self.period = period


def values_of(key: Key) -> Sequence[Any]:
    """A key as a row."""
    limits = key.limits
    scopes = ",".join(sorted(key.scopes))
    allowed = (limits.rate, limits.burst, limits.day, limits.month)
    times = (key.created_ms, key.expires_ms, key.revoked_ms, key.used_day)
    return (key.id, key.name, key.digest, key.tenant, scopes, *allowed, *times)


def key_of(row: Row) -> Key:
    """A row as a key. A scope that this release does not know opens nothing."""
    key_id, name, digest, tenant, scopes, rate, burst, day, month, created, expires, revoked, used = row
    known = {scope.value for scope in Scope}
    return Key(
        id=key_id,
        name=name,
        digest=bytes(digest),
        tenant=tenant,
        scopes=frozenset(Scope(word) for word in scopes.split(",") if word in known),
        limits=Limits(rate, burst, day, month),
        created_ms=created,
        expires_ms=expires,
        revoked_ms=revoked,
        used_day=used,
    )


def spend(key_id: str, count: int, day: str, limits: Limits) -> Script[None]:
    """Counts requests of a day and its month. PassedError where a quota does not have them left; nothing is counted
    then."""
    yield USED, (day, key_id, day)
    for name, period, most in (("day", day, limits.day), ("month", day[:7], limits.month)):
        yield _BEGIN, (key_id, period)
        found = yield _SPEND, (count, key_id, period, count, most or _UNBOUNDED)
        if not found:
            raise PassedError(name)
