"""Known content: how old each bank is, and whether changes arrive."""

from typing import Final

from deploy.grafana.dashboard import Dashboard
from deploy.grafana.panels import Kind, Limits, Panel, Query, Row, Unit
from deploy.grafana.promql import quantiles, rate

_HASH: Final = 'check="hash"'

BOARD: Final = Dashboard(
    "known-content",
    "known content",
    "Banks of the hash matcher. docs/known-content.md says what each figure asks for.",
    (
        Row(
            "Freshness",
            (
                Panel(
                    "Age of each bank",
                    "Since its source last said that the bank is up to date: the oldest replica counts.",
                    (Query("max by (bank) (sluice_hash_bank_age_seconds)", "{{bank}}"),),
                    unit=Unit.SECONDS,
                    width=12,
                ),
                Panel(
                    "Stale",
                    "1: older than banks.yaml allows. A required bank that is stale makes the matcher not ready.",
                    (Query("max by (bank) (sluice_hash_bank_stale)", "{{bank}}"),),
                    Kind.STAT,
                    width=12,
                    limits=Limits(1, 1),
                ),
            ),
        ),
        Row(
            "The store",
            (
                Panel(
                    "Changes not seen",
                    "Replicas that additions and removals do not reach. `sluice hashes verify` looks at the store.",
                    (Query("sum(sluice_hash_store_trouble)"),),
                    Kind.STAT,
                    width=6,
                    height=6,
                    limits=Limits(1, 1),
                ),
                Panel(
                    "Last change spoiled",
                    "Replicas that read a last change which is not what was written.",
                    (Query("sum(sluice_hash_store_spoiled)"),),
                    Kind.STAT,
                    width=6,
                    height=6,
                    limits=Limits(1, 1),
                ),
                Panel(
                    "In quarantine",
                    "Entries that match far above their usual rate.",
                    (Query("max(sluice_hash_quarantined_entries)"),),
                    Kind.STAT,
                    width=6,
                    height=6,
                    limits=Limits(1, 10),
                ),
                Panel(
                    "Pictures not looked up",
                    "Since the processes started. Each was an error, and its request incomplete.",
                    (Query("sum(sluice_hash_lookups_failed)"),),
                    Kind.STAT,
                    width=6,
                    height=6,
                    limits=Limits(1, 10),
                ),
            ),
        ),
        Row(
            "The check",
            (
                Panel(
                    "Answers",
                    "By status.",
                    (Query(rate("sluice_check_results_total", "status", _HASH), "{{status}}"),),
                    unit=Unit.PER_SECOND,
                    width=12,
                ),
                Panel(
                    "Duration",
                    "From an item's arrival in the check to its answer.",
                    quantiles("sluice_check_seconds", _HASH),
                    unit=Unit.SECONDS,
                    width=12,
                ),
            ),
        ),
    ),
)
