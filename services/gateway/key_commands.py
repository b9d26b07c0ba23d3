"""What `sluice keys` does: the key store, from a shell."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from gateway.key_store import KeyStore
from gateway.keys import NEVER, Key, digest_of, new_id, new_secret
from gateway.scopes import UNLIMITED, Limits, Scope
from gateway.seed import NAME as NAME_OF_FIRST
from gateway.seed import TENANT
from sluice.cli.tell import put_json, refuse, say, show_table, wants_json
from sluice.cli.when import until
from sluice.deadline import now_ms
from sluice.settings import Reader, sluice_home
from sluice.sql.database import read_database

T = TypeVar("T")
_LONGEST: Final = 128


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `create` is told. `tenant`: None where none was named."""

    name: str
    tenant: str | None
    scopes: tuple[str, ...]
    rate: int
    burst: int
    per_day: int
    per_month: int
    expires: str | None

    @property
    def owner(self) -> str:
        """Its tenant."""
        return TENANT if self.tenant is None else self.tenant

    def problems(self) -> Iterator[str]:
        """What is wrong with it."""
        words = [scope.value for scope in Scope]
        yield from (
            f"--scope {word!r} should be one of {', '.join(words)}" for word in self.scopes if word not in words
        )
        if self.name == NAME_OF_FIRST:
            yield f"--name {NAME_OF_FIRST} is the name of the key that this variable holds: another one, please"
        for option, text in (("--name", self.name), ("--tenant", self.owner)):
            if not 0 < len(text) <= _LONGEST or not text.isprintable():
                yield f"{option} should be 1 to {_LONGEST} printable characters"

    def key(self, secret: str, now: int) -> Key:
        """The key. Ends the command for an `expires` that is no moment."""
        expires = NEVER if self.expires is None else until("--expires", self.expires, now)
        if expires != NEVER and expires <= now:
            refuse(f"--expires {self.expires!r} has passed: the key would open nothing")
        return Key(
            id=new_id(),
            name=self.name,
            digest=digest_of(secret),
            tenant=self.owner,
            scopes=frozenset(map(Scope, self.scopes or ("moderate", "read"))),
            limits=Limits(self.rate, self.burst, self.per_day, self.per_month),
            created_ms=now,
            expires_ms=expires,
        )


def create(wanted: Wanted, as_json: bool) -> int:
    """Makes a key; prints it alone on standard output, as for `KEY=$(sluice keys create --name me)`, and everything
    else on standard error. `as_json`: it and all that is known of it, as JSON."""
    secret, now = new_secret(), now_ms()
    key = wanted.key(secret, now)
    _with_store(lambda store: store.add(key))
    if as_json:
        put_json({"key": secret, **form(key, now)})
        return 0
    say(f"{key.id} for {key.name!r}, tenant {key.tenant!r}: {', '.join(sorted(key.scopes))}")
    if wanted.tenant is None:
        say(f"no --tenant was named: it sees what all of the tenant {key.tenant!r} ask")
    say("it is shown this once; keep it")
    sys.stdout.write(f"{secret}\n")
    return 0


def show(as_json: bool) -> int:
    """Prints every key, but for itself."""
    keys = _with_store(lambda store: store.all())
    now = now_ms()
    if wants_json(as_json):
        for key in keys:
            put_json(form(key, now))
        return 0
    if not keys:
        say("there are no keys: `sluice keys create --name NAME` makes one")
        return 0
    heads = ("ID", "NAME", "TENANT", "SCOPES", "STATE", "RATE", "DAY", "MONTH", "CREATED", "EXPIRES", "LAST USED")
    show_table([heads, *(_row(key, now) for key in keys)])
    return 0


def revoke(key_id: str) -> int:
    """Makes a key good for nothing. 0 done, 1 there is none of this id that is good for something."""
    done = _with_store(lambda store: store.revoke(key_id, now_ms()))
    say(f"{key_id} is revoked" if done else f"there is no key {key_id!r} that is good for anything")
    return 0 if done else 1


def form(key: Key, now: int) -> dict[str, object]:
    """A key as JSON, without itself and its digest. Times are UTC, ISO 8601."""
    limits = key.limits
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "scopes": sorted(key.scopes),
        "state": _state(key, now),
        "rate_per_minute": limits.rate,
        "burst": limits.burst,
        "per_day": limits.day,
        "per_month": limits.month,
        "created": _time(key.created_ms),
        "expires": _time(key.expires_ms),
        "revoked": _time(key.revoked_ms),
        "last_used_day": key.used_day or None,
    }


def _row(key: Key, now: int) -> tuple[str, ...]:
    limits = (key.limits.rate, key.limits.day, key.limits.month)
    return (
        key.id,
        key.name,
        key.tenant,
        ",".join(sorted(key.scopes)),
        _state(key, now),
        *("-" if most == UNLIMITED else str(most) for most in limits),
        (_time(key.created_ms) or "-")[:10],
        (_time(key.expires_ms) or "-")[:10],
        key.used_day or "-",
    )


def _state(key: Key, now: int) -> str:
    if key.revoked_ms != NEVER:
        return "revoked"
    return "good" if key.good(now) else "expired"


def _time(ms: int) -> str | None:
    return None if ms == NEVER else datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


def _with_store(work: Callable[[KeyStore], Awaitable[T]]) -> T:
    reader = Reader(os.environ)
    where = read_database(reader, "SLUICE_GATEWAY_DB", sluice_home(os.environ) / "gateway.db")
    reader.finish()

    async def run() -> T:
        store = await KeyStore.open(where)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())
