"""Signing and provenance: the key, its certificate, timestamps, and the records of what was signed."""

from typing import Final

from deploy.grafana.dashboard import Dashboard
from deploy.grafana.panels import Kind, Limits, Panel, Query, Row, Unit
from deploy.grafana.promql import quantile, rate, total

_DAY: Final = 86400

BOARD: Final = Dashboard(
    "signing",
    "signing and provenance",
    "Whether approved pictures leave, signed and stamped, and whether their records are kept.",
    (
        Row(
            "The key",
            (
                Panel(
                    "Certificate ends in",
                    "The signing certificate, or one of its chain. When it ends, approved pictures wait.",
                    (Query("min(sluice_signing_certificate_seconds_left)"),),
                    Kind.STAT,
                    Unit.SECONDS,
                    width=6,
                    height=6,
                    limits=Limits(14 * _DAY, _DAY / 4, falling=True),
                ),
                Panel(
                    "Key failing",
                    "Signers that cannot sign for want of the key or of a timestamp.",
                    (Query("sum(sluice_signing_key_failing)"),),
                    Kind.STAT,
                    width=6,
                    height=6,
                    limits=Limits(1, 1),
                ),
                Panel(
                    "Chain refused",
                    "Signers that keep an older chain: the one in place is not good.",
                    (Query("sum(sluice_signing_chain_refused)"),),
                    Kind.STAT,
                    width=6,
                    height=6,
                    limits=Limits(1, 1),
                ),
                Panel(
                    "Timestamp authorities that answer",
                    "By address; no value where none is configured.",
                    (Query("min by (address) (sluice_timestamp_authority_up)", "{{address}}"),),
                    Kind.STAT,
                    width=6,
                    height=6,
                    limits=Limits(1, 0.5, falling=True),
                ),
            ),
        ),
        Row(
            "Pictures",
            (
                Panel(
                    "Signed",
                    "Approved assets that the signer worked, by what became of them.",
                    (Query(rate("sluice_records_total", "outcome", 'service="c2pa-signer"'), "{{outcome}}"),),
                    unit=Unit.PER_SECOND,
                ),
                Panel(
                    "Time to sign",
                    "From taken in hand to published.",
                    (
                        Query(quantile(0.5, "sluice_record_seconds", where='service="c2pa-signer"'), "p50"),
                        Query(quantile(0.99, "sluice_record_seconds", where='service="c2pa-signer"'), "p99"),
                    ),
                    unit=Unit.SECONDS,
                ),
                Panel(
                    "Without a timestamp",
                    "Pictures that left unstamped. They stop being valid on the day their certificate ends.",
                    (Query(rate("sluice_unstamped_signatures_total"), "unstamped"),),
                    unit=Unit.PER_SECOND,
                ),
            ),
        ),
        Row(
            "Provenance",
            (
                Panel(
                    "Records",
                    "Signed pictures read from the log, by whether a record was written or was there.",
                    (Query(rate("sluice_provenance_assets_total", "outcome"), "{{outcome}}"),),
                    unit=Unit.PER_SECOND,
                ),
                Panel(
                    "Behind the end",
                    "Signed pictures that have no record yet: who asks is told that they are not known.",
                    (Query(total("sluice_consumer_lag", where='group="sluice-provenance"'), "signed pictures"),),
                    limits=Limits(100, 1000),
                ),
                Panel(
                    "Known and removed",
                    "Records that the index holds, and those that retention took away in the last hour.",
                    (
                        Query("max(sluice_provenance_followed_records)", "known"),
                        Query("sum(increase(sluice_provenance_removed_total[1h]))", "removed in an hour"),
                    ),
                ),
            ),
        ),
    ),
)
