"""One glance: is it working?"""

from typing import Final

from deploy.grafana.dashboard import Dashboard
from deploy.grafana.panels import Kind, Limits, Panel, Query, Row, Unit
from deploy.grafana.promql import cores, quantile, quantiles, rate, total


def _figure(title: str, about: str, expr: str, unit: Unit, limits: Limits | None = None) -> Panel:
    return Panel(title, about, (Query(expr),), Kind.STAT, unit, width=6, height=4, limits=limits)


BOARD: Final = Dashboard(
    "overview",
    "at a glance",
    "Whether requests get their decision, and how soon. The other dashboards say which part is to blame.",
    (
        Row(
            "Is it working?",
            (
                _figure(
                    "Not ready",
                    "Processes that cannot do their job. The table below names them; /readyz of each says why.",
                    "count(sluice_ready == 0) or vector(0)",
                    Unit.COUNT,
                    Limits(1, 2),
                ),
                _figure(
                    "Decisions per second",
                    "Of all stages together.",
                    rate("sluice_decisions_total"),
                    Unit.PER_SECOND,
                ),
                _figure(
                    "Incomplete, of all",
                    "The part of decisions that lack an answer of a check: the worse stage. None of them is allowed. "
                    "One in a thousand is the budget.",
                    "max(sluice:decisions_bad:ratio_rate5m)",
                    Unit.RATIO,
                    Limits(0.001, 0.0144),
                ),
                _figure(
                    "Until decided, p99",
                    "From the broker's append of the request to its decision: both stages, interactive lane.",
                    quantile(0.99, "sluice_decision_seconds", where='lane="interactive"'),
                    Unit.SECONDS,
                    Limits(2, 10),
                ),
                _figure(
                    "Undecided",
                    "Requests that wait for their decision.",
                    total("sluice_undecided"),
                    Unit.COUNT,
                ),
                _figure(
                    "Longest lag",
                    "Records behind the end, of the group and topic that is worst off, the bulk lane aside.",
                    'max(sum by (group, topic) (sluice_consumer_lag{topic!~".*[.]bulk"}))',
                    Unit.COUNT,
                    Limits(100, 1000),
                ),
                _figure(
                    "Dead letters, last hour",
                    "Records that could not be worked. `sluice dead-letters list` shows them.",
                    "sum(increase(sluice_dead_letters_total[1h])) or vector(0)",
                    Unit.COUNT,
                    Limits(1, 100),
                ),
                _figure(
                    "Per 1,000 images",
                    "CPU time at the price that deploy/prometheus/costs.rules.yaml assumes.",
                    "sluice:cost_per_1000_images",
                    Unit.MONEY,
                ),
            ),
        ),
        Row(
            "Decisions",
            (
                Panel(
                    "By action",
                    "What requests were told. REVIEW and BLOCK release nothing.",
                    (Query(rate("sluice_decisions_total", "action"), "{{action}}"),),
                    unit=Unit.PER_SECOND,
                    stacked=True,
                ),
                Panel(
                    "Incomplete, by check and reason",
                    "Which check was missing: too late, an error, abstained, or not there.",
                    (Query(rate("sluice_incomplete_total", "check, reason"), "{{check}}: {{reason}}"),),
                    unit=Unit.PER_SECOND,
                    stacked=True,
                ),
                Panel(
                    "Until decided",
                    "From the broker's append of the request to its decision: both stages, interactive lane.",
                    quantiles("sluice_decision_seconds", 'lane="interactive"'),
                    unit=Unit.SECONDS,
                ),
            ),
        ),
        Row(
            "Flow",
            (
                Panel(
                    "Behind the end",
                    "Records that a group has still to read.",
                    (Query(total("sluice_consumer_lag", "group, topic"), "{{group}} {{topic}}"),),
                ),
                Panel(
                    "Undecided",
                    "Requests that wait for their decision. It grows when checks are slow or decisions stand still.",
                    (Query(total("sluice_undecided"), "undecided"),),
                ),
                Panel(
                    "Dead letters",
                    "By reason. INTERNAL means that a record of ours was lost.",
                    (Query(rate("sluice_dead_letters_total", "reason"), "{{reason}}"),),
                    unit=Unit.PER_SECOND,
                ),
            ),
        ),
        Row(
            "Processes",
            (
                Panel(
                    "Ready",
                    "1: it can do its job. 0: /readyz of that process says why not, and `sluice status` as well.",
                    (Query("sluice_ready", "{{service}} {{instance}}"),),
                    Kind.TABLE,
                    Unit.NONE,
                    width=12,
                    limits=Limits(1, 0.5, falling=True),
                ),
                Panel(
                    "CPU",
                    "Cores that each service keeps busy, its children included.",
                    (Query(cores(), "{{service}}"),),
                    unit=Unit.CORES,
                    width=12,
                    stacked=True,
                ),
            ),
        ),
    ),
)
