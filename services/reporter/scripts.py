"""The ledger's transactions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reporter import rows
from reporter.backoff import LEASE_MS, NEVER
from reporter.incident import Ended, Filed, Standing, saying_of
from reporter.ledger import Account, Event, StaleError
from reporter.report import Phase, Report, files_of
from sluice.sql.script import Row, Script


def add(incident: Filed) -> Script[bool]:
    """See `Ledger`; so it is with all the others."""
    return bool((yield rows.ADD, rows.incident_values(incident)))


def incident(incident_id: str) -> Script[Filed | None]:
    return _first_incident((yield rows.INCIDENT, (incident_id,)))


def incidents(standings: Collection[Standing], limit: int, after: str = "") -> Script[Sequence[Filed]]:
    wanted = sorted(standings)
    found = yield rows.incidents(len(wanted), bool(after)), (*wanted, *([after] if after else []), limit)
    return [rows.incident_of(row) for row in found]


def claim_incident(now: int) -> Script[Filed | None]:
    return _first_incident((yield rows.CLAIM_INCIDENT, (now + LEASE_MS, now, now)))


def take_over(now: int) -> Script[None]:
    for statement in rows.TAKE_OVER:
        yield statement, (now, now, NEVER)


def save_incident(incident: Filed, events: Sequence[Event]) -> Script[None]:
    values = rows.incident_values(incident)
    if not (yield rows.SAVE_INCIDENT, (*values, incident.id, incident.version - 1)):
        raise StaleError(f"incident {incident.id} has changed")
    yield from _tell(events)


def _tell(events: Sequence[Event]) -> Script[None]:
    for event in events:
        yield rows.TELL, (event.id, event.topic, event.key, event.value)


def gather(now: int, most: int, tests: Collection[bool]) -> Script[Report | None]:
    kinds = _kinds(tests)
    ripe = yield rows.ripe(len(kinds)), (now, *kinds)
    if not ripe:
        return None
    of = rows.account_of(ripe[0])
    empty = Report(0, of.tenant, of.account_id, of.test, (), (), begun_at_ms=now, due_ms=now)
    number = (yield rows.BEGIN_REPORT, rows.report_values(empty))[0][0]
    joined = yield rows.JOIN, (number, *rows.account_values(of), most if of.account_id else 1)
    if not joined:
        raise StaleError("another process has made this report")
    members = sorted(map(rows.incident_of, joined), key=lambda one: (one.confirmed_at_ms, one.id))
    files = files_of(members)
    begun = replace(empty, number=number, members=tuple(one.id for one in members), files=files)
    yield rows.SAVE_REPORT, (*rows.report_values(begun), number, 0)
    return begun


def report(number: int) -> Script[Report | None]:
    return _first_report((yield rows.REPORT, (number,)))


def claim_report(now: int, tests: Collection[bool]) -> Script[Report | None]:
    kinds = _kinds(tests)
    return _first_report((yield rows.claim_report(len(kinds)), (now + LEASE_MS, now, *kinds, now)))


def save_report(report: Report, ripe_at_ms: int, events: Sequence[Event]) -> Script[None]:
    said = yield from _said_since(report)
    if not (yield rows.SAVE_REPORT, (*rows.report_values(report), report.number, report.version - 1)):
        raise StaleError(f"report {report.number} has changed")
    for one in said:
        yield rows.SAY, (rows.sayings([saying_of(one)]), one.at_ms, one.incident_id)
    if report.phase is Phase.FINISHED:
        yield rows.REPORTED, (report.finished_at_ms, report.number)
    if report.phase is Phase.DISSOLVED:
        account, now = Account(report.tenant, report.account_id, report.test), report.finished_at_ms
        for one in report.leaving:
            number = (yield from _known_report(one, account)) if one.report_id else 0
            standing = Standing.REPORTED if number else Standing.RELEASED
            # What a person filed, the vault is still to be told.
            dated = int(number > 0 and not one.who)
            values = (standing, number, dated, one.who, one.why, now)
            yield rows.LEAVE, (*values, one.incident_id, report.number)
        yield rows.RETURN, (ripe_at_ms, now, report.number)
    yield from _tell(events)


def _said_since(report: Report) -> Script[Sequence[Ended]]:
    """Of whom people say that they leave it, which the ledger does not have yet."""
    if not report.leaving:
        return ()
    before = _first_report((yield rows.REPORT, (report.number,)))
    known = {one.incident_id for one in before.leaving} if before is not None else set()
    return [one for one in report.leaving if one.who and one.incident_id not in known]


def adopt(incident: Filed, ended: Ended, events: Sequence[Event]) -> Script[Filed]:
    account = Account(incident.tenant, incident.account_id, incident.test)
    number = yield from _known_report(ended, account)
    told, after = not ended.who, incident.version + 1
    changed = replace(incident, standing=Standing.REPORTED, report=number, dated=told, version=after)
    yield from save_incident(changed, events)
    return changed


def _known_report(ended: Ended, account: Account) -> Script[int]:
    """The number of a finished report that the ledger did not know, or not that it is about this incident."""
    known = yield rows.KNOWN_REPORT, (*rows.account_values(account), ended.report_id)
    if not known:
        found = Report(
            0, account.tenant, account.account_id, account.test, (ended.incident_id,), (), ended.at_ms,
            Phase.FINISHED, ended.report_id, finished_at_ms=ended.at_ms, due_ms=NEVER,
        )  # fmt: skip
        return int((yield rows.BEGIN_REPORT, rows.report_values(found))[0][0])
    report = rows.report_of(known[0])
    if ended.incident_id not in report.members:
        more = replace(report, members=(*report.members, ended.incident_id), version=report.version + 1)
        if not (yield rows.SAVE_REPORT, (*rows.report_values(more), more.number, report.version)):
            raise StaleError(f"report {report.number} has changed")
    return report.number


def earlier(account: Account, endpoint: str, limit: int) -> Script[Sequence[str]]:
    found = yield rows.EARLIER, (*rows.account_values(account), endpoint, limit)
    # What was adopted by two at once is there twice.
    return list(dict.fromkeys(row[0] for row in found))


def unpublished(limit: int) -> Script[Sequence[Event]]:
    return [rows.event_of(row) for row in (yield rows.UNPUBLISHED, (limit,))]


def published(numbers: Sequence[int]) -> Script[None]:
    for number in numbers:
        yield rows.PUBLISHED, (number,)


def counts() -> Script[Mapping[str, int]]:
    return {name: int(count) for name, count in (yield rows.COUNTS, ())}


def oldest(tests: Collection[bool]) -> Script[Mapping[Standing, int]]:
    kinds = _kinds(tests)
    return {Standing(name): int(since) for name, since in (yield rows.oldest(len(kinds)), kinds)}


def waiting() -> Script[Mapping[bool, int]]:
    return {bool(test): int(count) for test, count in (yield rows.WAITING, ())}


def ping() -> Script[None]:
    yield rows.PING, ()


def _kinds(tests: Collection[bool]) -> list[int]:
    return [int(each) for each in sorted(tests)]


def _first_incident(found: Sequence[Row]) -> Filed | None:
    return rows.incident_of(found[0]) if found else None


def _first_report(found: Sequence[Row]) -> Report | None:
    return rows.report_of(found[0]) if found else None
