"""The orchestrator and policy: what was decided, by which rule, by which version."""

from typing import Final

from deploy.grafana.dashboard import Choice, Dashboard
from deploy.grafana.panels import Kind, Limits, Panel, Query, Row, Unit
from deploy.grafana.promql import quantile, rate, share, total

_THESE: Final = 'stage=~"$stage"'


BOARD: Final = Dashboard(
    "decisions",
    "decisions and policy",
    "What requests were told and why, and which version of the policy says so.",
    (
        Row(
            "Decisions",
            (
                Panel(
                    "By action",
                    "Per second.",
                    (Query(rate("sluice_decisions_total", "stage, action", _THESE), "{{stage}} {{action}}"),),
                    unit=Unit.PER_SECOND,
                    stacked=True,
                ),
                Panel(
                    "Blocked and held, of all",
                    "A step without a new policy or list is worth a look: a rule too wide, or a wave of abuse.",
                    (
                        Query(
                            share(
                                rate("sluice_decisions_total", "stage, action", f'{_THESE}, action!="ALLOW"'),
                                rate("sluice_decisions_total", "stage", _THESE),
                                "stage",
                            ),
                            "{{stage}} {{action}}",
                        ),
                    ),
                    unit=Unit.RATIO,
                ),
                Panel(
                    "Until decided, p99 by stage and lane",
                    "From the broker's append of the request. Bulk may wait: it has no objective.",
                    (Query(quantile(0.99, "sluice_decision_seconds", "stage, lane", _THESE), "{{stage}} {{lane}}"),),
                    unit=Unit.SECONDS,
                ),
                Panel(
                    "Rules",
                    "Decisions in which a rule fired, by rule. A decision may have several.",
                    (
                        Query(
                            rate("sluice_decision_rules_total", "stage, rule, action", _THESE),
                            "{{stage}} {{rule}}: {{action}}",
                        ),
                    ),
                    unit=Unit.PER_SECOND,
                    width=12,
                    height=10,
                ),
                Panel(
                    "Incomplete",
                    "By the check that was missing, and why.",
                    (
                        Query(
                            rate("sluice_incomplete_total", "stage, check, reason", _THESE),
                            "{{stage}} {{check}}: {{reason}}",
                        ),
                    ),
                    unit=Unit.PER_SECOND,
                    width=12,
                    height=10,
                ),
            ),
        ),
        Row(
            "Error budgets",
            (
                Panel(
                    "Incomplete, of all",
                    "Over 5 minutes, an hour and 6 hours. Alerts fire at 14.4 and at 6 times the budget of 0.1 %.",
                    (
                        Query("sluice:decisions_bad:ratio_rate5m", "{{stage}} 5m"),
                        Query("sluice:decisions_bad:ratio_rate1h", "{{stage}} 1h"),
                        Query("sluice:decisions_bad:ratio_rate6h", "{{stage}} 6h"),
                    ),
                    unit=Unit.RATIO,
                    width=12,
                    limits=Limits(0.006, 0.0144),
                ),
                Panel(
                    "Late, of all",
                    "PROMPT after 2 s, OUTPUT after 10 s. Alerts fire at 14.4 and at 6 times the budget of 1 %.",
                    (
                        Query("sluice:decisions_slow:ratio_rate5m", "{{stage}} 5m"),
                        Query("sluice:decisions_slow:ratio_rate1h", "{{stage}} 1h"),
                        Query("sluice:decisions_slow:ratio_rate6h", "{{stage}} 6h"),
                    ),
                    unit=Unit.RATIO,
                    width=12,
                    limits=Limits(0.06, 0.144),
                ),
            ),
        ),
        Row(
            "Policy",
            (
                Panel(
                    "In use",
                    "Version and digest, by process. They differ for a second or two while a new one spreads.",
                    (Query("sluice_policy_info == 1", "{{service}} {{instance}} {{version}}"),),
                    Kind.TABLE,
                    Unit.NONE,
                    width=12,
                ),
                Panel(
                    "Refused",
                    "1: a file in place is broken, an older version is in use. The note of `sluice status` says why.",
                    (
                        Query("sluice_policy_refused", "{{service}} {{instance}} policy"),
                        Query("sluice_name_lists_refused", "{{service}} {{instance}} name lists"),
                        Query("sluice_shadow_policy_refused", "{{service}} {{instance}} shadow policy"),
                    ),
                    width=6,
                    limits=Limits(0.5, 1),
                ),
                Panel(
                    "Breakers open",
                    "A rule or a tenant blocks many times more than usual; its BLOCKs are REVIEW until that ends.",
                    (
                        Query(total("sluice_breaker_open"), "open"),
                        Query("sum(increase(sluice_breaker_opened_total[$__rate_interval]))", "opened"),
                    ),
                    width=6,
                    limits=Limits(1, 5),
                ),
                Panel(
                    "Shadow policy",
                    "Decisions that the shadow policy decided again, by whether it agrees.",
                    (Query(rate("sluice_shadow_decisions_total", "outcome"), "{{outcome}}"),),
                    unit=Unit.PER_SECOND,
                    width=12,
                ),
                Panel(
                    "Where it disagrees",
                    "What the live policy said, and what the other one would have.",
                    (Query(rate("sluice_shadow_disagreements_total", "live, shadow"), "{{live}} to {{shadow}}"),),
                    unit=Unit.PER_SECOND,
                    width=12,
                ),
            ),
        ),
    ),
    (Choice("stage", "sluice_decisions_total"),),
)
