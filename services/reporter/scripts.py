"""The ledger's transactions, one generator each: it yields a statement with its values, and is sent the rows.

So each is written once, for a database that blocks and for one that is awaited. An error that leaves it takes back
all that it did.
"""

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Any, TypeVar

from reporter import rows
from reporter.backoff import LEASE_MS
from reporter.incident import Filed, Standing
from reporter.ledger import Account, Event, StaleError
from reporter.report import Phase, Report, files_of

T = TypeVar("T")
Row = Sequence[Any]
Script = Generator[tuple[str, Sequence[Any]], Sequence[Row], T]


def add(incident: Filed) -> Script[bool]:
    """See `Ledger`; so it is with all the others."""
    return bool((yield rows.ADD, rows.incident_values(incident)))


def incident(incident_id: str) -> Script[Filed | None]:
    return _first_incident((yield rows.INCIDENT, (incident_id,)))


def incidents(standings: Collection[Standing], limit: int) -> Script[Sequence[Filed]]:
    wanted = sorted(standings)
    found = yield rows.incidents(len(wanted)), (*wanted, limit)
    return [rows.incident_of(row) for row in found]


def claim_incident(now: int) -> Script[Filed | None]:
    return _first_incident((yield rows.CLAIM_INCIDENT, (now + LEASE_MS, now, now)))


def save_incident(incident: Filed, events: Sequence[Event]) -> Script[None]:
    values = rows.incident_values(incident)
    if not (yield rows.SAVE_INCIDENT, (*values, incident.id, incident.version - 1)):
        raise StaleError(f"incident {incident.id} has changed")
    for event in events:
        yield rows.TELL, (event.id, event.topic, event.key, event.value)


def gather(confirmed_before_ms: int, now: int, most: int) -> Script[Report | None]:
    ripe = yield rows.RIPE, (confirmed_before_ms,)
    if not ripe:
        return None
    tenant, account_id, test = ripe[0]
    empty = Report(0, tenant, account_id, bool(test), (), (), begun_at_ms=now, due_ms=now)
    number = (yield rows.BEGIN_REPORT, rows.report_values(empty))[0][0]
    joined = yield rows.JOIN, (number, tenant, account_id, test, most if account_id else 1)
    if not joined:
        raise StaleError("another process has made this report")
    members = sorted(map(rows.incident_of, joined), key=lambda one: (one.confirmed_at_ms, one.id))
    files = files_of(members)
    begun = Report(
        number, tenant, account_id, bool(test), tuple(one.id for one in members), files, begun_at_ms=now, due_ms=now
    )
    yield rows.SAVE_REPORT, (*rows.report_values(begun), number, 0)
    return begun


def report(number: int) -> Script[Report | None]:
    return _first_report((yield rows.REPORT, (number,)))


def claim_report(now: int, tests: Collection[bool]) -> Script[Report | None]:
    kinds = [int(each) for each in sorted(tests)]
    return _first_report((yield rows.claim_report(len(kinds)), (now + LEASE_MS, now, *kinds, now)))


def save_report(report: Report) -> Script[None]:
    if not (yield rows.SAVE_REPORT, (*rows.report_values(report), report.number, report.version - 1)):
        raise StaleError(f"report {report.number} has changed")
    if report.phase is Phase.FINISHED:
        yield rows.REPORTED, (report.finished_at_ms, report.number)


def earlier(account: Account, limit: int) -> Script[Sequence[str]]:
    found = yield rows.EARLIER, (account.tenant, account.account_id, int(account.test), limit)
    return [row[0] for row in found]


def unpublished(limit: int) -> Script[Sequence[Event]]:
    return [rows.event_of(row) for row in (yield rows.UNPUBLISHED, (limit,))]


def published(numbers: Sequence[int]) -> Script[None]:
    for number in numbers:
        yield rows.PUBLISHED, (number,)


def counts() -> Script[Mapping[str, int]]:
    return {name: int(count) for name, count in (yield rows.COUNTS, ())}


def ping() -> Script[None]:
    yield rows.PING, ()


def _first_incident(found: Sequence[Row]) -> Filed | None:
    return rows.incident_of(found[0]) if found else None


def _first_report(found: Sequence[Row]) -> Report | None:
    return rows.report_of(found[0]) if found else None
