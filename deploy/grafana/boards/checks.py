"""Checks: how many answers, how many of them errors, how long they take, and where that time goes."""

from typing import Final

from deploy.grafana.dashboard import Choice, Dashboard
from deploy.grafana.panels import Limits, Panel, Query, Row, Unit
from deploy.grafana.promql import mean, quantile, quantiles, rate, share, total

_THESE: Final = 'check=~"$check", lane=~"$lane"'
_CHECK: Final = 'check=~"$check"'


BOARD: Final = Dashboard(
    "checks",
    "checks",
    "Rate, errors and duration of each check, and the three places where its time goes: queue, batch, model.",
    (
        Row(
            "Rate, errors, duration",
            (
                Panel(
                    "Answers",
                    "Items answered per second, by check.",
                    (Query(rate("sluice_check_results_total", "check", _THESE), "{{check}}"),),
                    unit=Unit.PER_SECOND,
                ),
                Panel(
                    "Errors and timeouts",
                    "The part of answers that are one of them; each makes its request incomplete.",
                    (
                        Query(
                            share(
                                rate(
                                    "sluice_check_results_total",
                                    "check, status",
                                    f'{_THESE}, status=~"ERROR|TIMEOUT"',
                                ),
                                rate("sluice_check_results_total", "check", _THESE),
                                "check",
                            ),
                            "{{check}}: {{status}}",
                        ),
                    ),
                    unit=Unit.RATIO,
                    limits=Limits(0.01, 0.05),
                ),
                Panel(
                    "Duration, p99 by check",
                    "From an item's arrival in the check to its answer.",
                    (Query(quantile(0.99, "sluice_check_seconds", "check", _THESE), "{{check}}"),),
                    unit=Unit.SECONDS,
                ),
                Panel(
                    "Duration of those chosen",
                    "p50, p95 and p99 over the checks and lanes that are chosen above.",
                    quantiles("sluice_check_seconds", _THESE),
                    unit=Unit.SECONDS,
                    width=12,
                ),
                Panel(
                    "Answers by status",
                    "UNPROCESSABLE and ABSTAIN are answers too.",
                    (Query(rate("sluice_check_results_total", "status", _THESE), "{{status}}"),),
                    unit=Unit.PER_SECOND,
                    width=12,
                    stacked=True,
                ),
            ),
        ),
        Row(
            "Queue, batch, model",
            (
                Panel(
                    "Waiting",
                    "Items in the queue, over replicas.",
                    (Query(total("sluice_check_queue", "check, lane", _THESE), "{{check}} {{lane}}"),),
                ),
                Panel(
                    "Time in the queue, p95",
                    "Of the duration above. Where it is most of it, add replicas.",
                    (
                        Query(
                            quantile(0.95, "sluice_check_wait_seconds", "check, lane", _THESE), "{{check}} {{lane}}"
                        ),
                    ),
                    unit=Unit.SECONDS,
                ),
                Panel(
                    "Items in a batch, mean",
                    "1 while there is little to do. At the most that a check takes, it is busy.",
                    (Query(mean("sluice_batch_items", "check", _CHECK), "{{check}}"),),
                ),
                Panel(
                    "One inference, p95 by model",
                    "Of a whole batch.",
                    (Query(quantile(0.95, "sluice_model_seconds", "model"), "{{model}}"),),
                    unit=Unit.SECONDS,
                    width=12,
                ),
                Panel(
                    "Inferences by model",
                    "Batches per second.",
                    (Query(rate("sluice_model_seconds_count", "model"), "{{model}}"),),
                    unit=Unit.PER_SECOND,
                    width=12,
                ),
            ),
        ),
        Row(
            "gRPC",
            (
                Panel(
                    "Calls by code",
                    "Of all services.",
                    (Query(rate("sluice_rpc_total", "method, code"), "{{method}} {{code}}"),),
                    unit=Unit.PER_SECOND,
                    width=12,
                ),
                Panel(
                    "Duration, p95 by method",
                    "Moderate waits for the decision: its duration is the request's.",
                    (Query(quantile(0.95, "sluice_rpc_seconds", "method"), "{{method}}"),),
                    unit=Unit.SECONDS,
                    width=12,
                ),
            ),
        ),
    ),
    (Choice("check", "sluice_check_results_total"), Choice("lane", "sluice_check_results_total")),
)
