"""Incidents that make each alert on evidence and reports fire: some on the log, some put into the ledger as if they
had been there for long."""

import hashlib
from dataclasses import replace
from pathlib import Path

from reporter.backoff import NEVER
from reporter.incident import Filed, Standing, filed
from reporter.ledger import Event
from reporter.opened import open_ledger
from reporter.report import Phase
from sluice.deadline import now_ms
from sluice.ids import new_request_id
from sluice.objects import ObjectStore, original_key
from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.request_pb2 import ObjectReference

HOUR_MS = 3_600_000
DATABASE = "reporter.db"
VAULT = "vault"


def match(home: Path, data: bytes, stored: bool = True) -> Incident:
    """An incident of some bytes, as the orchestrator would write it. `stored`: they are in the object store."""
    store, sha256 = ObjectStore.open(f"file://{home / 'objects'}"), hashlib.sha256(data).digest()
    key = original_key(sha256)
    original = ObjectReference(uri=store.uri(key), sha256=sha256, size_bytes=len(data), media_type="image/png")
    if stored:
        store.put_now(key, data, "image/png")
    content = IncidentContent(content_id="c0", original=original)
    return Incident(id=new_request_id(), request_id=new_request_id(), tenant="t", account_id="a", contents=[content])


def spoil_a_record(home: Path) -> bool:
    """A record of what the vault keeps is not what was written any more; False where it keeps nothing yet."""
    records = sorted((home / VAULT / "evidence").glob("*/*/record/*"))
    for path in records[:1]:
        path.write_bytes(b"\xff\xff")
    return bool(records)


def close_the_vault(home: Path) -> None:
    """It takes nothing more: there is a file where its evidence should lie."""
    folder = home / VAULT / "evidence"
    folder.rename(home / "evidence.before")
    folder.write_bytes(b"")


async def age_the_ledger(home: Path) -> None:
    """While the reporter is away: one incident has waited for a person since yesterday, one was confirmed two hours
    ago, one of a test list is to be reported now, a report has failed, and an action cannot be published."""
    now = now_ms()
    ledger = await open_ledger(str(home / DATABASE))
    try:
        await ledger.add(_put(Standing.CONFIRMED, "refused", now, confirmed_at_ms=now))
        report = await ledger.gather(now, 1)
        assert report is not None
        await ledger.save_report(replace(report, phase=Phase.FAILED, due_ms=NEVER, code=4100, problem="for a test"))
        await ledger.add(_put(Standing.HELD, "held", now - 24 * HOUR_MS))
        late = now - 2 * HOUR_MS
        await ledger.add(_put(Standing.CONFIRMED, "late", late, confirmed_at_ms=late))
        await ledger.add(_put(Standing.CONFIRMED, "trial", now, confirmed_at_ms=now, test=True))
        known = await ledger.incidents([Standing.HELD], 1)
        action = Event(new_request_id(), "accounts.nobody", b"key", b"value")
        await ledger.save_incident(known[0], [action])
    finally:
        await ledger.close()


def _put(standing: Standing, account: str, seen_at_ms: int, confirmed_at_ms: int = 0, test: bool = False) -> Filed:
    """One without evidence, with which nothing is to be done as an incident."""
    incident = Incident(id=new_request_id(), request_id=new_request_id(), tenant="t", account_id=account, test=test)
    found = filed(incident, seen_at_ms)
    return replace(found, standing=standing, purged=True, confirmed_at_ms=confirmed_at_ms, due_ms=NEVER)
