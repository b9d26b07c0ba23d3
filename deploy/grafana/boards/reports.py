"""Evidence and reports: what waits for a person, what waits for the tip line, and whether evidence is kept."""

from typing import Final

from deploy.grafana.dashboard import Dashboard
from deploy.grafana.panels import Kind, Limits, Panel, Query, Row, Unit
from deploy.grafana.promql import rate

_HOUR: Final = 3600

BOARD: Final = Dashboard(
    "reports",
    "evidence and reports",
    "Incidents from the match to the finished report. Replicas that share a ledger all tell the same.",
    (
        Row(
            "Waiting",
            (
                Panel(
                    "Longest held",
                    "The incident that has waited longest for a person: `sluice incidents list`.",
                    (Query("max(sluice_reporter_oldest_held_seconds)"),),
                    Kind.STAT,
                    Unit.SECONDS,
                    width=6,
                    height=6,
                    limits=Limits(6 * _HOUR, 12 * _HOUR),
                ),
                Panel(
                    "Longest unreported",
                    "The incident that was confirmed first, of those that are not reported yet.",
                    (Query("max(sluice_reporter_oldest_unreported_seconds)"),),
                    Kind.STAT,
                    Unit.SECONDS,
                    width=6,
                    height=6,
                    limits=Limits(_HOUR / 2, _HOUR),
                ),
                Panel(
                    "Failed",
                    "Incidents without evidence and reports that were refused: each needs a person.",
                    (
                        Query('max(sluice_reporter_incidents{state="failed"})', "incidents"),
                        Query('max(sluice_reporter_reports{phase="failed"})', "reports"),
                    ),
                    Kind.STAT,
                    width=6,
                    height=6,
                    limits=Limits(1, 1),
                ),
                Panel(
                    "Bans not published",
                    "Accounts that are to be banned, and of which accounts.actions does not say so yet.",
                    (Query("max(sluice_reporter_unpublished)"),),
                    Kind.STAT,
                    width=6,
                    height=6,
                    limits=Limits(1, 10),
                ),
            ),
        ),
        Row(
            "Ledger",
            (
                Panel(
                    "Incidents",
                    "By state; those that are reported or released stay in the ledger.",
                    (Query("max by (state) (sluice_reporter_incidents)", "{{state}}"),),
                    width=12,
                ),
                Panel(
                    "Reports under way",
                    "By phase. One that stays in a phase waits for the tip line, or for its next try.",
                    (Query("max by (phase) (sluice_reporter_reports)", "{{phase}}"),),
                    width=12,
                ),
            ),
        ),
        Row(
            "The tip line and the vault",
            (
                Panel(
                    "Calls",
                    "Of the tip line, by how they ended. retry: no answer of use; terminal: refused.",
                    (Query(rate("sluice_reporter_calls_total", "call, outcome"), "{{call}} {{outcome}}"),),
                    unit=Unit.PER_SECOND,
                    width=10,
                ),
                Panel(
                    "Originals",
                    "By what was done with them; retry and failed: it could not be.",
                    (Query(rate("sluice_reporter_evidence_total", "outcome"), "{{outcome}}"),),
                    unit=Unit.PER_SECOND,
                    width=6,
                ),
                Panel(
                    "Destroyed in a day",
                    "Evidence whose time was over.",
                    (Query("sum(increase(sluice_reporter_expired_total[1d]))"),),
                    Kind.STAT,
                    width=4,
                ),
                Panel(
                    "Upkeep failing",
                    "Replicas that could not destroy what is due.",
                    (Query("sum(sluice_reporter_upkeep_failing)"),),
                    Kind.STAT,
                    width=4,
                    limits=Limits(1, 1),
                ),
            ),
        ),
    ),
)
