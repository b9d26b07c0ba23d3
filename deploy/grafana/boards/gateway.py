"""The HTTP door: who asks what, how it ends, how long it takes, and whether what it knows is new."""

from typing import Final

from deploy.grafana.dashboard import Dashboard
from deploy.grafana.panels import Kind, Limits, Panel, Query, Row, Unit
from deploy.grafana.promql import quantile, rate, share, total

_REQUESTS: Final = "sluice_gateway_requests_total"
_REFUSED: Final = "sluice_gateway_refused_total"
_FAILED: Final = 'status!~"0|[1-4]..", route!="other"'
"""What is the gateway's own: neither answered, nor the caller's fault, nor given up by the caller."""

BOARD: Final = Dashboard(
    "gateway",
    "gateway",
    "HTTP calls. The route other is what load balancers ask, and addresses that there are not.",
    (
        Row(
            "Is it working?",
            (
                Panel(
                    "Calls per second",
                    "Of all routes but other.",
                    (Query(rate(_REQUESTS, where='route!="other"')),),
                    Kind.STAT,
                    Unit.PER_SECOND,
                    width=6,
                    height=4,
                ),
                Panel(
                    "5xx, of all",
                    "Calls without a whole decision, and mistakes of ours. None of them is a pass.",
                    (Query(share(rate(_REQUESTS, where=_FAILED), rate(_REQUESTS, where='route!="other"'))),),
                    Kind.STAT,
                    Unit.RATIO,
                    width=6,
                    height=4,
                    limits=Limits(0.01, 0.05),
                ),
                Panel(
                    "Behind the log",
                    "The replica that is worst off. 0: all of them had read to the end at the last look.",
                    (Query("max(sluice_gateway_behind_seconds)"),),
                    Kind.STAT,
                    Unit.SECONDS,
                    width=6,
                    height=4,
                    limits=Limits(15, 60),
                ),
                Panel(
                    "Sent away, last hour",
                    "Too much was in hand: SLUICE_MAX_WAITING_CALLS and its like.",
                    (Query('sum(increase(sluice_gateway_refused_total{code="overloaded"}[1h]))'),),
                    Kind.STAT,
                    width=6,
                    height=4,
                    limits=Limits(1, 100),
                ),
            ),
        ),
        Row(
            "Calls",
            (
                Panel(
                    "By route",
                    "What is asked.",
                    (Query(rate(_REQUESTS, "route"), "{{route}}"),),
                    unit=Unit.PER_SECOND,
                    width=8,
                    stacked=True,
                ),
                Panel(
                    "By status",
                    "How it ends. 0: the client went away before an answer.",
                    (Query(rate(_REQUESTS, "status"), "{{status}}"),),
                    unit=Unit.PER_SECOND,
                    width=8,
                    stacked=True,
                ),
                Panel(
                    "Refused, by code",
                    "Errors of the door. rate_limit_exceeded and insufficient_quota are bounds of a key.",
                    (Query(rate(_REFUSED, "code"), "{{code}}"),),
                    unit=Unit.PER_SECOND,
                    width=8,
                    stacked=True,
                ),
            ),
        ),
        Row(
            "Time",
            (
                Panel(
                    "p50, by route",
                    "From the headers to the last byte of the answer; a stream lasts as long as it is read.",
                    (Query(quantile(0.5, "sluice_gateway_seconds", "route"), "{{route}}"),),
                    unit=Unit.SECONDS,
                    width=12,
                ),
                Panel(
                    "p99, by route",
                    "The same.",
                    (Query(quantile(0.99, "sluice_gateway_seconds", "route"), "{{route}}"),),
                    unit=Unit.SECONDS,
                    width=12,
                ),
            ),
        ),
        Row(
            "In hand",
            (
                Panel(
                    "Nobody waits for",
                    "Requests with wait=false, not decided yet; at most SLUICE_GATEWAY_MAX_PENDING of a replica.",
                    (Query(total("sluice_gateway_pending_requests", "instance"), "{{instance}}"),),
                    width=6,
                ),
                Panel(
                    "Streams of events",
                    "Open ones; at most SLUICE_GATEWAY_MAX_STREAMS of a replica.",
                    (Query(total("sluice_gateway_event_streams", "instance"), "{{instance}}"),),
                    width=6,
                ),
                Panel(
                    "Requests known",
                    "Of which it can tell the decision, the verdicts and the signed picture.",
                    (Query(total("sluice_gateway_followed_requests", "instance"), "{{instance}}"),),
                    width=6,
                ),
                Panel(
                    "Behind the log",
                    "Seconds for which a log has not been read to its end.",
                    (Query(total("sluice_gateway_behind_seconds", "instance"), "{{instance}}"),),
                    unit=Unit.SECONDS,
                    width=6,
                ),
            ),
        ),
    ),
)
