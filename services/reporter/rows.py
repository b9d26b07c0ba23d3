"""Incidents, reports and events as rows: what both databases are asked, in the SQL that both of them speak."""

# ruff: noqa: S608 - what is put into these statements are names of ours; values are bound
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from reporter.incident import Ended, Filed, Saying, Standing
from reporter.ledger import Account, Event
from reporter.report import File, Phase, Report

_INCIDENT: Final = tuple(one.name for one in fields(Filed))
_REPORT: Final = tuple(one.name for one in fields(Report))
_INCIDENTS: Final = f"SELECT {', '.join(_INCIDENT)} FROM reporter_incidents"
_REPORTS: Final = f"SELECT {', '.join(_REPORT)} FROM reporter_reports"
_TEXTS: Final = ("tenant", "account_id")
"""The caller's words, kept as bytes: PostgreSQL takes no NUL in a text."""
_OF_ACCOUNT: Final = "tenant = ? AND account_id = ? AND test = ?"


def _marks(count: int) -> str:
    return ", ".join("?" * count)


ADD: Final = (
    f"INSERT INTO reporter_incidents ({', '.join(_INCIDENT)}) VALUES ({_marks(len(_INCIDENT))}) "
    "ON CONFLICT (id) DO NOTHING RETURNING id"
)
INCIDENT: Final = f"{_INCIDENTS} WHERE id = ?"
CLAIM_INCIDENT: Final = (
    "UPDATE reporter_incidents SET due_ms = ?, version = version + 1 WHERE id IN "
    "(SELECT id FROM reporter_incidents WHERE due_ms <= ? ORDER BY due_ms LIMIT 1) "
    # Said twice: in PostgreSQL another transaction may have claimed it between the two.
    f"AND due_ms <= ? RETURNING {', '.join(_INCIDENT)}"
)
TAKE_OVER: Final = tuple(
    f"UPDATE {table} SET due_ms = ?, version = version + 1 WHERE due_ms > ? AND due_ms < ?"
    for table in ("reporter_incidents", "reporter_reports")
)
SAVE_INCIDENT: Final = (
    f"UPDATE reporter_incidents SET {', '.join(f'{name} = ?' for name in _INCIDENT)} "
    "WHERE id = ? AND version = ? RETURNING id"
)
BEGIN_REPORT: Final = (
    f"INSERT INTO reporter_reports ({', '.join(_REPORT[1:])}) VALUES ({_marks(len(_REPORT) - 1)}) RETURNING number"
)
JOIN: Final = (
    "UPDATE reporter_incidents SET standing = 'reporting', report = ?, version = version + 1 WHERE id IN "
    f"(SELECT id FROM reporter_incidents WHERE standing = 'confirmed' AND {_OF_ACCOUNT} "
    "ORDER BY ripe_at_ms, id LIMIT ?) "
    f"AND standing = 'confirmed' RETURNING {', '.join(_INCIDENT)}"
)
REPORT: Final = f"{_REPORTS} WHERE number = ?"
SAVE_REPORT: Final = (
    f"UPDATE reporter_reports SET {', '.join(f'{name} = ?' for name in _REPORT[1:])} "
    "WHERE number = ? AND version = ? RETURNING number"
)
REPORTED: Final = (
    "UPDATE reporter_incidents SET standing = 'reported', due_ms = ?, version = version + 1 "
    "WHERE report = ? AND standing = 'reporting'"
)
LEAVE: Final = (
    "UPDATE reporter_incidents SET standing = ?, report = ?, dated = ?, who = COALESCE(NULLIF(?, ''), who), "
    "why = COALESCE(NULLIF(?, ''), why), due_ms = ?, "
    "version = version + 1 WHERE id = ? AND report = ? AND standing = 'reporting'"
)
SAY: Final = "UPDATE reporter_incidents SET said = said || ?, due_ms = ?, version = version + 1 WHERE id = ?"
RETURN: Final = (
    "UPDATE reporter_incidents SET standing = 'confirmed', report = 0, ripe_at_ms = ?, due_ms = ?, "
    "version = version + 1 WHERE report = ? AND standing = 'reporting'"
)
KNOWN_REPORT: Final = f"{_REPORTS} WHERE {_OF_ACCOUNT} AND phase = 'finished' AND report_id = ?"
EARLIER: Final = (
    f"SELECT report_id FROM reporter_reports WHERE {_OF_ACCOUNT} AND phase = 'finished' "
    # Of what was adopted nobody knows where it was filed: real ones go to one place in the world.
    "AND (endpoint = ? OR (endpoint = '' AND test = 0)) "
    "ORDER BY finished_at_ms DESC, number DESC LIMIT ?"
)
TELL: Final = (
    "INSERT INTO reporter_outbox (id, topic, key, value, published) "
    "VALUES (?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING"
)
UNPUBLISHED: Final = (
    "SELECT id, topic, key, value, number FROM reporter_outbox WHERE published = 0 ORDER BY number LIMIT ?"
)
PUBLISHED: Final = "UPDATE reporter_outbox SET published = 1 WHERE number = ?"
COUNTS: Final = (
    "SELECT standing, COUNT(*) FROM reporter_incidents GROUP BY standing "
    "UNION ALL SELECT 'report ' || phase, COUNT(*) FROM reporter_reports "
    "WHERE phase NOT IN ('finished', 'dissolved') GROUP BY phase "
    "UNION ALL SELECT 'unpublished', COUNT(*) FROM reporter_outbox WHERE published = 0"
)
_OLDEST: Final = (
    "SELECT standing, MIN(CASE WHEN confirmed_at_ms > 0 THEN confirmed_at_ms ELSE seen_at_ms END) "
    "FROM reporter_incidents WHERE standing = 'held' "
    "OR (standing IN ('confirmed', 'reporting') AND test IN ({kinds})) GROUP BY standing"
)
WAITING: Final = (
    "SELECT test, COUNT(*) FROM reporter_incidents WHERE standing IN ('confirmed', 'reporting') GROUP BY test"
)
PING: Final = "SELECT 1 FROM reporter_incidents LIMIT 1"


def incidents(count: int, after: bool = False) -> str:
    """Of so many standings. `after`: those behind one of which the id is given."""
    behind = "AND (seen_at_ms, id) > (SELECT seen_at_ms, id FROM reporter_incidents WHERE id = ?) " if after else ""
    return f"{_INCIDENTS} WHERE standing IN ({_marks(count)}) {behind}ORDER BY seen_at_ms, id LIMIT ?"


def ripe(count: int) -> str:
    """Of so many kinds."""
    return (
        "SELECT tenant, account_id, test FROM reporter_incidents WHERE standing = 'confirmed' AND ripe_at_ms <= ? "
        f"AND test IN ({_marks(count)}) ORDER BY ripe_at_ms, id LIMIT 1"
    )


def claim_report(count: int) -> str:
    """Of so many kinds."""
    return (
        "UPDATE reporter_reports SET due_ms = ?, version = version + 1 WHERE number IN "
        f"(SELECT number FROM reporter_reports WHERE due_ms <= ? AND test IN ({_marks(count)}) "
        f"ORDER BY due_ms LIMIT 1) AND due_ms <= ? RETURNING {', '.join(_REPORT)}"
    )


def oldest(count: int) -> str:
    """Of so many kinds, of those that are confirmed; of all kinds, of those that are held."""
    return _OLDEST.format(kinds=_marks(count))


def incident_values(one: Filed) -> tuple[Any, ...]:
    """A row of an incident."""
    row = {name: getattr(one, name) for name in _INCIDENT}
    row |= {name: getattr(one, name).encode() for name in _TEXTS}
    row["evidence"] = json.dumps(one.evidence)
    row["said"] = sayings(one.said)
    return tuple(int(value) if isinstance(value, bool) else value for value in row.values())


def sayings(said: Sequence[Saying]) -> str:
    """A line each, so that more can be put behind them without a look."""
    return "".join(f"{json.dumps(asdict(each))}\n" for each in said)


def incident_of(row: Sequence[Any]) -> Filed:
    """An incident of a row."""
    found = dict(zip(_INCIDENT, row, strict=True))
    return Filed(
        **{
            **found,
            **_texts(found),
            "message": bytes(found["message"]),
            "test": bool(found["test"]),
            "purged": bool(found["purged"]),
            "viewed": bool(found["viewed"]),
            "dated": bool(found["dated"]),
            "standing": Standing(found["standing"]),
            "evidence": tuple(json.loads(found["evidence"])),
            "said": tuple(Saying(**json.loads(line)) for line in found["said"].splitlines()),
        }
    )


def account_of(row: Sequence[Any]) -> Account:
    """Out of tenant, account and kind."""
    tenant, account_id, test = row
    return Account(bytes(tenant).decode(), bytes(account_id).decode(), bool(test))


def account_values(account: Account) -> tuple[bytes, bytes, int]:
    """`account_of` back again."""
    return account.tenant.encode(), account.account_id.encode(), int(account.test)


def _texts(found: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: bytes(found[name]).decode() for name in _TEXTS}


def report_values(one: Report) -> tuple[Any, ...]:
    """A row of a report, without its number."""
    row = {name: getattr(one, name) for name in _REPORT[1:]}
    row |= {name: getattr(one, name).encode() for name in _TEXTS}
    row["members"] = json.dumps(one.members)
    row["files"] = json.dumps(
        [[each.incident_id, each.evidence_id, each.file_id, each.described] for each in one.files]
    )
    row["leaving"] = json.dumps([asdict(each) for each in one.leaving])
    return tuple(int(value) if isinstance(value, bool) else value for value in row.values())


def report_of(row: Sequence[Any]) -> Report:
    """A report of a row."""
    found = dict(zip(_REPORT, row, strict=True))
    return Report(
        **{
            **found,
            **_texts(found),
            "test": bool(found["test"]),
            "moved": bool(found["moved"]),
            "phase": Phase(found["phase"]),
            "members": tuple(json.loads(found["members"])),
            "files": tuple(File(*each) for each in json.loads(found["files"])),
            "leaving": tuple(Ended(**each) for each in json.loads(found["leaving"])),
        }
    )


def event_of(row: Sequence[Any]) -> Event:
    """An event of a row."""
    found_id, topic, key, value, number = row
    return Event(found_id, topic, bytes(key), bytes(value), number)
