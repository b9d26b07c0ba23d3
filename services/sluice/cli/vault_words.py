"""Evidence in words and in JSON. What others wrote never steers a terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sluice.cli.tell import one_line, refuse
from sluice.moments import when
from sluice.vault.holds import due, holding
from sluice.vault.store import Evidence


def evidence_form(found: Evidence, now_ms: int) -> dict[str, object]:
    """For JSON; of incidents just the ids. Times are milliseconds since 1970; `expires_at_ms` null: it has no end."""
    standing = found.standing
    return {
        "id": found.id,
        "kept_at_ms": found.kept_at_ms,
        "expires_at_ms": found.expires_at_ms,
        "due": due(standing, now_ms),
        "incident_ids": sorted({one.facts.incident_id for one in standing.kept}),
        "test": all(one.facts.test for one in standing.kept),
        "reports": {name: one.report_id for name, one in sorted(standing.reports.items())},
        "holds": [
            {"name": one.hold, "until_ms": one.until_ms or None, "who": one.who, "why": one.why}
            for _, one in sorted(standing.holds.items())
        ],
        "asked": [
            {"hold": one.hold or None, "who": one.who, "why": one.why, "at_ms": one.at_ms}
            for _, one in sorted(standing.asked.items())
        ],
    }


def evidence_row(found: Evidence, now_ms: int) -> list[str]:
    """For a table."""
    standing = found.standing
    reports = f"{len(standing.reports)} of {len({one.facts.incident_id for one in standing.kept})}"
    holds = ", ".join(one.hold for one in holding(standing, now_ms))
    return [found.id, when(found.kept_at_ms), _end(found), reports, holds or "-"]


def evidence_lines(found: Evidence, now_ms: int) -> Iterator[str]:
    """For a person."""
    yield f"evidence   {found.id}"
    yield f"kept       {when(found.kept_at_ms)}"
    yield f"due        {_end(found)}{' (now)' if due(found.standing, now_ms) else ''}"
    for one in found.standing.kept:
        facts = one.facts
        report = found.standing.reports.get(facts.incident_id)
        yield one_line(f"incident   {facts.incident_id} {facts.content_id}{' (test)' if facts.test else ''}")
        for name in ("request_id", "account_id", "tenant", "stage", "role", "rule", "media_type", "sha256", "md5"):
            if value := facts.form()[name]:
                yield one_line(f"  {name:<12} {value}")
        yield f"  {'size':<12} {facts.size_bytes} bytes"
        yield one_line(f"  {'report':<12} {report.report_id if report else 'not finished'}")
    for hold in found.standing.holds.values():
        end = when(hold.until_ms) if hold.until_ms else "without an end"
        yield one_line(f"hold       {hold.hold}, until {end}: {hold.who}: {hold.why}")
    for ask in found.standing.asked.values():
        wanted = f"lift {ask.hold}" if ask.hold else "destroy it"
        yield one_line(f"asked      {wanted}: {ask.who}, {when(ask.at_ms)}: {ask.why}")


def until_ms(text: str) -> int:
    """A date, or a moment, UTC where it names no zone. Ends the command for another form."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"--until {text!r} should be a date, as 2027-11-30 or 2027-11-30T18:00")
    return int((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _end(found: Evidence) -> str:
    end = found.expires_at_ms
    if end is not None:
        return when(end)
    return "held without an end" if found.standing.reports else "not reported yet"
