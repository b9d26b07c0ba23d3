"""Bans that end with a report that incidents leave."""

from collections.abc import Sequence

from reporter.incident import settled
from reporter.ledger import Event, Ledger
from reporter.manner import Announce
from reporter.report import Phase, Report


async def lifted(ledger: Ledger, report: Report, announce: Announce) -> Sequence[Event]:
    """The events that tell of all who are released with the change that `report` is: none before it is dissolved, for
    until then it may turn out that they were reported. RetryableError."""
    if report.phase is not Phase.DISSOLVED:
        return ()
    released = [one for one in report.leaving if not one.report_id]
    found = [(await ledger.incident(each.incident_id), each) for each in released]
    return [event for one, ended in found if one is not None for event in announce(settled(one, ended, 0))]
