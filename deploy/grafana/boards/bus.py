"""The bus: what each service takes from its topics, and what is left there."""

from typing import Final

from deploy.grafana.dashboard import Choice, Dashboard
from deploy.grafana.panels import Limits, Panel, Query, Row, Unit
from deploy.grafana.promql import quantile, rate, total

_THESE: Final = 'service=~"$service"'


BOARD: Final = Dashboard(
    "bus",
    "bus",
    "Topics, consumer groups and what became of each record.",
    (
        Row(
            "Backlog",
            (
                Panel(
                    "Behind the end",
                    "Records that a group has still to read. What lies past its deadline is decided as incomplete.",
                    (Query(total("sluice_consumer_lag", "group, topic", _THESE), "{{group}} {{topic}}"),),
                    width=12,
                    limits=Limits(100, 1000),
                ),
                Panel(
                    "In hand",
                    "Records that are being worked. At SLUICE_MAX_INFLIGHT a service takes no more.",
                    (Query(total("sluice_records_in_hand", "service, topic", _THESE), "{{service}} {{topic}}"),),
                    width=12,
                ),
            ),
        ),
        Row(
            "Work",
            (
                Panel(
                    "Records",
                    "Per second, by who works them.",
                    (Query(rate("sluice_records_total", "service, topic", _THESE), "{{service}} {{topic}}"),),
                    unit=Unit.PER_SECOND,
                ),
                Panel(
                    "What became of them",
                    "nothing: it caused no record. retried: tried again, as is normal while something is away.",
                    (Query(rate("sluice_records_total", "outcome", _THESE), "{{outcome}}"),),
                    unit=Unit.PER_SECOND,
                    stacked=True,
                ),
                Panel(
                    "Time in hand, p95",
                    "From taken to done.",
                    (
                        Query(
                            quantile(0.95, "sluice_record_seconds", "service, topic", _THESE), "{{service}} {{topic}}"
                        ),
                    ),
                    unit=Unit.SECONDS,
                ),
            ),
        ),
        Row(
            "Lost and refused",
            (
                Panel(
                    "Dead letters",
                    "`sluice dead-letters list` shows them; docs/operations.md says what each reason asks for.",
                    (
                        Query(
                            rate("sluice_dead_letters_total", "service, topic, reason", _THESE),
                            "{{service}} {{topic}}: {{reason}}",
                        ),
                    ),
                    unit=Unit.PER_SECOND,
                    width=12,
                ),
                Panel(
                    "Spans dropped",
                    "Spans that no collector got. Work does not wait for them.",
                    (Query(rate("sluice_spans_dropped_total", "service", _THESE), "{{service}}"),),
                    unit=Unit.PER_SECOND,
                    width=12,
                ),
            ),
        ),
    ),
    (Choice("service", "sluice_ready"),),
)
