"""The forms of PromQL that many panels share."""

from deploy.grafana.panels import Query

RANGE = "$__rate_interval"


def rate(counter: str, by: str = "", where: str = "") -> str:
    """Per second, added up over what `by` (labels with commas) does not name. `where`: matchers with commas."""
    return f"sum{_by(by)} (rate({counter}{_where(where)}[{RANGE}]))"


def share(part: str, whole: str, on: str = "") -> str:
    """The part of a whole. Of nothing it is nothing: no line, rather than NaN. `on`: labels that say which whole each
    of several parts is of."""
    matching = f"on ({on}) group_left () " if on else ""
    return f"{part} / {matching}({whole} > 0)"


def quantile(of: float, histogram: str, by: str = "", where: str = "") -> str:
    """Of a histogram: `histogram` is its name without _bucket."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({of}, sum by ({labels}) (rate({histogram}_bucket{_where(where)}[{RANGE}])))"


def quantiles(histogram: str, where: str = "") -> tuple[Query, ...]:
    """p50, p95 and p99 of everything that matches."""
    return tuple(Query(quantile(of / 100, histogram, where=where), f"p{of}") for of in (50, 95, 99))


def mean(histogram: str, by: str = "", where: str = "") -> str:
    """The mean of a histogram's values."""
    return share(rate(f"{histogram}_sum", by, where), rate(f"{histogram}_count", by, where))


def total(gauge: str, by: str = "", where: str = "") -> str:
    """A gauge, added up over replicas."""
    return f"sum{_by(by)} ({gauge}{_where(where)})"


def cores() -> str:
    """CPU seconds per second that each service uses, its children included: a process's own counter lacks them."""
    return f"{rate('process_cpu_seconds_total', 'service')} + {rate('sluice_children_cpu_seconds_total', 'service')}"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""


def _where(matchers: str) -> str:
    return f"{{{matchers}}}" if matchers else ""
